"""The version of licsync, and where its releases are."""

from __future__ import annotations

import platform

__version__ = "1.0.0"

REPOSITORY = "https://github.com/your-company/licsync"
"""Whoever publishes licsync puts the owner here, and everywhere else (CONTRIBUTING.md)."""

DOCUMENTATION = "https://your-company.github.io/licsync/"
"""Where the site of docs/ is published."""


def address_of(page: str) -> str:
    """Return the address of a page of the documentation, such as `how-to/ci`."""
    address, _, section = page.partition("#")
    return f"{DOCUMENTATION}{address}/{'#' if section else ''}{section}"


def version_text() -> str:
    """Name the version, and the Python that runs it."""
    return f"licsync {__version__} (Python {platform.python_version()})"
