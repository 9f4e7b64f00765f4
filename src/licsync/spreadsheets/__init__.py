"""Reads and writes CSV and Excel files as rows of text, and interprets headings and cells."""
