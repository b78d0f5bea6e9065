"""The state of our Opendatasoft portal: datasets with a draft and what the public sees, files, versions, statuses.

Like the real one (research/portal.md §1.1): changes go to a draft, the public sees a new version when its processing
ends, all at once; unpublishing erases (and is counted, since it must never be asked for).
"""

from __future__ import annotations

import copy
import csv
import io
from typing import Any

AT_REST = ("idle", "error", "limit_reached")


class Dataset:
    """A dataset."""

    def __init__(self, uid: str, slug: str, restricted: bool, metadata: dict[str, Any]) -> None:
        self.uid, self.slug, self.restricted = uid, slug, restricted
        self.draft: dict[str, Any] = {
            "metadata": metadata,
            "resources": {},
            "fields": {},
            "alternative_exports": {},
            "attachments": {},
        }
        self.public: dict[str, Any] | None = None
        """What is shown: the draft at the last publication, and its records."""
        self.versions: list[tuple[str, dict[str, Any]]] = []
        """Newest first."""
        self.status = "idle"
        self.since = 0
        self.queue: list[str] = []
        self.records_errors: list[dict[str, str]] = []
        self.message: str | None = None
        self.params: dict[str, Any] = {}

    def snapshot(self) -> dict[str, Any]:
        """The draft, apart."""
        return copy.deepcopy(self.draft)


class Portal:
    """The whole portal."""

    def __init__(self) -> None:
        self.datasets: dict[str, Dataset] = {}
        self.files: dict[str, tuple[str, bytes]] = {}
        self.counter = 0
        self.unpublished = 0
        self.publish_ends: list[str] = []
        """How the next publications end: `idle` (the default), `error`, `limit_reached`, `wrong` (a row is lost),
        `records` (an error on a record)."""
        self.restores = "all"
        """What a version brings back: `all`, `not the source`; `none`: none can be restored; `refused` when asked."""
        self.steps_to_rest = ("queued", "processing", "processing")

    def new_id(self, kind: str) -> str:
        """An id such as `da_0001`."""
        self.counter += 1
        return f"{kind}_{self.counter:04d}"

    def by_slug(self, slug: str) -> Dataset | None:
        """The dataset of a slug."""
        return next((d for d in self.datasets.values() if d.slug == slug), None)

    def publish(self, dataset: Dataset, *, metadata_only: bool = False) -> bool:
        """Queue a publication; False where the dataset is busy."""
        if dataset.status not in AT_REST:
            return False
        dataset.queue = [*self.steps_to_rest, "metadata" if metadata_only else "end"]
        self.move(dataset)
        return True

    def move(self, dataset: Dataset) -> None:
        """One step of the status machine."""
        if not dataset.queue:
            return
        dataset.since += 1
        step = dataset.queue.pop(0)
        if step not in ("end", "metadata"):
            dataset.status = step
            return
        end = self.publish_ends.pop(0) if self.publish_ends else "idle"
        dataset.records_errors, dataset.message, dataset.params = [], None, {}
        if end in ("error", "limit_reached"):
            dataset.status = end
            dataset.message = "le fichier ne peut pas être lu" if end == "error" else None
            dataset.params = {"error": {"limit_type": "records", "limit": 10}} if end == "limit_reached" else {}
            return
        dataset.status = "idle"
        shown = dataset.snapshot()
        if step == "metadata" and dataset.public is not None:
            dataset.public = {**dataset.public, "metadata": shown["metadata"]}
        else:
            shown["records"] = self.records(dataset, shown)
            if end == "wrong":
                shown["records"] = shown["records"][:-1]
            if end == "records":
                dataset.records_errors = [{"record_id": "1", "field_uid": "f", "message": "'abc' n'est pas un nombre"}]
            dataset.public = shown
        dataset.versions.insert(0, (self.new_id("ch"), dataset.snapshot()))
        del dataset.versions[20:]

    def records(self, dataset: Dataset, draft: dict[str, Any]) -> list[dict[str, str]]:
        """The rows of the resources, with the names and types that the field rules give."""
        rows: list[dict[str, str]] = []
        types = {f["field"]: f["type_param"] for f in draft["fields"].values() if f["type"] == "type"}
        for resource in draft["resources"].values():
            _, data = self.files[resource["datasource"]["file"]["uid"]]
            reader = csv.DictReader(io.StringIO(data.decode()), delimiter=resource["params"]["separator"])
            for row in reader:
                rows.append({k.lower(): _typed(v, types.get(k.lower(), "text")) for k, v in row.items()})
        return rows

    def public_view(self) -> dict[str, Any]:
        """Everything that anyone sees, by slug: open datasets that are published."""
        view = {}
        for dataset in self.datasets.values():
            if dataset.public is None or dataset.restricted:
                continue
            view[dataset.slug] = {
                "records": dataset.public["records"],
                "metadata": dataset.public["metadata"],
                "exports": sorted(e["description"] for e in dataset.public["alternative_exports"].values()),
                "attachments": sorted(a["filename"] for a in dataset.public["attachments"].values()),
                "fields": sorted(
                    str({k: v for k, v in f.items() if k != "uid"}) for f in dataset.public["fields"].values()
                ),
            }
        return copy.deepcopy(view)

    def settled(self) -> dict[str, Any]:
        """The state that a publication leads to, ids and orphan uploads apart: what two runs are compared by."""
        found: dict[str, Any] = {"public": self.public_view()}
        for dataset in self.datasets.values():
            draft = dataset.draft
            found[dataset.slug] = {
                "restricted": dataset.restricted,
                "status": dataset.status,
                "resources": [
                    (r["title"], self.files[r["datasource"]["file"]["uid"]]) for r in draft["resources"].values()
                ],
                "metadata": draft["metadata"],
                "fields": sorted(str({k: v for k, v in f.items() if k != "uid"}) for f in draft["fields"].values()),
                "exports": sorted((e["title"], e["description"]) for e in draft["alternative_exports"].values()),
                "attachments": sorted(a["filename"] for a in draft["attachments"].values()),
            }
        return copy.deepcopy(found)


def _typed(value: str, kind: str) -> str:
    if kind == "double" and value:
        return repr(float(value))
    return value
