"""Under which ocid a framework is published, where its own id does not give it (`relatedProcesses`).

A call-off names its framework by the id of a record (`idAccordCadre`). That record may have been united with another
one's contract, which names the process, or have got its id after the process was published: the link then goes to the
process that the record is in (docs/decisions.md, "Identity").
"""

from __future__ import annotations

from collections.abc import Mapping

import polars as pl

from procurement_assets.decp.clean import clean
from procurement_assets.decp.parse import read_record
from procurement_assets.ocds.mapping.identity import ocid_of_uid

_UNITED = ("identity.sequence", "identity.content")
"""Reasons for which a record is in a contract of another id (`decp.identity`)."""


def united(ledger: pl.LazyFrame, records: pl.LazyFrame) -> dict[str, str]:
    """The uid that a record alone gives (buyer and published id) to that of its contract, where they differ."""
    key = ["source", "file_sha256", "position"]
    wanted = ledger.filter(pl.col("reason").is_in(_UNITED) & (pl.col("outcome") != "quarantined")).select("uid", *key)
    found = wanted.join(records.select(*key, "record"), on=key).collect(engine="streaming")
    published = (clean(read_record(record)).contract.uid for record in found["record"])
    # Sorted, since one id can be in two contracts: the order of files and records decides nothing.
    return {own: uid for own, uid in sorted(zip(published, found["uid"], strict=True)) if own != uid}


def links(known: pl.DataFrame, contracts: pl.DataFrame, aliases: Mapping[str, str], prefix: str) -> dict[str, str]:
    """The uid that an id gives to the ocid of its process, where they do not make it (`mapping.identity.ocid_of`).

    `known`: the map of ocids. `contracts`: uid and buyer of the current ones. `aliases`: see `united`. An ocid that is
    a process of its own stays its own.
    """
    current = known.join(contracts, on="uid")
    plain = pl.col("ocid").str.slice(len(prefix) + 1).str.replace("-", "", literal=True) == pl.col("uid")
    moved = current.filter(~plain).select("uid", "ocid", "buyer")
    others = pl.DataFrame(
        {"own": list(aliases), "uid": list(aliases.values())}, schema={"own": pl.String, "uid": pl.String}
    )
    named = current.join(others, on="uid").select("own", "ocid", "buyer")
    found = pl.concat([moved.rename({"uid": "own"}), named]).filter(~pl.col("own").str.contains("~", literal=True))
    given = [ocid_of_uid(prefix, buyer, own) for own, buyer in found.select("own", "buyer").iter_rows()]
    free = found.with_columns(pl.Series("given", given, dtype=pl.String)).join(
        known.select(given="ocid"), on="given", how="anti"
    )
    return dict(free.select("own", "ocid").sort("own", "ocid").iter_rows())
