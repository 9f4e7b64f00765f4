"""Imports an existing account: from exported tables to files that declare the same.

`adopt` declares everything and verifies it, `templates` finds what users have in common,
`file_layout` spreads it over files.
"""
