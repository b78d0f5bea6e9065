"""Aggregated indicators of the tables: competition, concentration, modifications, delays, thresholds."""
