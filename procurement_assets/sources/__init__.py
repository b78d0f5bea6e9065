"""Public sources: listing, downloading and keeping raw files, bit for bit. No Dagster here."""
