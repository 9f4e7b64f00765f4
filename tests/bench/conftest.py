"""What measures lives in bench/; whether it measures what it says is tested here, and never how long anything takes."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.append(str(Path(__file__).resolve().parents[2] / "bench"))
