"""Cardinal's `prepare` command: defaults, redactions, corrections and code lists, before the indicators.

Issues found on the way (amounts at zero, missing statuses…) are told with their line, ocid and path.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

import msgspec

from procurement_assets.quality.indicators.cardinal.settings import Settings, split

BID_STATUS = {"invited", "pending", "valid", "disqualified", "withdrawn"}
AWARD_STATUS = {"pending", "active", "cancelled", "unsuccessful"}

Json = dict[str, Any]

_decode = msgspec.json.Decoder().decode


class Issue(msgspec.Struct, frozen=True):
    """What Cardinal reports of a line."""

    line: int
    ocid: Any
    path: str
    indices: str
    value: str
    issue: str


def prepare(lines: Iterable[bytes], settings: Settings, issues: list[Issue] | None = None) -> Iterator[Json]:
    """Each compiled release, made ready. Lines that are not JSON objects are skipped."""
    for number, line in enumerate(lines, 1):
        try:
            release = _decode(line)
        except (msgspec.DecodeError, UnicodeDecodeError):
            continue
        if isinstance(release, dict):
            yield _Preparation(release, number, settings, [] if issues is None else issues).run()


class _Preparation:
    """One release under preparation."""

    def __init__(self, release: Json, line: int, settings: Settings, issues: list[Issue]) -> None:
        self.release, self.line, self.settings, self.issues = release, line, settings, issues
        self.redacted = split(settings.redactions.organization_id)
        self.amounts = {float(a) for a in split(settings.redactions.amount)}
        self.roles: dict[str, set[str]] = {}

    def run(self) -> Json:
        """In Cardinal's order: parties, buyer, tender, auctions, bids, contracts, awards, roles."""
        release, changes = self.release, self.settings.modifications
        self._organizations(release, "parties", "", None)
        if self.settings.defaults.party_roles:
            self.roles = {
                p["id"]: {r for r in p.get("roles") or () if isinstance(r, str)}
                for p in _objects(release, "parties")
                if isinstance(p.get("id"), str)
            }
        buyers = changes.prefix_buyer_or_procuring_entity_id
        self._organization(release, "buyer", buyers, "buyer")
        tender = release.get("tender")
        if isinstance(tender, dict):
            self._organization(tender, "procuringEntity", buyers, "procuringEntity")
            self._cut_method(tender)
        if changes.move_auctions:
            self._move_auctions()
        self._bids()
        self._awards(self._cancelled_awards())
        self._write_roles()
        return release

    def _tell(self, path: str, indices: object, value: str, issue: str) -> None:
        self.issues.append(Issue(self.line, self.release.get("ocid"), path, str(indices), value, issue))

    def _organization(self, holder: Json, key: str, prefix: str, role: str | None) -> None:
        if isinstance(node := holder.get(key), dict):
            self._identify(node, prefix, role)

    def _organizations(self, holder: Json, key: str, prefix: str, role: str | None) -> None:
        if isinstance(single := holder.get(key), dict):
            holder[key] = [single]
        for node in _objects(holder, key):
            self._identify(node, prefix, role)

    def _identify(self, node: Json, prefix: str, role: str | None) -> None:
        """An id as text, without placeholders, with its prefix; its role is remembered for the party."""
        _as_text(node, "id")
        ident = node.get("id")
        if not isinstance(ident, str):
            return
        if ident in self.redacted:
            del node["id"]
            return
        node["id"] = ident = ident if ident.startswith(prefix) else prefix + ident
        if role and ident in self.roles:
            self.roles[ident].add(role)

    def _cut_method(self, tender: Json) -> None:
        pattern = self.settings.modifications.split_procurement_method_details
        details = tender.get("procurementMethodDetails")
        if pattern is not None and isinstance(details, str):
            tender["procurementMethodDetails"] = details.split(pattern)[0].rstrip()

    def _move_auctions(self) -> None:
        if "bids" in self.release or not isinstance(self.release.get("auctions"), list):
            return
        details: list[Any] = []
        for auction in _objects(self.release, "auctions"):
            for stage in _objects(auction, "stages"):
                if isinstance(stage.get("bids"), list):
                    details += stage.pop("bids")
        self.release["bids"] = {"details": details}

    def _bids(self) -> None:
        bids = self.release.get("bids")
        if not isinstance(bids, dict):
            return
        for j, bid in enumerate(bids.get("details") or ()):
            if not isinstance(bid, dict):
                continue
            self._value(bid, j)
            self._items(bid, "/bids/details[]", j)
            self._status(bid, "/bids/details[]/status", j, "bid_status", BID_STATUS)
            prefix = self.settings.modifications.prefix_tenderer_or_supplier_id
            self._organizations(bid, "tenderers", prefix, "tenderer")

    def _value(self, bid: Json, j: int) -> None:
        value = bid.get("value")
        if not isinstance(value, dict):
            return
        amount = value.get("amount")
        if isinstance(amount, (int, float)) and not isinstance(amount, bool):
            if float(amount) in self.amounts:
                del value["amount"]
            elif amount == 0:
                self._tell("/bids/details[]/value/amount", j, "", "is zero")
        if "currency" not in value:
            if self.settings.defaults.currency is not None:
                value["currency"] = self.settings.defaults.currency
            else:
                self._tell("/bids/details[]/value/currency", j, "", "not set")

    def _items(self, holder: Json, path: str, j: int, *, text_ids: bool = False) -> None:
        scheme = self.settings.defaults.item_classification_scheme
        for k, item in enumerate(holder.get("items") or ()):
            classification = item.get("classification") if isinstance(item, dict) else None
            if not isinstance(classification, dict):
                continue
            if text_ids:
                _as_text(classification, "id")
            if "scheme" in classification:
                continue
            if scheme is not None:
                classification["scheme"] = scheme
            else:
                self._tell(f"{path}/items[]/classification/scheme", f"{j}.{k}", "", "not set")

    def _status(self, node: Json, path: str, j: int, name: str, known: set[str]) -> None:
        if "status" not in node:
            default = getattr(self.settings.defaults, name)
            if default is None:
                self._tell(path, j, "", "not set")
                return
            node["status"] = default
        status = node["status"]
        if isinstance(status, str):
            node["status"] = status = self.settings.codelists.get(name, {}).get(status, status)
            if status not in known:
                self._tell(path, j, status, "invalid")

    def _cancelled_awards(self) -> set[str]:
        """Awards all of whose contracts are cancelled."""
        if not self.settings.corrections.award_status_by_contract_status:
            return set()
        cancelled: dict[str, bool] = {}
        for contract in _objects(self.release, "contracts"):
            _as_text(contract, "awardID")
            award = contract.get("awardID")
            if isinstance(award, str):
                cancelled[award] = cancelled.get(award, True) and contract.get("status") == "cancelled"
        return {award for award, every in cancelled.items() if every}

    def _awards(self, cancelled: set[str]) -> None:
        prefix = self.settings.modifications.prefix_tenderer_or_supplier_id
        for j, award in enumerate(self.release.get("awards") or ()):
            if not isinstance(award, dict):
                continue
            _as_text(award, "id")
            self._items(award, "/awards[]", j, text_ids=True)
            self._status(award, "/awards[]/status", j, "award_status", AWARD_STATUS)
            if award.get("id") in cancelled:
                award["status"] = "cancelled"
            self._organizations(award, "suppliers", prefix, "supplier")

    def _write_roles(self) -> None:
        for party in _objects(self.release, "parties") if self.settings.defaults.party_roles else ():
            roles = self.roles.get(party["id"]) if isinstance(party.get("id"), str) else None
            if roles:
                party["roles"] = sorted(roles)


def _objects(holder: Json, key: str) -> list[Json]:
    node = holder.get(key)
    return [v for v in node if isinstance(v, dict)] if isinstance(node, list) else []


def _as_text(node: Json, key: str) -> None:
    """A number used as an id becomes text."""
    value = node.get(key)
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        node[key] = str(value)
