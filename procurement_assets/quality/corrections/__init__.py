"""Correction files: what is wrong goes out to the buyers as XLSX and CSV, what they correct comes back (issue 4).

`locate` says which field of a contract a finding is about; `outgoing` makes the rows; `sheets` writes the files;
`folder` says where they lie; `reading` and `cells` read what comes back. Applying is `decp.corrections`.
"""
