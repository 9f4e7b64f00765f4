"""Spreadsheets: CSV and Excel files as rows of text, and back. What the columns mean is asked elsewhere."""
