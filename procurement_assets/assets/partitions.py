"""The partitions: one per publisher. A publisher is a run of its own (DESIGN §4)."""

from __future__ import annotations

import dagster as dg

from procurement_assets.publishers import load_publishers, reject_unknown
from procurement_assets.settings import load_settings

PUBLISHERS = load_publishers(load_settings().publishers)
"""Who publishes, as `PROCUREMENT_PUBLISHERS` says when the code location loads."""

reject_unknown(load_settings(), PUBLISHERS)

publisher_partitions = dg.StaticPartitionsDefinition(list(PUBLISHERS.publishers))
