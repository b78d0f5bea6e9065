"""What an Opendatasoft portal answers, held to the shape that it must have: another one stops with one line."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from procurement_assets.portal.publishing.http import SHOWN, PortalError, PortalSession


def object_at(session: PortalSession, path: str, params: Mapping[str, str | int] | None = None) -> dict[str, Any]:
    """The JSON object at a path. Raises `http.PortalError`, also where the answer is not an object."""
    return as_object(session, path, session.get_json(path, params))


def as_object(session: PortalSession, path: str, answer: Any) -> dict[str, Any]:
    """An answer that must be a JSON object. Raises `http.PortalError`."""
    if isinstance(answer, dict):
        return answer
    raise _unexpected(session, path, answer)


def uid_of(session: PortalSession, path: str, answer: Any, *others: str) -> str:
    """The id that an answer gives; `others`: fields that may stand for it. Raises `http.PortalError`."""
    found = as_object(session, path, answer)
    for name in ("uid", *others):
        if found.get(name):
            return str(found[name])
    raise _unexpected(session, path, answer)


def _unexpected(session: PortalSession, path: str, answer: Any) -> PortalError:
    shown = session.redact(str(answer))[:SHOWN]
    return PortalError(f"{session.host}{path} : réponse inattendue du portail ({shown}) ; relancer plus tard")
