"""What a portal client does, and what it tells. One object serves one run on one target.

The engine calls `plan` (it may read the portal, it changes nothing), then `execute` for each step in order, then
`verify`; `restore` only when the read-back disagrees. A client resumes by looking: `plan` compares the portal with the
package and gives the steps that are missing, so that after a kill, or after a call whose answer was lost
(`http.AmbiguousError`), planning again is the recovery. A client never unpublishes.
"""

from __future__ import annotations

from typing import Protocol

import msgspec

from procurement_assets.portal.publishing.package import Package
from procurement_assets.portal.publishing.plan import Step


class Outcome(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What came of a step."""

    bindings: dict[str, str] = {}
    """Placeholders that the answer fills; kept in the journal and given back in `TargetState.bindings`. Those
    of one publication (`journal.PASSING`) are forgotten when it ends."""
    status: int | None = None
    """HTTP status, where there is one."""
    detail: str = ""
    """Anything worth showing, in French: no key, no body."""


class Difference(msgspec.Struct, frozen=True, kw_only=True):
    """Something that the public sees and that is not what was sent."""

    where: str
    """The dataset or file."""
    what: str
    """In French: "nombre de lignes", "somme de montant", "empreinte des clés", "sha256"…"""
    expected: str
    found: str

    def __str__(self) -> str:
        return f"{self.where}, {self.what} : attendu {self.expected}, lu {self.found}"


class Publication(msgspec.Struct, frozen=True, kw_only=True):
    """A publication that was read back and found right."""

    manifest_sha256: str
    data_date: str
    at: str
    """When the read-back agreed (UTC, ISO): of the log, never of the data."""
    files: dict[str, str]
    """Name to sha256."""
    rows: dict[str, int] = {}
    """Name to rows, for the files that have some."""
    sums: dict[str, int] = {}
    """`file:column` to its sum in cents: what the next publication is compared with."""


class TargetState(msgspec.Struct, frozen=True, kw_only=True):
    """What the journal knows of a target. The portal itself is asked first: this only tells what cannot be asked."""

    target: str
    bindings: dict[str, str] = {}
    """Ids given by the portal in earlier runs: dataset, resources, files."""
    sent: dict[str, str] = {}
    """Name to sha256 of the file last sent and accepted, by file step."""
    last: Publication | None = None
    """The last publication that was read back and found right."""
    unfinished: str = ""
    """Hash of the manifest of a publication begun and not ended: the process was killed, or a call failed."""
    disputed: str = ""
    """Hash of the manifest whose read-back disagreed and was taken back: not sent again unasked."""
    restoring: bool = False
    """A read-back disagreed and the restoring was not finished: it comes first."""
    agreeing: str = ""
    """Hash of the manifest that is being sent because a person accepted it."""
    agreed: dict[str, int] = {}
    """Hash of a manifest to how often a person's agreement has served: once each time, whatever came of it."""


class Portal(Protocol):
    """A portal client."""

    target: str
    """Id: `opendatasoft`, `datagouv`, `depot`."""
    title: str
    """For people, in French: "opendata.paris.fr (Opendatasoft)"."""

    def plan(self, state: TargetState, package: Package) -> list[Step]:
        """The steps that lead from what the portal has to what it should have; none when nothing has changed.

        Only reads. Without a key, or offline, it plans from `state` alone. Raises `http.PortalError`.
        """
        ...

    def execute(self, step: Step) -> Outcome:
        """Make one call, its placeholders filled by the engine; wait for it where it takes time.

        Raises `http.PortalError`, and `http.AmbiguousError` where the answer of a call that is not idempotent was lost:
        the engine then plans again.
        """
        ...

    def verify(self, package: Package, *, full: bool = False) -> list[Difference]:
        """Read back what the public sees and compare it with the package; `full` (weekly): every byte of every file,
        else what is quick and telling. Raises `http.PortalError`."""
        ...

    def restore(self, last: Package | None) -> str:
        """Put the last good publication back (`last`: its files, None at the first publication). Returns what was done,
        in French. It may be called again after a kill. Raises `http.PortalError`, `http.NothingToRestoreError`."""
        ...
