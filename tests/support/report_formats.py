"""Readers of the formats that CI systems take."""

from __future__ import annotations


def parsed(text: str) -> dict[str, str]:
    """Read the file of GITHUB_OUTPUT as the runner does."""
    lines = text.split("\n")
    assert lines.pop() == ""
    found = {}
    while lines:
        name, _, end = lines.pop(0).partition("<<")
        value = []
        while (line := lines.pop(0)) != end:
            value.append(line)
        found[name] = "\n".join(value)
    return found
