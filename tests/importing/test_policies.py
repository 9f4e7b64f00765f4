"""Policy profiles are read from tables with their settings, of which none gets lost."""

from __future__ import annotations

from typing import Any

import pytest

from licsync.config.catalog import load_catalog
from licsync.importing.policies import read_policies
from licsync.importing.table_detection import find_tables
from licsync.importing.table_rows import Rows
from licsync.spreadsheets.reader import read_sheets


def read(*tables: str) -> tuple[dict[str, Any], list[str]]:
    """Read tables of policies: the profiles, and the faults by place."""
    sheets = [
        sheet
        for number, table in enumerate(tables, 1)
        for sheet in read_sheets(f"policy,setting,value\n{table}".encode(), f"{number}.csv")
    ]
    rows = Rows(find_tables(sheets, load_catalog()))
    found = read_policies(rows, ["Sales"])
    faults = [f"{fault.span}: {fault.message}" for fault in rows.faults]
    return {name: record["settings"] for name, record in found.items()}, faults


def test_settings_are_switches_or_texts() -> None:
    found, faults = read("Strict,a,TRUE\nStrict,b,false\nStrict,c,some\nStrict,d,\nEmpty,,\n")
    assert found == {
        "Sales": {},
        "8x8 Master User Template": {},
        "Strict": {"a": True, "b": False, "c": "some", "d": None},
        "Empty": {},
    }
    assert faults == []


def test_a_row_may_repeat_another() -> None:
    assert read("P,a,true\nP,a,true\n", "P,a,TRUE\n")[1] == []


@pytest.mark.parametrize(
    ("tables", "fault"),
    [
        (("P,a,true\nP,a,false\n",), "1.csv:3:3: 'false' contradicts row 2: there 'a' is 'true'."),
        (("P,a,true\nP,a,\n",), "1.csv:3:3: '' contradicts row 2: there 'a' is 'true'."),
        (
            ("P,a,true\n", "P,a,x\n"),
            "2.csv:2:3: 'x' contradicts row 2 of 1.csv: there 'a' is 'true'.",
        ),
        ((",a,true\n",), "1.csv:2:1: The row has no policy."),
        (("P,,true\n",), "1.csv:2:2: The value 'true' has no setting."),
    ],
)
def test_what_would_get_lost_is_refused(tables: tuple[str, ...], fault: str) -> None:
    assert read(*tables)[1] == [fault]
