"""Registers: public lists that the tables are compared with (CPV, departments and regions, SIRENE). No Dagster here.

- `model.py`: what a register is, the typed reading of `registers.toml`;
- `genericode.py`, `geography.py`, `sirene.py`: one reader per form of file;
- `store.py`: where registers lie in the lake; `refresh.py`: fetching them through `sources/`, the last good one kept;
- `joining.py`: a table beside a register.
"""
