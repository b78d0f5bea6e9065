"""Which process each contract is: the table `ocids`, kept in the lake and never recomputed (research/ocds.md §2.1).

An ocid once given belongs to its contract for ever, although its uid may change: an earlier lot that appears takes
the plain uid, an id of format 2019 that ends a family gives another smallest id, two sources unite. In order:

1. A known ocid goes to the contract that has most of the records it was made from (records known by the sha256 of
   their content, kept in `empreintes`); ties: the contract of the same uid, then the smallest uid.
2. An ocid that no record claims goes to the contract that says what it published, where uids change with the content
   (lots of one id, ids of format 2019: `ocds.succession`).
3. An ocid that is still free goes to the contract of the same uid: every record of it was rewritten.
4. A contract of another uid that says all the same as a process whose ocid is free goes on it (`ocds.succession`).
5. Any other contract gets a new ocid, from its uid; where that one is another contract's, `_7E` (an escaped `~`) and
   eight characters of a hash of its uid and records are added.

A contract that no source has any more keeps its row. The day a contract was first seen never moves either.

All of it is columns: a million contracts as objects weigh half a gigabyte. Only those that want what another one also
wants are looked at one by one.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

import polars as pl

from procurement_assets.lake import Lake
from procurement_assets.ocds import succession
from procurement_assets.ocds.mapping.identity import ocid_of_uid
from procurement_assets.schema import TABLES, conform

DIGEST = 16
"""Characters kept of the sha256 of a record: 64 bits tell the records of the nation apart."""

SEEN: dict[str, pl.DataType] = {
    "uid": pl.String(),
    "premier_vu": pl.String(),
    "sources": pl.List(pl.String),
    "empreintes": pl.List(pl.String),
}
"""What is known of the contracts of a snapshot: columns of the table `ocids`, `premier_vu` from its files alone."""


class PrefixChangedError(ValueError):
    """The publisher's ocid prefix is not the one its ocids were given under."""


def members(ledger: pl.LazyFrame, records: pl.LazyFrame, created: pl.DataFrame) -> pl.DataFrame:
    """The contracts of a snapshot (columns `SEEN`): their sources and the digests of their records, sorted.

    `created`: the day each file was published (columns `file_sha256`, `premier_vu`); a contract has the first of its
    files'. The two tables are read as a stream: a million keys of both at once are half a gigabyte.
    """
    used = ledger.filter(pl.col("outcome").is_in(["kept", "merged", "superseded"]))
    key = ["source", "file_sha256", "position"]
    digests = records.select(*key, empreintes=pl.col("content_sha256").str.slice(0, DIGEST))
    joined = used.select("uid", *key).join(digests, on=key, how="left")
    grouped = joined.join(created.lazy(), on="file_sha256", how="left").group_by("uid")
    found = grouped.agg(
        pl.col("premier_vu").min(),
        pl.col("source").unique().sort().alias("sources"),
        pl.col("empreintes").drop_nulls().unique().sort(),
    )
    return found.collect(engine="streaming")


def read_known(frame: pl.DataFrame, prefix: str) -> pl.DataFrame:
    """The rows of the table; those of a lake from before the map was kept have only uid and ocid.

    Raises `PrefixChangedError`: under another prefix, every contract would be published as two processes.
    """
    other = frame.filter(~pl.col("ocid").str.starts_with(f"{prefix}-"))["ocid"].to_list()
    if other:
        raise PrefixChangedError(
            f"{len(other)} ocids ont été donnés sous un autre préfixe que {prefix!r} ({other[0]}) : un ocid est donné "
            "pour toujours. Remettre l'ancien ocid_prefix dans publishers.toml ; s'il était provisoire et que rien n'a "
            "été publié, sortir du lac ocds/PUBLIEUR/ et tables/ocids/PUBLIEUR.parquet, puis recommencer"
        )
    if "premier_vu" not in frame.columns:
        return TABLES["ocids"].frame([])
    return frame.select(list(TABLES["ocids"].schema))


def update(
    known: pl.DataFrame,
    seen: pl.DataFrame,
    prefix: str,
    data_date: str,
    comparison: succession.Comparison | None = None,
) -> pl.DataFrame:
    """The map after a snapshot, by ocid: every known ocid, and those of the new contracts.

    `seen`: the contracts of the snapshot, columns `SEEN` and `buyer`. `comparison`: for rules 2 and 4.
    """
    given = _given(known, seen, comparison)
    new = _new(seen.join(given, on="uid", how="anti"), known["ocid"], prefix)
    current = (
        seen.join(pl.concat([given, new]), on="uid")
        .join(known.select("ocid", before="premier_vu"), on="ocid", how="left")
        .with_columns(premier_vu=pl.coalesce("before", "premier_vu"), dernier_vu=pl.lit(data_date))
        .select(known.columns)
    )
    gone = _gone(known.join(current, on="ocid", how="anti"), current)
    return pl.concat([gone, current]).sort("ocid")


def _digests(contracts: pl.DataFrame, row: str) -> pl.LazyFrame:
    """The records of some contracts, one a row, with the row of the contract."""
    rows = contracts.lazy().select("empreintes").with_row_index(row)
    return rows.explode("empreintes").drop_nulls("empreintes")


