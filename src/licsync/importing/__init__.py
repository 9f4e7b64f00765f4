"""Imports an existing account: turns exported tables into files that declare the same.

`adopt` declares and verifies everything, `templates` extracts what users have in common, and
`file_layout` distributes it over files.
"""
