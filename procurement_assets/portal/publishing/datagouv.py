"""The client of data.gouv.fr (udata API v1): one dataset, one resource per file, replaced in place.

What should be there is in `datagouv_wanted`, what is there in `datagouv_held`, the calls between the two in
`datagouv_steps`, the read-back in `datagouv_readback`; here only the calls are made. The answer to each upload holds
the sha1 of what udata stored: it is compared with the bytes sent, at once. Tested on the real udata.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

from requests_toolbelt import MultipartEncoder

from procurement_assets.portal.publishing import datagouv_held as on_portal
from procurement_assets.portal.publishing import datagouv_new as new
from procurement_assets.portal.publishing.again import send_again
from procurement_assets.portal.publishing.answer import as_object, id_of, list_at, object_at
from procurement_assets.portal.publishing.datagouv_bodies import closed
from procurement_assets.portal.publishing.datagouv_readback import DOWNLOADED, differences
from procurement_assets.portal.publishing.datagouv_steps import TARGET, steps
from procurement_assets.portal.publishing.datagouv_wanted import (
    KNOWN_EXTENSIONS,
    Wanted,
    content,
    wanted_dataset,
    wanted_resources,
)
from procurement_assets.portal.publishing.http import (
    AmbiguousError,
    NothingToRestoreError,
    PortalError,
    PortalSession,
    RejectedError,
)
from procurement_assets.portal.publishing.multipart import form
from procurement_assets.portal.publishing.package import Package
from procurement_assets.portal.publishing.plan import Step
from procurement_assets.portal.publishing.portal import Difference, Outcome, TargetState
from procurement_assets.publishers import Publisher

STORAGE_SECONDS = 1.1
"""udata's storage refuses one name twice within a second: the wait before an upload is tried again."""


