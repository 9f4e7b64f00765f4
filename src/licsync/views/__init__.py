"""Plans, inventories, diagnostics and progress as text, JSON, CSV, Markdown and HTML.

Views make no decisions and print nothing: they return text. All text from input passes through
`escaping` on its way out.
"""