def _given(known: pl.DataFrame, seen: pl.DataFrame, comparison: succession.Comparison | None) -> pl.DataFrame:
    """The ocids that contracts already have (rules 1 to 4): columns `uid`, `ocid`."""
    given = _by_record(known, seen)
    if comparison is not None:
        free, waiting = _left(known, seen, given)
        if families := succession.contested(free, waiting):
            asked = [frame.filter(succession.family().is_in(families)) for frame in (free, waiting)]
            given = pl.concat([given, _pairs(comparison.of_family(asked[0]["ocid"], asked[1]["uid"]))])
    free, waiting = _left(known, seen, given)
    given = pl.concat([given, free.join(waiting, on="uid", how="semi")])
    free, waiting = _left(known, seen, given)
    if comparison is None or free.is_empty() or waiting.is_empty():
        return given
    return pl.concat([given, _pairs(comparison.of_content(free["ocid"], waiting["uid"]))])


def _left(known: pl.DataFrame, seen: pl.DataFrame, given: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame]:
    """The ocids that are still free, and the contracts that have none (columns `uid`, `ocid`; `uid`)."""
    free = known.select("uid", "ocid").join(given, on="ocid", how="anti")
    return free, seen.select("uid").join(given, on="uid", how="anti")


def _by_record(known: pl.DataFrame, seen: pl.DataFrame) -> pl.DataFrame:
    """Rule 1: columns `uid`, `ocid`."""
    owners = _digests(known, "owner").group_by("empreintes").agg(pl.col("owner").max())
    votes = _digests(seen, "claimant").join(owners, on="empreintes").group_by("claimant", "owner").len("votes")
    claims = votes.collect(engine="streaming")
    owner, several = claims["owner"], claims["owner"].is_duplicated() | claims["claimant"].is_duplicated()
    wanted = claims.select(
        "votes",
        uid=seen["uid"].gather(claims["claimant"]),
        ocid=known["ocid"].gather(owner),
        former=known["uid"].gather(owner),
    )
    return pl.concat([wanted.filter(~several).select("uid", "ocid"), _settled(wanted.filter(several))])


def _settled(contested: pl.DataFrame) -> pl.DataFrame:
    """Who has each ocid that several contracts claim, or a contract that claims several (columns `uid`, `ocid`)."""
    ordered = contested.sort(
        "votes", pl.col("uid") != pl.col("former"), "uid", "ocid", descending=[True, False, False, False]
    )
    given: dict[str, str] = {}
    taken: set[str] = set()
    for uid, ocid in ordered.select("uid", "ocid").iter_rows():
        if uid not in given and ocid not in taken:
            given[uid] = ocid
            taken.add(ocid)
    return _pairs(given)


def _new(contracts: pl.DataFrame, known: pl.Series, prefix: str) -> pl.DataFrame:
    """An ocid for each contract that has none (rule 5): columns `uid`, `ocid`."""
    uids = contracts.select("uid", "buyer").iter_rows()
    found = contracts.select("uid", pl.Series("ocid", [ocid_of_uid(prefix, b, u) for u, b in uids], dtype=pl.String))
    if not found["ocid"].is_duplicated().any() and found.join(known.to_frame(), on="ocid", how="semi").is_empty():
        return found
    given: dict[str, str] = {}
    taken = set(known)
    for uid, ocid, records in (
        found.join(contracts, on="uid").sort("uid").select("uid", "ocid", "empreintes").iter_rows()
    ):
        given[uid] = _marked(ocid, uid, records, taken) if ocid in taken else ocid
        taken.add(given[uid])
    return _pairs(given)


def _marked(ocid: str, uid: str, records: Sequence[str], taken: set[str]) -> str:
    """An ocid for a contract whose own one is another contract's."""
    content = [uid, *records]
    while (marked := f"{ocid}_7E{_mark(content)}") in taken:  # an ocid that it had, and that another contract has now
        content.append("")
    return marked


def _mark(content: Sequence[str]) -> str:
    return hashlib.sha256("\0".join(content).encode()).hexdigest()[:8]


def _pairs(given: dict[str, str]) -> pl.DataFrame:
    return pl.DataFrame([list(given), list(given.values())], schema={"uid": pl.String, "ocid": pl.String})


def _gone(gone: pl.DataFrame, current: pl.DataFrame) -> pl.DataFrame:
    """The contracts that are gone, without what another one has now: its records, since a record has one owner, and
    its uid, which stays unique in the table."""
    shared = _digests(gone, "row").join(_digests(current, "row"), on="empreintes", how="semi")
    claimed = set(shared.collect(engine="streaming")["empreintes"])
    reused = set(gone.join(current, on="uid", how="semi")["uid"])
    pairs = gone.select("uid", "ocid").iter_rows()
    uids = [f"{uid}~{_mark([ocid])}" if uid in reused else uid for uid, ocid in pairs]
    records = [[digest for digest in digests if digest not in claimed] for digests in gone["empreintes"].to_list()]
    return gone.with_columns(
        pl.Series("uid", uids, dtype=pl.String), pl.Series("empreintes", records, dtype=pl.List(pl.String))
    )


def write_ocids(lake: Lake, publisher: str, known: pl.DataFrame) -> None:
    """Write the table `ocids`: state, read again by the next run."""
    lake.write_table(conform(known, TABLES["ocids"]), "ocids", publisher)


def write_vanished(lake: Lake, publisher: str, known: pl.DataFrame, current: pl.Series) -> int:
    """Write the table `vanished`: published contracts that no source has any more. Returns how many."""
    table = TABLES["vanished"]
    gone = known.join(current.to_frame("uid"), on="uid", how="anti").select(list(table.schema))
    lake.write_table(conform(gone, table), "vanished", publisher)
    return gone.height
