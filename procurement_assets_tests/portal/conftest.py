"""Fixtures of the portals' tests."""

from procurement_assets_tests.portal.running_udata import udata, udata_server

__all__ = ["udata", "udata_server"]
