"""The version of licsync."""

from __future__ import annotations

import platform

__version__ = "0.1.0"


def version_text() -> str:
    """Name the version, and the Python that runs it."""
    return f"licsync {__version__} (Python {platform.python_version()})"
