"""The report of a period: as text, Markdown, JSON and the sheets of an Excel file."""
