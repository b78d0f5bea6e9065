"""Which records are the same contract: the four hard cases, decided (docs/decisions.md, "Identity").

1. One id for several lots: records of one `uid` that agree on fewer than two of {holders, objet, amount} are distinct
   contracts; the first published keeps the `uid`, the others get `uid~` and eight characters of their own content.
2. Ids that change at each modification (format 2019: the last two digits): records whose ids differ only by these
   digits, with the same objet and a common holder, are one contract; the smallest id gives the `uid`.
3. One contract in two sources: the same `uid`, or the same buyer, holders, exact amount and date with no other
   candidate on either side; the source of lowest rank wins.
4. Two records that differ only by amount: the last published wins, the other is superseded, and both amounts are told.

Nothing here depends on the order of files or records: ties are decided by content. Every loser keeps its line in the
ledger, with the winner's place and the reason; lists that only a loser published (modifications, acts, years of
execution) are united into the winner.
"""

from __future__ import annotations

import hashlib
import re
from array import array
from collections import defaultdict
from collections.abc import Hashable, Iterable, Iterator, Sequence
from itertools import groupby
from operator import attrgetter

import msgspec

from procurement_assets.decp.candidate import (
    KEPT,
    Candidate,
    contract_of,
    counts_modifications,
    holders_of,
    objet_of,
)
from procurement_assets.decp.grouping import alike, split
from procurement_assets.decp.model import Contract
from procurement_assets.decp.unite import unite


class Resolved(msgspec.Struct, eq=False):
    """A contract and the records it was made from: the first is the winner."""

    contract: Contract
    content: bytes
    """Canonical JSON of the contract."""
    members: list[Candidate]
    outcomes: list[tuple[str, str, str]]
    """(outcome, reason, detail) of each member, in order."""


def resolve(candidates: Iterable[Candidate]) -> list[Resolved]:
    """The contracts that the candidates are, sorted by `uid`. Every candidate is a member of exactly one."""
    return list(resolved(candidates))


def resolved(candidates: Iterable[Candidate]) -> Iterator[Resolved]:
    """The same, decoded one at a time. Nothing of `candidates` is held, but their numbers, once the first is given."""
    clusters = _clusters(list(candidates))
    if not clusters:
        return
    names = _names(clusters)
    order = array("Q", sorted(range(len(clusters)), key=lambda i: names.get(i) or _published_uid(clusters[i])))
    decided = _Decided(clusters)
    for i in order:
        cluster = decided[i]
        yield _decide(cluster, names.get(i) or _published_uid(cluster))


class _Decided:
    """The records of each contract as their numbers on the shelf: an object weighs ten times as much."""

    def __init__(self, clusters: list[list[Candidate]]) -> None:
        """Take the clusters out of their list, so that nothing holds their objects any more."""
        self._shelf = clusters[0][0].shelf
        self._numbers = array("Q")
        self._ends = array("Q", [0])
        self._reasons: dict[int, str] = {}
        for cluster in clusters:
            for c in cluster:
                self._numbers.append(c.number)
                if c.reason != KEPT:
                    self._reasons[c.number] = c.reason
            self._ends.append(len(self._numbers))
        clusters.clear()

    def __getitem__(self, i: int) -> list[Candidate]:
        numbers = self._numbers[self._ends[i] : self._ends[i + 1]]
        return [self._shelf.candidate(n, self._reasons.get(n, KEPT)) for n in numbers]


def _clusters(candidates: list[Candidate]) -> list[list[Candidate]]:
    """The records of each contract."""
    # Texts are compared in half the time of pairs.
    candidates.sort(key=attrgetter("uid"))
    candidates.sort(key=attrgetter("kind"))
    clusters: list[list[Candidate]] = []
    for _, found in groupby(candidates, key=attrgetter("kind", "uid")):
        group = list(found)
        # In order of preference from the start: whatever looks at a cluster's first record sees the same one.
        clusters.extend([group] if len(group) == 1 else _lots(sorted(group, key=_preference)))
    return _join_content(_join_sequences(clusters))


