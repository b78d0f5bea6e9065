"""Comparisons with peers: each case in a process of its own, CPU seconds and peak memory side by side."""
