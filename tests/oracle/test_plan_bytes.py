"""The plans of all examples, scenarios and 500 random accounts are the same bytes as before.

`LICSYNC_UPDATE_GOLDEN=1 pytest tests/oracle/test_plan_bytes.py` (without `-n`) writes
`plan_digests.txt` anew.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.oracle.plan_bytes import GOLDEN, Row, facts_of, row_of, rows_of
from tests.oracle.plan_cases import Case, cases
from tests.support.samples import parts

pytestmark = pytest.mark.untraced

CHUNKS = 12
SHOWN = 40
HOW = """
To see the documents, run this test with LICSYNC_PLAN_DOCUMENTS=/tmp/after here,
and with LICSYNC_PLAN_DOCUMENTS=/tmp/before in a checkout of the commit before;
then `diff -r /tmp/before /tmp/after`."""


@pytest.fixture(scope="module")
def all_cases() -> dict[str, Case]:
    return cases()


@pytest.fixture
def folder() -> Iterator[Path]:
    """A folder in memory where there is such a thing: hundreds of stores are made in it."""
    memory = Path("/dev/shm")
    found = Path(
        tempfile.mkdtemp(prefix="licsync-", dir=memory if os.access(memory, os.W_OK) else None)
    )
    yield found
    shutil.rmtree(found)


def _golden() -> dict[str, str]:
    lines = GOLDEN.read_text(encoding="utf-8").splitlines() if GOLDEN.exists() else []
    return {line.partition(" ")[0]: line for line in lines}


def _case_of(row: str) -> str:
    return row.rpartition(":")[0]


def _update(names: set[str], rows: list[Row]) -> None:
    kept = {row: line for row, line in _golden().items() if _case_of(row) not in names}
    lines = kept | {row.name: str(row) for row in rows}
    GOLDEN.write_text("".join(f"{lines[name]}\n" for name in sorted(lines)), encoding="utf-8")


def difference(expected: str | None, row: Row) -> str | None:
    """Say how a row differs from its golden line; nothing where it does not."""
    if expected == str(row):
        return None
    if expected is None:
        return f"{row.name}: is new"
    code, _, facts = expected.split(" ")[1:]
    if code != str(row.exit):
        return f"{row.name}: exits {row.exit}, not {code}"
    return (
        f"{row.name}: other facts"
        if facts != row.facts
        else f"{row.name}: other sentences or other formatting"
    )


@pytest.mark.slow
@parts(1, soak=CHUNKS, name="chunk")
def test_plans_are_the_same_bytes(chunk: int, all_cases: dict[str, Case], folder: Path) -> None:
    chosen = list(all_cases.values())[chunk::CHUNKS]
    names = {case.name for case in chosen}
    rows = [row for case in chosen for row in rows_of(case, folder)]
    if os.environ.get("LICSYNC_UPDATE_GOLDEN"):
        _update(names, rows)
    golden = {row: line for row, line in _golden().items() if _case_of(row) in names}
    found = [difference(golden.pop(row.name, None), row) for row in rows]
    differing = [text for text in found if text] + [f"{row}: is missing" for row in golden]
    more = f"\n… and {len(differing) - SHOWN} more" if len(differing) > SHOWN else ""
    assert not differing, "\n".join(differing[:SHOWN]) + more + HOW


@pytest.mark.slow
def test_every_golden_row_belongs_to_an_account(all_cases: dict[str, Case]) -> None:
    assert {_case_of(row) for row in _golden()} == all_cases.keys()


def test_a_sentence_is_not_a_fact() -> None:
    one = (
        '{"actions": [{"id": "a1", "why": "x"}], "diagnostics": [{"code": "b", "message": "1"}, '
        '{"code": "a"}]}'
    )
    two = (
        '{"actions": [{"id": "a1", "why": "y"}], "diagnostics": [{"code": "a"}, {"code": "b", '
        '"message": "2"}]}'
    )
    other = one.replace("a1", "a2")
    rows = [row_of("name", 0, text) for text in (one, two, other)]
    assert rows[0].facts == rows[1].facts != rows[2].facts
    assert rows[0].whole != rows[1].whole
    assert difference(str(rows[0]), rows[1]) == "name: other sentences or other formatting"
    assert difference(str(rows[0]), rows[2]) == "name: other facts"
    assert facts_of({"actions": [{"id": "a1", "why": "x"}]}) == {"actions": [{"id": "a1"}]}
