"""Reconciliation: what each place holds of the same contracts, what is missing where, what disagrees and by how much.

`lists` reads the publisher's own lists of contracts, `pairing` matches them with DECP, `compare` says what disagrees,
`sources` compares the DECP sources with each other, `build` makes the tables, `measure` measures the match rules.
"""
