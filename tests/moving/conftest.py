"""The random accounts of the oracle and of the benchmark serve here too."""

from __future__ import annotations

import sys
from pathlib import Path

TESTS = Path(__file__).resolve().parents[1]
sys.path += [str(TESTS / "oracle"), str(TESTS.parent / "bench")]
