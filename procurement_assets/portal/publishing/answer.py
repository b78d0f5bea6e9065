"""What a portal answers, held to the shape that it must have: another one stops with one line."""

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


def list_at(session: PortalSession, path: str) -> list[Any]:
    """The JSON list at a path. Raises `http.PortalError`, also where the answer is not a list, or an empty one."""
    answer = session.get_json(path)
    if isinstance(answer, list) and answer:
        return answer
    raise _unexpected(session, path, answer)


def objects_in(session: PortalSession, path: str, answer: Any, name: str, *needed: str) -> list[dict[str, Any]]:
    """The objects of a list that an answer holds, each with the fields that are needed. Raises `http.PortalError`."""
    found = as_object(session, path, answer).get(name)
    if isinstance(found, list) and all(isinstance(each, dict) and all(map(each.get, needed)) for each in found):
        return found
    raise _unexpected(session, path, answer)


def id_of(session: PortalSession, path: str, answer: Any, *names: str) -> str:
    """The id that an answer gives, under the first of these names that has a value. Raises `http.PortalError`."""
    found = as_object(session, path, answer)
    for name in names:
        if found.get(name):
            return str(found[name])
    raise _unexpected(session, path, answer)


def _unexpected(session: PortalSession, path: str, answer: Any) -> PortalError:
    shown = session.redact(str(answer))[:SHOWN]
    return PortalError(f"{session.host}{path} : réponse inattendue du portail ({shown}) ; relancer plus tard")
