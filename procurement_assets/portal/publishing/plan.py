"""A plan: the exact calls that a publication will make, in order, with sizes and hashes, readable before they are made.

An address and a JSON body may hold `{placeholders}`: ids that the portal gives in its answer to an earlier step
(`provides` names them). The file of review shows them as they are; `resolve` fills them just before the call.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable, Mapping
from typing import Any, Literal

import msgspec

BodyKind = Literal["none", "json", "file"]
_PLACEHOLDER = re.compile(r"\{([a-z]+(?::[^{}]+)?)\}")


class Step(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One call. Made by `Steps`, which fills `sha256`, `bytes` and `key`."""

    target: str
    """Which portal: `opendatasoft`, `datagouv`, `depot`."""
    action: str
    """What it does, a stable id such as `resource.replace`."""
    method: str
    """HTTP method, or the verb of the protocol (`STOR`, `RENAME`)."""
    address: str
    """Address or path, with placeholders, without any key."""
    why: str
    """Why it is needed, in French, for the person who reviews the plan."""
    body_kind: BodyKind = "none"
    body: Any = None
    """For `json`: what is sent, with placeholders. For `file`: the other parts of the form, by name."""
    file: str = ""
    """For `file`: name of the package's file whose bytes are sent."""
    send_as: str = ""
    """For `file`: the name that the portal sees (default: `file`)."""
    sha256: str = ""
    """Of the file's bytes, or of the JSON as written here."""
    bytes: int = 0
    provides: str = ""
    """The placeholder that the answer fills."""
    writes: bool = True
    """False for a step that only reads or waits."""
    key: str = ""
    """Idempotency key: equal for equal steps, so that a journal and a plan can be compared."""


class Plan(msgspec.Struct, frozen=True, kw_only=True):
    """What one publication will do on one target."""

    publisher: str
    target: str
    manifest_sha256: str
    data_date: str
    steps: tuple[Step, ...] = ()
    unchanged: tuple[str, ...] = ()
    """Names of the files that are not sent: the portal has these very bytes, or is not where they are given out."""
    enabled: bool = True
    """False: the target is switched off, the plan is there to be read."""
    refusals: tuple[str, ...] = ()
    """Why nothing would be sent, in French; empty when the plan may be executed."""
    notes: tuple[str, ...] = ()

    @property
    def sent_bytes(self) -> int:
        """Bytes of the files and bodies that would be sent."""
        return sum(s.bytes for s in self.steps)


class Steps(msgspec.Struct, frozen=True):
    """Makes the steps of one target, with their hashes, sizes and keys."""

    target: str

    def bare(
        self, action: str, method: str, address: str, why: str, *, provides: str = "", writes: bool = True
    ) -> Step:
        """A step without a body."""
        return self._made(action, method, address, why, provides=provides, writes=writes)

    def json(self, action: str, method: str, address: str, why: str, body: Any, *, provides: str = "") -> Step:
        """A step that sends JSON."""
        data = canonical(body)
        sent = {"body_kind": "json", "body": body, "sha256": hashlib.sha256(data).hexdigest(), "bytes": len(data)}
        return self._made(action, method, address, why, provides=provides, **sent)

    def file(
        self, action: str, method: str, address: str, why: str, *, file: str, sha256: str, size: int, **more: Any
    ) -> Step:
        """A step that sends the bytes of a file of the package. `more`: `send_as`, `provides`, `body`."""
        return self._made(action, method, address, why, body_kind="file", file=file, sha256=sha256, bytes=size, **more)

    def _made(self, action: str, method: str, address: str, why: str, **more: Any) -> Step:
        step = Step(target=self.target, action=action, method=method, address=address, why=why, **more)
        return msgspec.structs.replace(step, key=_key(step))


def at(base: str, step: Step) -> Step:
    """The step with its whole address: what a person reviews is what is called."""
    placed = msgspec.structs.replace(step, address=base + step.address)
    return msgspec.structs.replace(placed, key=_key(placed))


def canonical(body: Any) -> bytes:
    """JSON with sorted keys and no spaces: the same object gives the same bytes."""
    return json.dumps(body, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()


class UnresolvedError(ValueError):
    """A step needs an id that no earlier step gave: a fault of the plan, not of the portal."""


def resolve(value: Any, bindings: Mapping[str, str]) -> Any:
    """The value with its placeholders filled, through lists and objects.

    Only a whole text that is one placeholder, or an address (text starting with `/` or `http`), is filled: a
    description that happens to hold braces is data. Raises `UnresolvedError`.
    """
    if isinstance(value, dict):
        return {k: resolve(v, bindings) for k, v in value.items()}
    if isinstance(value, list | tuple):
        return [resolve(v, bindings) for v in value]
    if isinstance(value, str) and (value.startswith(("/", "http")) or _PLACEHOLDER.fullmatch(value)):
        return _PLACEHOLDER.sub(lambda m: _bound(m.group(1), bindings), value)
    return value


def filled(step: Step, bindings: Mapping[str, str]) -> Step:
    """The step as it is called, its placeholders filled. Raises `UnresolvedError`."""
    address, body = resolve(step.address, bindings), resolve(step.body, bindings)
    return msgspec.structs.replace(step, address=address, body=body)


def _bound(name: str, bindings: Mapping[str, str]) -> str:
    if name not in bindings:
        raise UnresolvedError(f"no step gave {name!r}; known: {', '.join(sorted(bindings)) or 'nothing'}")
    return bindings[name]


def _key(step: Step) -> str:
    form = canonical(step.body).decode() if step.body_kind == "file" and step.body else ""
    parts = [step.target, step.action, step.method, step.address, step.file, step.send_as, step.sha256, form]
    return hashlib.sha256("\x00".join(parts).encode()).hexdigest()[:32]


def encode(plans: Iterable[Plan]) -> bytes:
    """The plans as indented JSON, the same bytes for the same plans."""
    return msgspec.json.format(msgspec.json.encode(list(plans), order="deterministic"), indent=2) + b"\n"


def decode(data: bytes) -> list[Plan]:
    """The plans of a written file."""
    return msgspec.json.decode(data, type=list[Plan])
