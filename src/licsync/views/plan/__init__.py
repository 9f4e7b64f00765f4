"""Plans as text, Markdown, diffs and runbooks."""
