"""One description per column, from which everything else is made.

`Column` holds the name, type, French label and description, constraints, source path in DECP, OCDS path and unit.
From it come the Parquet schema, the column docs in the Dagster UI, the data dictionary, and later the Table Schema and
the portal's field labels (DESIGN §2, principle 6). `TABLES` lists every table by name.
"""

from procurement_assets.schema.column import Column, Table, conform, data_dictionary
from procurement_assets.schema.concessions import CONCESSION_TABLES
from procurement_assets.schema.contracts import CONTRACT_TABLES
from procurement_assets.schema.corrections import CORRECTION_TABLES
from procurement_assets.schema.exports import EXPORT_TABLES
from procurement_assets.schema.indicators import INDICATOR_TABLES
from procurement_assets.schema.provenance import PROVENANCE_TABLES
from procurement_assets.schema.publications import PUBLICATIONS
from procurement_assets.schema.reconciliation import RECONCILIATION_TABLES
from procurement_assets.schema.registers import REGISTER_TABLES, REGISTRES
from procurement_assets.schema.subcontracts import SUBCONTRACTS
from procurement_assets.schema.watch import WATCH_TABLES

TABLES: dict[str, Table] = {
    t.name: t
    for t in (
        *PROVENANCE_TABLES,
        *CONTRACT_TABLES,
        SUBCONTRACTS,
        *CONCESSION_TABLES,
        *EXPORT_TABLES,
        *RECONCILIATION_TABLES,
        *INDICATOR_TABLES,
        *WATCH_TABLES,
        PUBLICATIONS,
        *REGISTER_TABLES,
        REGISTRES,
        *CORRECTION_TABLES,
    )
}

__all__ = ["TABLES", "Column", "Table", "conform", "data_dictionary"]
