"""Rendering: plans, inventories, diagnostics and progress as text, JSON, CSV, Markdown and HTML.

Views decide nothing and print nothing: they return text. Every piece of text that comes from input
goes through `safe` on its way out.
"""
