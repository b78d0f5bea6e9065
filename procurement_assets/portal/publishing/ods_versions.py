"""The versions that an Opendatasoft portal keeps of a dataset: noting the one online, and going back to it."""

from __future__ import annotations

from collections.abc import Mapping

from procurement_assets.portal.publishing.answer import id_of, object_at
from procurement_assets.portal.publishing.http import AmbiguousError, PortalSession
from procurement_assets.portal.publishing.ods_status import DatasetStatus
from procurement_assets.portal.publishing.plan import Step
from procurement_assets.portal.publishing.portal import Outcome


class Versions:
    """The versions of the datasets of one portal."""

    def __init__(self, session: PortalSession, status: DatasetStatus) -> None:
        self._session, self._status = session, status

    def note(self, step: Step, path: str) -> Outcome:
        """The newest version that can be restored; none is noted too, so that a later one is not taken for it."""
        for version in object_at(self._session, path, {"limit": 20, "offset": 0}).get("results") or []:
            if version.get("can_restore", True):
                return Outcome(bindings={step.provides: id_of(self._session, path, version, "uid")})
        return Outcome(bindings={step.provides: ""}, detail="aucune version du portail ne peut être restaurée")

    def restore(self, bindings: Mapping[str, str]) -> list[str]:
        """Restore and publish the version noted of each dataset; what was done. Raises `http.PortalError`."""
        versions = {k.partition(":")[2]: v for k, v in bindings.items() if v and k.startswith("version:")}
        done = []
        for slug, version in sorted(versions.items()):
            root = f"/datasets/{bindings[f'dataset:{slug}']}"
            self._status.wait(f"{root}/status/", fail=False)
            self._repeat("POST", f"{root}/versions/{version}/restore/")
            self._status.remember(f"{root}/status/")
            self._repeat("POST", f"{root}/publish/")
            self._status.wait(f"{root}/status/")
            done.append(f"{slug} (version {version})")
        return done

    def _repeat(self, method: str, path: str) -> None:
        """A call that may be made twice without harm: restoring, publishing."""
        try:
            self._session.request(method, path)
        except AmbiguousError:
            self._status.wait(f"/{'/'.join(path.split('/')[1:3])}/status/", fail=False)
            self._session.request(method, path)
