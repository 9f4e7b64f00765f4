"""`licsync costs`: one bill in every format, by everything that people group by."""

from __future__ import annotations

import csv
import json
from decimal import Decimal
from io import BytesIO, StringIO
from pathlib import Path

import openpyxl
import pytest

from licsync.planning.costs import DIMENSIONS
from tests.support.accounts import inventory_document, user, write_account
from tests.support.command_line import run

DAY = ("--now", "2026-11-24")
FILES = {
    "account": {"name": "acme", "backend": {"type": "local", "seed": "inventory.json"}},
    "licenses": [
        {
            "type": "x2",
            "country": "US",
            "price": [
                {"amount": "24.00", "currency": "USD"},
                {"amount": "25.50", "currency": "USD", "valid_from": "2027-01-01"},
            ],
        },
        {"type": "x4", "country": "US"},
    ],
    "users": {"ada": {"cost_center": "=1+1"}, "bo": {"cost_center": "4200"}},
}


@pytest.fixture
def acme(tmp_path: Path) -> str:
    units = {"L1": "x2", "L2": "x2", "L3": "x2", "L4": "x4"}
    people = {"ada": user(["L1"]), "bo": user(["L2"], status="inactive")}
    return str(write_account(tmp_path / "acme", FILES, inventory_document(units, people)))


def test_a_terminal_shows_who_pays_and_what_has_no_price(acme: str) -> None:
    shown = run("costs", acme, *DAY).stdout
    assert shown == (
        "acme · 2026-11 · licenses as of 24 Nov 2026 00:00 UTC\n\n"
        "  cost center   licenses    used   inactive   unassigned     USD\n"
        "  —                    1                           24.00   24.00\n"
        "  4200                 1              24.00                24.00\n"
        "  =1+1                 1   24.00                           24.00\n"
        "  all                  3   24.00      24.00        24.00   72.00\n\n"
        "Without a price: 1 X4 · US.\n"
        "  hint: Add the price to the pool in the files: price: {amount: …, currency: …}\n"
    )
    assert not (Path(acme) / ".licsync").exists()


@pytest.mark.parametrize("by", [name.replace("_", "-") for name in DIMENSIONS])
def test_documents_add_up_by_everything(acme: str, by: str) -> None:
    words = ("costs", acme, *DAY, "--by", by, "--month", "2026-12", "--months", "2")
    document = json.loads(run(*words, "--format", "json").stdout)
    assert document["months"] == ["2026-12", "2027-01"]
    (total,) = document["totals"]
    assert total["total"] == "148.50"
    assert sum(Decimal(row["total"]) for row in document["rows"]) == Decimal("148.50")
    assert [entry["month"] for entry in document["unpriced"]] == ["2026-12", "2027-01"]
    rows = list(csv.DictReader(StringIO(run(*words, "--format", "csv").stdout)))
    assert sum(Decimal(row["total"]) for row in rows) == Decimal("148.50")


def test_excel_has_a_sheet_for_each_grouping_with_numbers_and_no_formula(
    acme: str, tmp_path: Path
) -> None:
    file = tmp_path / "costs.xlsx"
    run("costs", acme, *DAY, "--format", "xlsx", "--out", file)
    book = openpyxl.load_workbook(BytesIO(file.read_bytes()))
    assert book.sheetnames == [
        "department", "cost center", "site", "license", "country", "month", "Notes",
    ]  # fmt: skip
    sheet = book["cost center"]
    assert [cell.value for cell in sheet[1]] == [
        "cost_center", "currency", "licenses", "used", "inactive", "unassigned", "total",
        "licenses_as_of",
    ]  # fmt: skip
    cells = {row[0].value: row for row in sheet.iter_rows(min_row=2)}
    assert cells["4200"][6].value == 24
    assert cells["4200"][6].number_format == "#,##0.00##"
    assert {row[0].data_type for row in cells.values() if row[0].value} == {"s"}
    run("costs", acme, *DAY, "--by", "site", "--by", "type", "--format", "xlsx", "--out", file)
    assert openpyxl.load_workbook(file).sheetnames == ["site license", "Notes"]


