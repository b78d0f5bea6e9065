"""Backup and restore of what cannot be made again: the lake's history and the Dagster instance.

    model      what is backed up, the manifest, the errors
    store      a folder of backups: bytes by content, one manifest per backup, written last
    take       a backup: consistent, incremental
    restore    verified first, then put in place whole
    instance   the Dagster instance: SQLite copied while it is in use
    command    `python -m procurement_assets backup` and `restore`

Needs neither Dagster nor the network. The drill, tried and timed, is in docs/operations.md.
"""
