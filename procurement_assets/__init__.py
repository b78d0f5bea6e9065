"""Open, reliable, standard procurement data for the City of Paris: DECP in, OCDS and open tables out.

The core packages (`decp`, `ocds`, `registers`, `quality`, `portal`, `site`, `sources`, `sample`, `schema`) are plain
typed Python and import no Dagster; `assets`, `checks`, `automation`, `resources` and `definitions` are the Dagster
shell around them.
"""

__version__ = "0.1.0"
