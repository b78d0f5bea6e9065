"""Data quality: the rule catalogue, its execution by Great Expectations, findings, the ledger's sums, the report.

No Dagster here: `procurement_assets.checks` turns rules into asset checks. Great Expectations (7.5 s, 280 MB) is
imported inside `suites.run_rules` and nowhere else.
"""
