"""Pelican's checks as plain functions: field, compiled release, dataset and time-based levels.

Own code, written from the documented behaviour of each check; the recorded calls of `oracles/pelican` give the recorded
results (test_pelican_oracle.py). What differs is told: `NOT_IMPLEMENTED` and the texts of `pelican.toml`.
"""
