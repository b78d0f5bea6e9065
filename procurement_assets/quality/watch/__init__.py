"""Watching the feeds: each source against its own past, so that what goes wrong is seen the day it is fetched.

`months` counts, `robust` says what is usual, `signals` compares, `silence` and `unpublished` see what no longer comes,
`profiles` and `drift` see files that change shape, `build` makes the tables `feed_months` and `feed_watch`.
"""
