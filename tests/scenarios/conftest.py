"""Lets the scenarios use the checks that live beside the oracle."""

import sys
from pathlib import Path

sys.path.append(str(Path(__file__).resolve().parent.parent / "oracle"))
