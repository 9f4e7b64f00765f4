"""Spreadsheets: CSV and Excel files as rows of text, and back; headings and cells as data."""
