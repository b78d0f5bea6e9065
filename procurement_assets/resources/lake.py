"""The lake and the settings as a Dagster resource: thin, everything is in `lake.py` and `settings.py`."""

from __future__ import annotations

import dagster as dg

from procurement_assets.lake import Lake
from procurement_assets.settings import Settings, load_settings


class LakeResource(dg.ConfigurableResource):  # type: ignore[type-arg]
    """Where everything is written."""

    root: str

    def lake(self) -> Lake:
        """The lake."""
        return Lake(self.root)

    def settings(self) -> Settings:
        """The settings of the environment, with this lake."""
        import dataclasses

        return dataclasses.replace(load_settings(), lake=self.root)
