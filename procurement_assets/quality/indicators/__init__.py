"""Quality and integrity indicators: the checks of Pelican, the indicators of Cardinal, our aggregated ones.

`pelican/`  quality of the standard, with Pelican's own results (open-contracting/pelican-backend)
`cardinal/` red flags, with Cardinal's own results and settings (open-contracting/cardinal-rs)
`market/`   aggregates of the tables: buyer, CPV division, year; never a verdict on one contract
`registry`  what each indicator means, whether this data can compute it, and which field is missing if not
`build`     the tables of a publisher
"""