def _lots(group: Sequence[Candidate]) -> list[list[Candidate]]:
    """Case 1 and 4: the records of one uid, one list per contract."""
    parent = list(range(len(group)))

    def root(i: int) -> int:
        while parent[i] != i:
            parent[i] = parent[parent[i]]
            i = parent[i]
        return i

    seen: dict[tuple[object, ...], int] = {}
    for i, c in enumerate(group):
        for key in _pair_keys(c):
            parent[root(i)] = root(seen.setdefault(key, i))
    lots: dict[int, list[Candidate]] = defaultdict(list)
    for i, c in enumerate(group):
        lots[root(i)].append(c)
    return _across_sources(list(lots.values()))


def _pair_keys(c: Candidate) -> list[tuple[object, ...]]:
    """Two records that share one of these keys agree on two of {holders, objet, amount}, or are identical."""
    contract, amount = c.contract, c.amount
    holders, objet = holders_of(contract), objet_of(contract)
    keys: list[tuple[object, ...]] = [("=", c.content)]
    if holders and objet:
        keys.append(("to", holders, objet))
    if holders and amount is not None:
        keys.append(("tm", holders, amount))
    if objet and amount is not None:
        keys.append(("om", objet, amount))
    return keys


def _across_sources(lots: list[list[Candidate]]) -> list[list[Candidate]]:
    """Case 3: one lot in each source, under one uid and one date or amount, is one contract written in two ways."""
    sources = [frozenset(c.source for c in lot) for lot in lots]
    if len(lots) < 2 or sum(map(len, sources)) > len(frozenset().union(*sources)):
        return lots
    facts = [{("d", c.contract.date) for c in lot} | {("m", c.contract.amount) for c in lot} for lot in lots]
    common = set.intersection(*facts) - {("d", None), ("m", None)}
    return [[c for lot in lots for c in lot]] if common else lots


_SEQUENCE = re.compile(r"(.+?)(\d{2})\Z")


def _join_sequences(clusters: list[list[Candidate]]) -> list[list[Candidate]]:
    """Case 2: clusters of format 2019 whose ids differ by the two digits of the modification."""

    def family(i: int) -> Hashable:
        c = clusters[i][0]
        found = _SEQUENCE.match(c.id) if c.format == "2019" else None
        return (c.kind, c.buyer, found[1]) if found else None

    joined: set[int] = set()
    for members in split(alike(len(clusters), family), lambda i: clusters[i][0].objet):
        if counts_modifications([clusters[i][0].contract for i in members]):
            first = min(members, key=lambda i: clusters[i][0].id)
            for i in members:
                if i != first:
                    _mark(clusters[i], "identity.sequence")
                    clusters[first] = clusters[first] + clusters[i]
                    joined.add(i)
    return [c for i, c in enumerate(clusters) if i not in joined]


def _mark(cluster: list[Candidate], reason: str) -> None:
    for c in cluster:
        c.reason = reason


def _join_content(clusters: list[list[Candidate]]) -> list[list[Candidate]]:
    """Case 3 with two ids: buyer, holders, exact amount and date agree, one cluster on each side, amount not round."""

    def amount(i: int) -> Hashable:
        c = clusters[i][0]
        return (c.kind, c.buyer, c.amount) if c.amount and c.amount % 1000 else None

    joined: set[int] = set()
    for members in split(alike(len(clusters), amount), lambda i: clusters[i][0].holders):
        sources = [{c.source for c in clusters[i]} for i in members]
        dates = {clusters[i][0].contract.date for i in members} - {None}
        disjoint = sum(map(len, sources)) == len(set().union(*sources))
        if len(members) != 2 or not disjoint or len(dates) > 1:
            continue
        first, second = sorted(members, key=lambda i: _preference(clusters[i][0]))
        _mark(clusters[second], "identity.content")
        clusters[first] = clusters[first] + clusters[second]
        joined.add(second)
    return [c for i, c in enumerate(clusters) if i not in joined]


def _published_uid(cluster: list[Candidate]) -> str:
    """The uid that a cluster has where no other cluster has it."""
    if len(cluster) == 1:
        return cluster[0].uid
    return min(c.uid for c in cluster if c.reason != "identity.content")


