"""Where things are in the repository."""

from __future__ import annotations

from pathlib import Path

import licsync

ROOT = Path(__file__).resolve().parents[2]
PACKAGE = Path(licsync.__file__).resolve().parent
"""The package under test: `src/licsync`, or what a wheel installed."""
EXAMPLES = ROOT / "examples" / "accounts"
ACME = EXAMPLES / "acme"
