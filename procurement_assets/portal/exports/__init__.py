"""What a publisher gives out in `exports/PUBLISHER/`, beside the OCDS and the regulatory files.

spec           which tables in which formats, and what every file says of where it comes from
frames         the rows, from the tables of the lake; `streams` reads and cuts them, a slice in memory at a time
changes, history   what changed since the last publication
parquet_files, text_files, workbook, database   the formats; `neutral` makes text harmless for spreadsheets
table_schema, data_package, catalogue            what describes them: Table Schema, Data Package, DCAT-AP
feed           Atom feed of new and changed contracts
manifest       every file with its size and sha256, and the check that they are what it says
released       the names of the fields that were released: a later version may add, never remove
"""
