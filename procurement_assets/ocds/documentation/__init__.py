"""The documentation of the mapping, generated from one table: French and English Markdown, CSV and XLSX."""
