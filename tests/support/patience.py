"""How long tests wait for what comes at once elsewhere."""

from __future__ import annotations

PATIENCE = 120
"""Seconds. Only what hangs takes so long, also on a slow machine that does other things besides."""
