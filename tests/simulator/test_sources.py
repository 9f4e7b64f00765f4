"""What the simulator's documents cite exists: the vendor's changelog has these entries, as
published on 2026-07-23.
"""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.support.paths import PACKAGE, ROOT

ENTRIES = {"2026-07-01", "2026-07-03"}
CITING = [
    ROOT / "docs/reference/simulator.md",
    ROOT / "tests/simulator/contradictions.yaml",
    *sorted((PACKAGE / "simulator").glob("*.py")),
]


@pytest.mark.parametrize("path", CITING, ids=lambda path: path.name)
def test_only_entries_of_the_changelog_that_exist_are_cited(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    cited = set(re.findall(r"(?:\bC|\bUG,|hangelog of|entries of|and) (20\d\d-\d\d-\d\d)", text))
    assert cited <= ENTRIES


def test_the_page_says_which_entries_those_are() -> None:
    assert all(entry in CITING[0].read_text(encoding="utf-8") for entry in ENTRIES)