def _names(clusters: list[list[Candidate]]) -> dict[int, str]:
    """The uid of each cluster that does not keep the published one, as the first published under it does: with a suffix
    from its content."""
    names: dict[int, str] = {}
    for members in alike(len(clusters), lambda i: _published_uid(clusters[i])):
        uid = _published_uid(clusters[members[0]])
        members.sort(key=lambda i: min(_first_published(c) for c in clusters[i]))
        used = {uid}
        for i in members[1:]:
            names[i] = f"{uid}~{min(map(_lot_signature, clusters[i]))}"
            if names[i] in used:  # records so empty that nothing but their whole content tells them apart
                names[i] = f"{uid}~{hashlib.sha256(min(c.content for c in clusters[i])).hexdigest()[:16]}"
            used.add(names[i])
    return names


def _first_published(c: Candidate) -> tuple[str, str, bytes]:
    contract = c.contract
    return (contract.datePublicationDonnees or "9", contract.date or "9", c.content)


def _lot_signature(c: Candidate) -> str:
    contract = c.contract
    what = (c.kind, sorted(holders_of(contract)), objet_of(contract), contract.codeCPV, c.amount)
    return hashlib.sha256(msgspec.json.encode(what)).hexdigest()[:8]


def _preference(c: Candidate) -> tuple[int, tuple[int, ...], int, tuple[int, ...], bytes, tuple[str, int]]:
    """The best first: lowest rank, then last published, then most modifications, then latest file, then content."""
    contract = c.contract
    dates = [contract.datePublicationDonnees, *(m.datePublicationDonneesModification for m in contract.modifications)]
    latest = max((d for d in dates if d), default="")
    file, modifications = c.origin, len(contract.modifications)
    return (file.rank, _descending(latest), -modifications, _descending(file.fichier_date), c.content, c.place)


def _descending(text: str) -> tuple[int, ...]:
    """A key that sorts texts from last to first, an empty one last."""
    return (*(-ord(x) for x in text), 1)


def _decide(cluster: list[Candidate], uid: str) -> Resolved:
    members = sorted(cluster, key=_preference) if len(cluster) > 1 else cluster
    winner = members[0]
    content = winner.content
    contract, changed = contract_of(content), uid != winner.uid
    contract.uid = uid
    outcomes = [_outcome_of_winner(members, uid)]
    for loser in members[1:]:
        contract, united = unite(contract, loser.contract)
        changed = changed or bool(united)
        outcome, reason, detail = _why(winner, loser)
        told = f"{detail} ; repris de cet enregistrement : {united}" if united else detail
        outcomes.append((outcome, reason, told.removeprefix(" ; ")))
    return Resolved(contract, msgspec.json.encode(contract) if changed else content, members, outcomes)


def _outcome_of_winner(members: list[Candidate], uid: str) -> tuple[str, str, str]:
    published = members[0]
    if uid == published.uid:
        return ("kept", "kept", "")
    if any(m.uid == uid for m in members):
        return ("kept", "identity.sequence", f"identifiant publié {published.id}, suite d'un contrat déjà publié")
    return ("kept", "identity.lot", f"identifiant publié {published.id}, partagé par plusieurs contrats")


def _why(winner: Candidate, loser: Candidate) -> tuple[str, str, str]:
    """The outcome of a record that another one replaces."""
    a, b = winner.contract, loser.contract
    if winner.content == loser.content:
        return ("merged", "identity.identical", "")
    if "identity.sequence" in (winner.reason, loser.reason) and a.uid != b.uid:
        return ("superseded", "identity.sequence", f"identifiant publié {b.id}, gardé {a.id}")
    if a.uid != b.uid:
        return ("merged", "identity.content", f"identifiant publié {b.id}, gardé {a.id} dans {winner.source}")
    amounts = "" if a.amount == b.amount else f"montant publié {b.amount}, gardé {a.amount}"
    if winner.source != loser.source:
        return ("merged", "identity.other-source", amounts)
    if amounts and msgspec.structs.replace(b, montant=a.montant, valeurGlobale=a.valeurGlobale) == a:
        return ("superseded", "identity.amount-only", amounts)
    return ("superseded", "identity.later-publication", amounts)
