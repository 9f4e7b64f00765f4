"""Lets these tests use the builders of planning, and compares with golden files."""

import os
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

sys.path.append(str(Path(__file__).resolve().parent.parent / "planning"))

GOLDEN = Path(__file__).parent / "golden"


@pytest.fixture
def golden() -> Callable[[str, str], None]:
    def compare(name: str, text: str) -> None:
        path = GOLDEN / name
        if os.environ.get("LICSYNC_UPDATE_GOLDEN"):
            path.write_bytes(text.encode())
        assert path.exists(), f"no golden {name}; write it with LICSYNC_UPDATE_GOLDEN=1"
        assert text == path.read_bytes().decode()

    return compare
