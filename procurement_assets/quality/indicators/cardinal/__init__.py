"""Cardinal's commands in Python: indicators, coverage, prepare (version 0.0.8), verified by its own cases."""
