"""The scopes and expressions of the rules, written a second time in Polars, by hand, for `test_counts`."""