def test_errors_are_reported_and_nothing_is_added_up(acme: str, tmp_path: Path) -> None:
    assert "--out FILE.xlsx" in run("costs", acme, "--format", "xlsx", code=1).stderr
    assert "not a month" in run("costs", acme, "--month", "2026-13", code=1).stderr
    broken = Path(acme) / "broken.yaml"
    broken.write_text("licenses: [{type: x8, price: {amount: 1, curency: USD}}]")
    assert "Did you mean 'currency'?" in run("costs", acme, code=1).stderr
    broken.write_text(
        "licenses: [{type: x8, price: [{amount: 1, currency: USD, valid_from: soon}]}]"
    )
    assert "broken.yaml:1:58" in run("costs", acme, code=1).stderr
    (Path(acme) / "inventory.json").write_text("{}")
    broken.unlink()
    assert "inventory" in run("costs", acme, code=1).stderr


@pytest.mark.parametrize("command", [("costs",), ("licenses", "--idle", "90d")])
def test_two_prices_of_one_day_are_refused_wherever_prices_count(
    acme: str, command: tuple[str, ...]
) -> None:
    price = "{amount: 1, currency: EUR, valid_from: 2026-12-01}"
    twice = f"licenses: [{{type: x8, price: [{price}, {price}]}}]"
    (Path(acme) / "twice.yaml").write_text(twice)
    name, *words = command
    output = run(name, acme, *words, *DAY, code=1).stderr
    assert "This price of x8 begins on 2026-12-01, as another one does." in output


def test_tables_without_room_for_it_say_beside_them_what_has_no_price(
    acme: str, tmp_path: Path
) -> None:
    output = "Without a price: 1 X4 · US."
    assert output in run("costs", acme, *DAY, "--format", "csv").stderr
    out = tmp_path / "costs.xlsx"
    assert output in run("costs", acme, *DAY, "--format", "xlsx", "--out", out).stderr
    shown = run("costs", acme, *DAY)
    assert shown.stdout.count(output) + shown.stderr.count(output) == 1


def test_past_months_name_the_current_licenses_as_their_source(acme: str, tmp_path: Path) -> None:
    words = ("costs", acme, *DAY, "--month", "2026-09", "--months", "3")
    output = (
        "The licenses of 2026-09 to 2026-10 are those as of 24 Nov 2026 00:00 UTC, at the prices"
    )
    assert output in run(*words).stdout
    assert output in run(*words, "--format", "csv").stderr
    document = json.loads(run(*words, "--format", "json").stdout)
    assert document["computed_from_now"] == ["2026-09", "2026-10"]
    assert document["notes"][0].startswith(output)
    rows = csv.DictReader(StringIO(run(*words, "--format", "csv").stdout))
    assert {row["licenses_as_of"] for row in rows} == {"2026-11-24T00:00:00Z"}
    out = tmp_path / "costs.xlsx"
    run(*words, "--format", "xlsx", "--out", out)
    notes = [cell.value for (cell,) in openpyxl.load_workbook(out)["Notes"].iter_rows(min_row=2)]
    assert notes[0].startswith(output)
    assert notes[1].startswith("Without a price")


def test_without_prices_nothing_is_added_up(tmp_path: Path) -> None:
    files = {**FILES, "licenses": [], "users": {}}
    where = write_account(tmp_path / "bare", files, inventory_document({"L1": "x2"}))
    shown = run("costs", where, *DAY, "--out", tmp_path / "costs.txt")
    assert "Wrote" in shown.stderr
    text = (tmp_path / "costs.txt").read_text()
    assert "The files have no price" in text
    assert "Without a price: 1 X2 · US." in text
