"""`licsync export`: the tables, what they say, and that no cell is a formula."""

from __future__ import annotations

import csv
import json
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from openpyxl import load_workbook

from licsync.spreadsheets.reader import read_sheets
from tests.support.command_line import dump, run

NOW = ("--now", "2026-11-24T09:00:00Z")
HOSTILE = (
    "=1+1",
    "+cmd|' /C calc'!A0",
    "-2+3",
    "@SUM(A1)",
    "'=x",
    "\t=1",
    "\x1b[31m",
    "=HYPERLINK(1)\n=2",
    "＝1",
    "<b>|`",
)


def rows(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(StringIO(text, newline="")))


def test_users_have_a_row_for_each_license_and_one_without(acme: Path) -> None:
    found = rows(run("export", str(acme), "--table", "users", *NOW).stdout)
    document = json.loads((acme / "inventory.json").read_text())
    count = sum(max(1, len(user["services"])) for user in document["users"].values())
    assert len(found) == count
    ada = next(row for row in found if row["user"] == "ada.lopez@acme.example")
    assert (ada["type"], ada["country"], ada["extension"], ada["analytics"]) == (
        "x4",
        "US",
        "1001",
        "supervisor",
    )


def test_suspended_units_tell_the_days_left(acme: Path) -> None:
    found = {
        row["id"]: row
        for row in rows(run("export", str(acme), "--table", "suspended", *NOW).stdout)
    }
    assert found["L152"]["days_left"] == "16"
    assert (found["L501"]["suspended"], found["L501"]["days_left"]) == ("user_inactive", "")
    later = rows(run("export", str(acme), "--table", "suspended", "--now", "2027-01-01").stdout)
    assert "L152" not in {row["id"] for row in later}


def test_the_pool_counts_every_unit_once(acme: Path) -> None:
    pool = rows(run("export", str(acme), "--table", "pool", *NOW).stdout)
    for row in pool:
        assert int(row["owned"]) == sum(
            int(row[k]) for k in ("assigned", "unassigned", "held_by_inactive")
        )
    units = rows(run("export", str(acme), "--table", "licenses", *NOW).stdout)
    assert sum(int(row["owned"]) + int(row["removed"]) for row in pool) == len(units)
    free = rows(run("export", str(acme), "--table", "unassigned", *NOW).stdout)
    assert len(free) == sum(int(row["unassigned"]) for row in pool)


def test_every_format_says_the_same(acme: Path, tmp_path: Path) -> None:
    run("export", str(acme), "--out", str(tmp_path / "csv"), *NOW)
    run("export", str(acme), "--format", "xlsx", "--out", str(tmp_path / "all.xlsx"), *NOW)
    run("export", str(acme), "--format", "json", "--out", str(tmp_path / "all.json"), *NOW)
    printed = json.loads(run("export", str(acme), "--format", "json", *NOW).stdout)
    assert json.loads((tmp_path / "all.json").read_text()) == printed
    sheets = {s.name: s for s in read_sheets((tmp_path / "all.xlsx").read_bytes(), "all.xlsx")}
    assert (
        set(sheets)
        == {path.stem for path in (tmp_path / "csv").iterdir()}
        == printed.keys() - {"account", "as_of"}
    )
    for name, sheet in sheets.items():
        (table,) = read_sheets((tmp_path / "csv" / f"{name}.csv").read_bytes(), f"{name}.csv")
        assert len(sheet.rows) == len(table.rows) == len(printed[name]) + 1
        unguarded = [tuple(c.removeprefix("'") for c in row.cells) for row in table.rows]
        wide = [
            (*row.cells, *("",) * (len(table.rows[0].cells) - len(row.cells))) for row in sheet.rows
        ]
        assert wide == unguarded
    assert (tmp_path / "all.xlsx").stat().st_mode & 0o077 == 0, "others can read it"


def test_no_cell_is_a_formula_and_none_steers_a_terminal(acme: Path, tmp_path: Path) -> None:
    document = json.loads((acme / "inventory.json").read_text())
    for user, text in zip(document["users"].values(), HOSTILE, strict=False):
        user["job_title"] = text
    (acme / "inventory.json").write_text(json.dumps(document))
    text = run("export", str(acme), "--table", "users", *NOW).stdout
    assert "\x1b" not in text
    for row in csv.reader(StringIO(text, newline="")):
        assert not any(cell[:1] in ("=", "-", "@", "\t", "＝") for cell in row)
        assert all(cell[1:].isdigit() for cell in row if cell.startswith("+"))
    run("export", str(acme), "--format", "xlsx", "--out", str(tmp_path / "a.xlsx"), *NOW)
    cells = [
        cell
        for sheet in load_workbook(tmp_path / "a.xlsx")
        for row in sheet.iter_rows()
        for cell in row
    ]
    assert {cell.data_type for cell in cells if cell.value is not None} <= {"s", "n"}
    assert all(
        isinstance(cell.value, int)
        for cell in cells
        if cell.data_type == "n" and cell.value is not None
    )
    assert "=1+1" in {cell.value for cell in cells}
    texts = [cell for cell in cells if cell.data_type == "s"]
    assert {(cell.quotePrefix, cell.number_format) for cell in texts} == {(True, "@")}, (
        "a text becomes one when edited"
    )


@pytest.mark.parametrize("words", [(), ("--format", "xlsx")])
def test_it_says_where_to_write_to(acme: Path, words: tuple[str, ...]) -> None:
    assert "--out" in run("export", str(acme), *words, code=1).stderr


def test_an_export_changes_nothing(acme: Path) -> None:
    before: dict[Path, Any] = {p: p.read_bytes() for p in acme.rglob("*") if p.is_file()}
    run("export", str(acme), "--format", "json", *NOW)
    assert {p: p.read_bytes() for p in acme.rglob("*") if p.is_file()} == before


@pytest.mark.slow
def test_ids_that_licsync_made_up_are_marked_and_stay_so(acme: Path, tmp_path: Path) -> None:
    made_up = dump(acme)
    for name, unit in made_up["licenses"].items():
        unit |= {"unnamed": True} if name != "L101" else {}
    document = tmp_path / "made-up.json"
    document.write_text(json.dumps(made_up))
    run("inventory", "load", acme, document)
    tables = tmp_path / "tables"
    run("export", acme, "--out", tables)
    marked = {
        row["id"]: row["unnamed"] for row in rows((tables / "licenses.csv").read_text("utf-8-sig"))
    }
    assert {marked.pop("L101"), *marked.values()} == {"", "true"}
    assert "Nothing changed." in run("refresh", acme, "--from", tables).stdout
    for name in ("of tables", "without licenses"):
        other = tmp_path / name
        other.mkdir()
        run("import", other, "--from", tables, "--license-type", "speech-analytics=addon")
        units = dump(other)["licenses"]
        assert [u for u in units if not units[u].get("unnamed")] == ["L101"], name
        for table in ("licenses", "unassigned", "suspended", "pool"):
            (tables / f"{table}.csv").unlink(missing_ok=True)
        people = (tables / "users.csv").read_text("utf-8-sig").splitlines(keepends=True)
        active = [row for row in people if ",inactive," not in row]
        (tables / "users.csv").write_text("".join(active))
