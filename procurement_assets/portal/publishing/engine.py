"""The order of a publication: lock, package, safety, plan, steps, read-back, and taking back what is not right.

A run looks at the portal and plans what is missing, so a first run, a run after a kill and a call whose answer was lost
are one case. The order guards what the public sees: nothing is sent before safety agrees; what was sent is not called
published before the read-back agrees; a restoring that was interrupted comes before anything else.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from typing import Literal

import msgspec

from procurement_assets.lake import Lake
from procurement_assets.portal.publishing import safety
from procurement_assets.portal.publishing.again import Progress
from procurement_assets.portal.publishing.http import AmbiguousError, NothingToRestoreError, PortalError
from procurement_assets.portal.publishing.journal import Entry, Journal, fold, manifests_of, now, read_state
from procurement_assets.portal.publishing.lock import Lock
from procurement_assets.portal.publishing.package import Package, keep_only, kept_package, load_package
from procurement_assets.portal.publishing.plan import Plan, Step, filled
from procurement_assets.portal.publishing.portal import Difference, Portal, Publication, TargetState
from procurement_assets.portal.publishing.tabular import Measures, measure
from procurement_assets.publishers import Publisher, Source
from procurement_assets.settings import TARGETS

PAUSE = 5.0
"""Seconds before looking at a portal that just lost an answer: the call may still be going on."""


class RefusedError(RuntimeError):
    """Nothing was sent; the message says why and what to do, in French, one line."""


class ReadBackError(RuntimeError):
    """The portal showed otherwise than was sent; the message says what, and what was put back."""


class Report(msgspec.Struct, frozen=True, kw_only=True):
    """What a publication did."""

    target: str
    status: Literal["published", "unchanged"]
    steps: int
    sent: tuple[str, ...]
    """Files sent."""
    bytes: int
    publication: Publication
    detail: str = ""


class Job(msgspec.Struct, frozen=True, kw_only=True):
    """Who publishes, from where, under which checks and limits."""

    lake: Lake
    publisher: Publisher
    sources: Sequence[Source]
    checks: safety.Checks = safety.Checks()
    limits: safety.Thresholds = safety.Thresholds()
    accept: Sequence[str] = ()
    full: bool = False
    """Read back every byte: the weekly verification."""
    sleep: Callable[[float], None] = time.sleep


def make_plan(job: Job, portal: Portal, *, enabled: bool) -> Plan:
    """What a publication would do now. Only reads. Raises `PackageError`, `PortalError`."""
    package, state = load_package(job.lake, job.publisher.id), read_state(job.lake, job.publisher.id, portal.target)
    steps = portal.plan(state, package)
    sent = {s.file for s in steps if s.file}
    return Plan(
        publisher=job.publisher.id,
        target=portal.target,
        manifest_sha256=package.manifest_sha256,
        data_date=package.data_date,
        steps=tuple(steps),
        unchanged=tuple(f.name for f in package.files if f.name not in sent),
        enabled=enabled,
        refusals=tuple(_refusals(job, package, measure(package), state)),
    )


def publish(job: Job, portal: Portal) -> Report:
    """Publish on one target. Raises `RefusedError`, `ReadBackError`, `LockedError`, `PackageError`, `PortalError`."""
    folder = job.lake / f"publication/{job.publisher.id}/{portal.target}/lock"
    with Lock(folder).hold() as lock:
        return _Run(job, portal, lock).run()


class _Run:
    """One publication, under its lock."""

    def __init__(self, job: Job, portal: Portal, lock: Lock) -> None:
        self.job, self.portal, self.lock = job, portal, lock
        self.package = load_package(job.lake, job.publisher.id)
        self.measures = measure(self.package)
        self.found = read_state(job.lake, job.publisher.id, portal.target)
        self.entries: list[Entry] = []
        self.journal = Journal(job.lake, job.publisher.id, portal.target)
        self.done: list[Step] = []

    @property
    def state(self) -> TargetState:
        """The state now: what was found, and what this run did."""
        return fold(self.entries, self.found)

    def run(self) -> Report:
        manifest, checks = self.package.manifest_sha256, self.job.checks
        self._tell("begin", state=self.found, manifest=manifest, run_id=checks.run_id, checks=checks)
        try:
            if self.found.restoring:
                self.portal.plan(self.state, self.package)
                self._restore([], "relecture d'une exécution interrompue")
            self._refuse_if_unsafe()
            self._send(self.state)
            odd = self._read_back()
        except (PortalError, RefusedError) as error:
            self._tell("refused" if isinstance(error, RefusedError) else "failed", detail=str(error))
            raise
        if odd:
            self._take_back(odd)
        return self._published()

    def _tell(self, event: str, **fields: object) -> None:
        self.entries.append(self.journal.append(event, **fields))  # type: ignore[arg-type]

    def _refuse_if_unsafe(self) -> None:
        reasons = _refusals(self.job, self.package, self.measures, self.state)
        if reasons:
            raise RefusedError(f"publication refusée sur {self.portal.title} : {' | '.join(reasons)}")

    def _send(self, state: TargetState) -> None:
        """Plan and execute, again where an answer was lost. `state`: as found, so that an unchanged portal stays so."""
        begun, progress = False, Progress()
        while True:
            steps = self.portal.plan(state, self.package)
            if steps and not begun:
                limits = self.job.limits
                agreed = bool(safety.to_accept(self.package, self.measures, self.state, limits))
                self._tell("sending", manifest=self.package.manifest_sha256, agreed=agreed)
                begun = True
            progress.planned(len(steps))
            try:
                for step in steps:
                    self._execute(step)
            except AmbiguousError as error:
                self._tell("failed", detail=str(error))
                if progress.ended:
                    raise
                self.job.sleep(PAUSE)
                state = self.state
            else:
                return

    def _execute(self, step: Step) -> None:
        self.lock.check()
        outcome = self.portal.execute(filled(step, self.state.bindings))
        self._tell(
            "step",
            key=step.key,
            action=step.action,
            file=step.file,
            sha256=step.sha256 if step.file else "",
            bytes=step.bytes,
            bindings=outcome.bindings,
            status=outcome.status,
            detail=outcome.detail,
        )
        self.done.append(step)

    def _read_back(self) -> list[Difference]:
        """What differs. Where nothing had to be sent, the portal is put right once before it counts."""
        odd = self.portal.verify(self.package, full=self.job.full)
        if odd and not self.done:
            self._tell("failed", detail=f"sans envoi, la relecture ne concorde pas : {odd[0]} ; publié de nouveau")
            forced = msgspec.structs.replace(self.state, unfinished=self.package.manifest_sha256)
            self._send(forced)
            odd = self.portal.verify(self.package, full=self.job.full)
        return odd

    def _take_back(self, odd: list[Difference]) -> None:
        shown = " | ".join(str(d) for d in odd[:5])
        if self.found.last and self.found.last.manifest_sha256 == self.package.manifest_sha256:
            # What is online is the last good publication, shown otherwise since: there is nothing better to go back to.
            self._tell("failed", detail=shown)
            raise ReadBackError(
                f"{self.portal.title} ne montre plus ce qui avait été publié, et publier de nouveau n'y change rien : "
                f"{shown} ; regarder le jeu dans le portail"
            )
        done = self._restore(odd, shown)
        raise ReadBackError(
            f"relecture en désaccord sur {self.portal.title} : {shown} ; {done} ; chercher la cause avant de publier "
            f"de nouveau ({safety.how_to_accept(self.package, self.state)})"
        )

    def _restore(self, odd: list[Difference], detail: str) -> str:
        if odd:
            self._tell("differs", manifest=self.package.manifest_sha256, detail=detail)
        self.lock.check()
        last = self.state.last
        kept = kept_package(self.job.lake, self.job.publisher.id, last.manifest_sha256) if last else None
        try:
            done = self.portal.restore(kept)
        except NothingToRestoreError as error:
            done = f"rien à remettre : {error}"
        except PortalError as error:
            self._tell("failed", detail=str(error))
            raise ReadBackError(
                f"relecture en désaccord sur {self.portal.title} : {detail} ; la version précédente n'a pas pu être "
                f"remise : {error} ; la prochaine exécution le fera avant tout"
            ) from error
        self._tell("restored", detail=done)
        return done

    def _published(self) -> Report:
        publication = Publication(
            manifest_sha256=self.package.manifest_sha256,
            data_date=self.package.data_date,
            at=now(),
            files=self.package.hashes,
            rows=self.measures.rows,
            sums=self.measures.sums,
        )
        self._tell("verified", publication=publication, detail="relecture complète" if self.job.full else "")
        self._forget_old_files()
        files = tuple(dict.fromkeys(s.file for s in self.done if s.file))
        return Report(
            target=self.portal.target,
            status="published" if any(s.writes for s in self.done) else "unchanged",
            steps=len(self.done),
            sent=files,
            bytes=sum(s.bytes for s in self.done),
            publication=publication,
        )

    def _forget_old_files(self) -> None:
        """Keep the frozen files of the last publication of each target, and of what each is publishing: another run may
        be sending on another target."""
        publisher = self.job.publisher.id
        kept = {m for target in TARGETS for m in manifests_of(self.job.lake, publisher, target)}
        keep_only(self.job.lake, publisher, kept | {self.package.manifest_sha256})


def _refusals(job: Job, package: Package, measures: Measures, state: TargetState) -> list[str]:
    return safety.refusals(
        job.publisher,
        job.sources,
        package,
        measures,
        state,
        job.checks,
        limits=job.limits,
        accept=job.accept,
    )
