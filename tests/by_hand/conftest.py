"""Lets these tests use the builders of planning."""

import sys
from pathlib import Path

sys.path.append(str(Path(__file__).resolve().parent.parent / "planning"))
