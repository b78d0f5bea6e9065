"""The Opendatasoft portal: plan, execute, read back, restore, through the Automation API v1.0 and Explore v2.1.

Research: `research/portal.md` §1.1. What is sent is a draft until `publish`; the status is polled until the portal has
done; what the public then sees is read without a key.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from requests_toolbelt import MultipartEncoder

from procurement_assets.portal.publishing.again import send_again
from procurement_assets.portal.publishing.answer import id_of, object_at
from procurement_assets.portal.publishing.http import (
    NothingToRestoreError,
    PortalError,
    PortalSession,
    RejectedError,
)
from procurement_assets.portal.publishing.multipart import MEDIA_TYPE, form
from procurement_assets.portal.publishing.ods_files import spoilt_files, without_spoilt
from procurement_assets.portal.publishing.ods_observed import Observed, assumed, observe
from procurement_assets.portal.publishing.ods_plan import TARGET, dataset_steps
from procurement_assets.portal.publishing.ods_readback import read_back
from procurement_assets.portal.publishing.ods_status import DatasetStatus, records_errors
from procurement_assets.portal.publishing.ods_versions import Versions
from procurement_assets.portal.publishing.ods_wanted import WantedDataset, too_large, wanted_datasets
from procurement_assets.portal.publishing.package import Package
from procurement_assets.portal.publishing.plan import Step, at
from procurement_assets.portal.publishing.portal import Difference, Outcome, TargetState
from procurement_assets.publishers import Publisher

INDEX_TRIES, INDEX_WAIT = 3, 10.0
"""Read-backs before a difference is believed: the search index may lag behind the end of the processing."""
_LOCAL = ("127.0.0.1", "localhost")


class Opendatasoft:
    """One run on the Opendatasoft portal of a publisher."""

    target = TARGET

    def __init__(
        self,
        publisher: Publisher,
        *,
        key: str | None,
        offline: bool = False,
        session: Callable[..., PortalSession] = PortalSession,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        """`key` None or `offline`: it can only plan, from the journal. Raises `PortalError` without a portal."""
        portal = publisher.about.opendatasoft
        if portal is None:
            raise PortalError(
                f"publishers.toml ne dit pas sur quel portail Opendatasoft publie « {publisher.id} » "
                "([publisher.portal.opendatasoft])"
            )
        scheme = "http" if portal.domain.partition(":")[0] in _LOCAL else "https"
        base = f"{scheme}://{portal.domain}/api"
        self.title = f"{portal.domain} (Opendatasoft)"
        self.publisher = publisher
        self.connected = bool(key) and not offline
        self._automation = session(f"{base}/automation/v1.0", key=key, prefix="apikey ", sleep=sleep)
        self._private = session(f"{base}/explore/v2.1", key=key, prefix="apikey ", sleep=sleep)
        self._public = session(f"{base}/explore/v2.1", key=None, hidden=key, sleep=sleep)
        self._sleep = sleep
        self._bindings: dict[str, str] = {}
        self._package: Package | None = None
        self._spoilt: frozenset[str] = frozenset()
        self._datasets: dict[str, list[WantedDataset]] = {}
        self._status = DatasetStatus(self._automation, self.title, sleep)
        self._versions = Versions(self._automation, self._status)

    def plan(self, state: TargetState, package: Package) -> list[Step]:
        """See `portal.Portal.plan`."""
        self._package = package
        self._bindings = dict(state.bindings)
        steps: list[Step] = []
        for wanted in self._wanted(package):
            if self.connected and (reason := too_large(wanted)):
                raise PortalError(f"{self.title} : {reason}")
            observed = without_spoilt(self._observe(wanted.slug, state), self._spoilt)
            if observed.uid:
                self._bindings[f"dataset:{wanted.slug}"] = observed.uid
            steps += [at(self._base_of(s), s) for s in dataset_steps(wanted, observed, state)]
        return steps

    def _base_of(self, step: Step) -> str:
        return self._private.base if step.action == "dataset.readback" else self._automation.base

    def _wanted(self, package: Package) -> list[WantedDataset]:
        """The datasets of a package, read once."""
        if package.manifest_sha256 not in self._datasets:
            self._datasets[package.manifest_sha256] = wanted_datasets(self.publisher, package)
        return self._datasets[package.manifest_sha256]

    def _observe(self, slug: str, state: TargetState) -> Observed:
        known = state.bindings.get(f"dataset:{slug}", "")
        return observe(self._automation, slug, known) if self.connected else assumed(state, slug)

    def execute(self, step: Step) -> Outcome:
        """See `portal.Portal.execute`."""
        special = {
            "dataset.publish": self._publish,
            "dataset.wait": lambda _, path: Outcome(detail=self._status.wait(path)),
            "version.note": self._versions.note,
            "dataset.readback": self._check_before_opening,
            "dataset.open": self._open,
            "file.upload": self._upload,
        }.get(step.action, self._send)
        outcome = special(step, step.address.removeprefix(self._base_of(step)))
        self._bindings |= outcome.bindings
        return outcome

    def _send(self, step: Step, path: str) -> Outcome:
        """A step that sends JSON, a form with a file, or nothing."""
        if step.body_kind == "file":
            response = self._send_file(step, path)
        else:
            try:
                response = self._automation.request(step.method, path, json=step.body, accept=_accepted(step.method))
            except RejectedError as error:
                if step.action == "metadata.set" and "/metadata/dcat/" in path and error.status == 404:
                    return Outcome(
                        status=404,
                        bindings={"absent:dcat": "1"},
                        detail="le portail n'a pas le modèle de métadonnées dcat : ignoré",
                    )
                raise
        bindings = {}
        if step.provides:
            bindings[step.provides] = id_of(self._automation, path, self._automation.decode(response), "uid")
        if step.action == "dataset.create":
            bindings[step.provides.replace("dataset:", "opened:", 1)] = ""
        return Outcome(status=response.status_code, bindings=bindings)

    def _send_file(self, step: Step, path: str) -> Any:
        package = self._sending()
        file = package.file(step.file)
        with package.open(step.file) as handle:

            def body() -> MultipartEncoder:
                handle.seek(0)
                media, name = file.media_type or MEDIA_TYPE, step.send_as or step.file
                return form(handle, file.bytes, name=name, media_type=media, fields=step.body)

            return self._automation.request(step.method, path, form=body, accept=(200, 201))

    def _upload(self, step: Step, path: str) -> Outcome:
        """An upload, unless an interrupted run already made it: the portal says whether it still has that file."""
        kept = f"{step.provides}:{step.sha256[:12]}"
        uid = self._bindings.get(kept)
        if uid:
            try:
                self._automation.get_json(f"{path}{uid}/")
            except RejectedError as error:
                if error.status != 404:
                    raise
            else:
                return Outcome(bindings={step.provides: uid}, detail="déjà reçu lors d'une exécution interrompue")
        response = self._send_file(step, path)
        uid = id_of(self._automation, path, self._automation.decode(response), "uid", "filename")
        return Outcome(status=response.status_code, bindings={step.provides: uid, kept: uid})

    def _publish(self, step: Step, path: str) -> Outcome:
        """Publish; a portal that is busy with this dataset is waited for."""
        status_path = f"{path.rstrip('/').rpartition('/')[0]}/status/"
        for _ in range(3):
            self._status.remember(status_path)
            try:
                response = self._automation.request("POST", path)
            except RejectedError as error:
                if error.status != 400 or "invalid_dataset_status" not in str(error):
                    raise
                self._status.wait(status_path, fail=False)
            else:
                return Outcome(status=response.status_code)
        raise PortalError(f"{self.title} : le portail reste occupé par ce jeu ; relancer plus tard")

    def _check_before_opening(self, step: Step, path: str) -> Outcome:
        for wanted in self._wanted(self._sending()):
            if f"/{wanted.slug}/" in path:
                odd = self._read_back(self._private, wanted, full=True)
                if odd:
                    shown = self._private.redact(str(odd[0]))
                    raise PortalError(
                        f"{self.title} : le nouveau jeu « {wanted.slug} » n'est pas ouvert au public, sa relecture ne "
                        f"concorde pas : {shown} ; le corriger dans le portail, puis relancer"
                    )
        return Outcome(detail="la relecture concorde")

    def _open(self, step: Step, path: str) -> Outcome:
        """Open a dataset: what it is now, with one value changed."""
        now = object_at(self._automation, path)
        body = {k: now[k] for k in ("dataset_id", "metadata", "default_security") if now.get(k) is not None}
        response = self._automation.request("PUT", path, json={**body, "is_restricted": False})
        return Outcome(status=response.status_code, bindings={step.provides: path.strip("/").rpartition("/")[2]})

    def verify(self, package: Package, *, full: bool = False) -> list[Difference]:
        """See `portal.Portal.verify`. Also the errors on records that the portal tells of its last processing, and in
        full the bytes of each file beside the table."""
        found: list[Difference] = []
        for wanted in self._wanted(package):
            found += self._read_back(self._public, wanted, full=full)
            found += self._told_errors(wanted)
            if full and self.connected:
                odd, spoilt = spoilt_files(self._automation, wanted, observe(self._automation, wanted.slug))
                found, self._spoilt = found + odd, self._spoilt | spoilt
        return found

    def _read_back(self, session: PortalSession, wanted: WantedDataset, *, full: bool) -> list[Difference]:
        odd: list[Difference] = []
        for attempt in range(INDEX_TRIES):
            if attempt:
                self._sleep(INDEX_WAIT)
            odd = read_back(session, wanted, full=full)
            if not odd:
                return []
        return odd

    def _told_errors(self, wanted: WantedDataset) -> list[Difference]:
        uid = self._bindings.get(f"dataset:{wanted.slug}")
        if not uid or not self.connected:
            return []
        status = object_at(self._automation, f"/datasets/{uid}/status/")
        errors = status.get("records_errors") or []
        if not errors:
            return []
        return [
            Difference(
                where=wanted.slug,
                what="erreurs d'enregistrements",
                expected="aucune",
                found=self._automation.redact(records_errors(status).lstrip(" ;")),
            )
        ]

    def restore(self, last: Package | None) -> str:
        """See `portal.Portal.restore`: the version noted before the publication is restored and published.

        The vendor's help advises against a version from before a change of source: where it does not show the last
        publication, or there is none, the files are sent again.
        """
        if last is None:
            raise NothingToRestoreError(
                f"{self.title} : aucune version antérieure à restaurer ; regarder le jeu dans le portail"
            )
        reason = "aucune version du portail ne peut être restaurée"
        try:
            restored = self._versions.restore(self._bindings)
        except RejectedError as error:
            restored, reason = [], str(error)
        if restored:
            odd = self.verify(last)
            if not odd:
                return f"version précédente restaurée et relue : {', '.join(restored)}"
            reason = f"la version restaurée n'est pas la dernière publication ({odd[0]})"
        state = TargetState(target=TARGET, bindings=self._bindings, unfinished=last.manifest_sha256)
        done = send_again(self, last, state)
        odd = self.verify(last)
        if odd:
            raise PortalError(
                f"{self.title} : la version précédente a été renvoyée mais la relecture ne concorde pas : {odd[0]} ; "
                "regarder le jeu dans le portail"
            )
        return f"{reason} ; fichiers du {last.data_date} renvoyés et relus ({done} appels)"

    def _sending(self) -> Package:
        if self._package is None:
            raise PortalError("execute avant plan : faute du programme")
        return self._package


def _accepted(method: str) -> tuple[int, ...]:
    """Deleting what is gone is done: a call repeated after a cut finds it so."""
    return (200, 202, 204, 404) if method == "DELETE" else (200, 201, 202)