class Datagouv:
    """A portal client (`portal.Portal`) for one publisher."""

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
        settings = publisher.about.datagouv
        if settings is None:
            raise PortalError(f"publishers.toml ne dit pas où « {publisher.id} » publie ([publisher.portal.datagouv])")
        self.publisher = publisher
        self.settings = settings
        self.base = settings.api_url.rstrip("/")
        self.title = f"{urlsplit(self.base).hostname} (udata)"
        self.connected = bool(key) and not offline
        self._session = session(self.base, key=key, header="X-API-KEY", sleep=sleep)
        self._public = session(self.base, key=None, hidden=key, sleep=sleep)
        self._sleep = sleep
        self._package: Package | None = None
        self._wanted: dict[str, Wanted] = {}
        self._known = ""
        self._not_public_before = False
        self._spoilt: set[str] = set()
        self._offers: tuple[frozenset[str], dict[str, list[str]]] | None = None

    def plan(self, state: TargetState, package: Package) -> list[Step]:
        """The missing steps; see `portal.Portal.plan`."""
        self._known = state.bindings.get("dataset", "") or self._known
        fields, wanted = self._should_be(package)
        if not self.connected:
            held = on_portal.remembered(state, self.publisher.id, wanted, fields)
            return steps(self.base, self.publisher.id, self.settings.organization, held, fields, wanted)
        organization = on_portal.find_organization(self._session, self.settings)
        found = on_portal.find_dataset(self._session, self.settings, self.publisher.id, organization, self._known)
        if found is None or found.get("private") or str(found["id"]) == state.bindings.get("dataset"):
            self._not_public_before = True  # made by us, or not open yet
        if found is None:
            return steps(self.base, self.publisher.id, organization, None, fields, wanted)
        held = on_portal.distrusting(on_portal.held_dataset(found, wanted), self._spoilt)
        self._known = held.id
        draft = ""
        if state.unfinished or state.bindings.get("draft") or (held.public and new.missing(held, wanted)):
            draft = on_portal.find_draft(self._session, self.publisher.id, organization)
        return steps(self.base, self.publisher.id, organization, held, fields, wanted, draft=draft)

    def execute(self, step: Step) -> Outcome:
        """Make one call, its placeholders filled; see `portal.Portal.execute`."""
        path = step.address.removeprefix(self.base)
        if step.body_kind == "file":
            return self._upload(step, path)
        if step.action == new.DRAFT_DELETE:
            return self._delete(step, path)
        if step.action == new.ANNOUNCE and not new.announced_over(self._session, path, step.body):
            raise AmbiguousError(
                f"{self.title} : les ressources du jeu ont changé depuis leur lecture ; elles sont relues"
            )
        # Given again, a list would make its new resources anew, at other addresses.
        repeatable = False if step.action == new.ANNOUNCE else None
        response = self._session.request(step.method, path, json=step.body, repeatable=repeatable)
        bindings = {}
        if step.provides or step.action == new.ANNOUNCE:
            answer = on_portal.as_dataset(self._session, path, self._session.decode(response))
            bindings = new.made(answer, step.body)
            if step.provides:
                bindings[step.provides] = str(answer["id"])
        self._known = bindings.get("dataset", self._known)
        return Outcome(bindings=bindings, status=response.status_code)

    def verify(self, package: Package, *, full: bool = False) -> list[Difference]:
        """Read back as the public; see `portal.Portal.verify`."""
        fields, wanted = self._should_be(package)
        dataset = self.settings.dataset or self._known
        if not dataset:
            organization = on_portal.find_organization(self._session, self.settings)
            found = on_portal.find_dataset(self._session, self.settings, self.publisher.id, organization)
            if found is None:
                return [Difference(where=self.title, what="jeu de données", expected="présent", found="absent")]
            dataset = self._known = str(found["id"])
        found_odd = differences(self._public, dataset, fields, wanted, full=full)
        self._spoilt |= {d.where for d in found_odd if d.what == DOWNLOADED}
        return found_odd

    def restore(self, last: Package | None) -> str:
        """Send the last files again; at the first publication, make the dataset private (nothing is erased), unless it
        was public before it."""
        if last is None:
            return self._close()
        done = send_again(self, last, TargetState(target=TARGET, bindings={"dataset": self._known}))
        return f"les fichiers du {last.data_date} sont rétablis ({done} appels)"

    def _close(self) -> str:
        if not self._known:
            return "aucun jeu n'avait été créé"
        if not self._not_public_before:
            raise NothingToRestoreError(
                f"le jeu {self._known} était public avant cette première publication et le reste ; regarder dans le"
                " portail ce qui s'y est ajouté"
            )
        path = f"/datasets/{self._known}/"
        now = object_at(self._session, path)
        self._session.request("PUT", path, json=closed(now))
        return f"le jeu {self._known} est de nouveau privé, ses fichiers y sont gardés"

    def _should_be(self, package: Package) -> tuple[dict[str, Any], list[Wanted]]:
        extensions, schemas = self._portal_offers()
        if self._package is not package:
            self._package = package
            self._wanted = {w.name: w for w in wanted_resources(package, self.publisher, extensions, schemas)}
        return wanted_dataset(self.publisher, self.settings), list(self._wanted.values())

    def _portal_offers(self) -> tuple[frozenset[str], dict[str, list[str]]]:
        """The extensions that the portal hosts and the schemas that it knows, with their versions."""
        if not self.connected:
            return KNOWN_EXTENSIONS, {}
        if self._offers is None:
            # With the key first: a wrong one is told before anything is read.
            self._session.get_json("/me/")
            extensions = list_at(self._session, "/datasets/extensions/")
            self._offers = frozenset(map(str, extensions)), on_portal.known_schemas(self._session)
        return self._offers

    def _delete(self, step: Step, path: str) -> Outcome:
        """Delete the draft; a person may have done it."""
        try:
            status = self._session.request(step.method, path).status_code
        except RejectedError as error:
            if error.status not in (404, 410):
                raise
            status = error.status
        return Outcome(bindings={step.provides: ""}, status=status)

    def _upload(self, step: Step, path: str) -> Outcome:
        if self._package is None:
            raise PortalError(f"{self.title} : aucun plan n'a été fait avant l'envoi de {step.file}")
        wanted = self._wanted[step.file]
        with self._package.open(step.file) as raw:

            def body() -> MultipartEncoder:
                raw.seek(0)
                return form(content(raw, unzip=wanted.unzip), wanted.size, name=wanted.title)

            try:
                response = self._session.request(step.method, path, form=body)
            except AmbiguousError:
                self._sleep(STORAGE_SECONDS)
                raise
        answer = as_object(self._session, path, self._session.decode(response))
        stored = ((answer.get("checksum") or {}).get("value"), answer.get("filesize"))
        if stored != (wanted.sha1, wanted.size):
            raise PortalError(
                f"{self.title} : {step.file} n'est pas arrivé intact (sha1 et taille lus : {stored[0]}, {stored[1]} ;"
                f" attendus : {wanted.sha1}, {wanted.size}) ; relancer"
            )
        self._spoilt.discard(step.file)
        if answer.get("title") != wanted.title:
            raise AmbiguousError(
                f"{self.title} : {step.file} est arrivé, sous le titre {answer.get('title')!r} au lieu de"
                f" {wanted.title!r} ; l'état du portail est relu avant de continuer"
            )
        bindings = {}
        if step.action == new.DRAFT_UPLOAD:
            address = id_of(self._session, path, answer, "url")
            bindings = {step.provides: address, f"mime:{step.file}": str(answer.get("mime") or "")}
        return Outcome(bindings=bindings, status=response.status_code, detail=f"sha1 {wanted.sha1} vérifié")
