"""`licsync report --month`: a month of an account from the first run to the last day."""

from __future__ import annotations

import json
import shutil
from datetime import datetime
from io import BytesIO
from pathlib import Path
from typing import Any
from zipfile import ZipFile

import openpyxl
import pytest
from jsonschema import Draft7Validator
from sqlalchemy.engine import URL

from licsync.config.json_schema import report_schema
from tests.support import console_work
from tests.support.accounts import inventory_document, unit, user, write_account, write_files
from tests.support.command_line import run

SCHEMA = Draft7Validator(report_schema(), format_checker=Draft7Validator.FORMAT_CHECKER)
ADA, BO, CY = "ada@acme.example", "bo@acme.example", "cy@acme.example"
ACCOUNT: dict[str, Any] = {
    "account": {
        "name": "acme",
        "timezone": "America/Los_Angeles",
        "backend": {"type": "local", "seed": "inventory.json"},
    },
    "licenses": [
        {"type": "x2", "country": "US", "price": {"amount": "10.10", "currency": "USD"}},
        {"type": "x4", "country": "US", "price": {"amount": "20.00", "currency": "USD"}},
        {"type": "x2", "country": "GB", "price": {"amount": "7.5", "currency": "GBP"}},
    ],
}
SEEN = inventory_document(
    {"L1": "x2", "L2": "x2", "L3": "x4", "L4": unit("x2", "A3", "GB")},
    {
        ADA: user(["L1"], first_name="Ada", last_name="Lopez", department="=1+1"),
        BO: user(["L2"]),
    },
    as_of="2026-11-01T00:00:00Z",
)


def users(**records: Any) -> dict[str, Any]:
    return {f"{name}@acme.example": record for name, record in records.items()}


def do(instant: str, *words: object, code: int | None = 0) -> str:
    return run(*words, code=code, LICSYNC_TEST_CLOCK=instant).stdout


@pytest.fixture(scope="module")
def acme(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The account, in a SQLite store."""
    return a_november(tmp_path_factory.mktemp("period") / "acme")


def a_november(path: Path) -> Path:
    """Three runs and a load of an inventory in November 2026; the files have cost centers."""
    folder = write_account(path, ACCOUNT, SEEN)

    def apply(instant: str, **records: Any) -> None:
        write_files(folder, {"users.yaml": json.dumps({"users": users(**records)})})
        do(instant, "apply", folder, "--auto-approve")

    ada: dict[str, Any] = {"licenses": ["x2"], "cost_center": "4100"}
    cy = {"first_name": "Cy", "last_name": "Diaz", "site": "London", "licenses": ["x2"]}
    # 06:00 UTC is the day before in California
    apply("2026-11-04T06:00:00Z", ada=ada, cy={**cy, "cost_center": "4200"})
    ada = {"licenses": ["x4"], "cost_center": "4100", "site": "Seattle"}
    apply("2026-11-10T12:00:00Z", ada=ada, cy={**cy, "cost_center": "4200"})
    later = json.loads(do("2026-11-15T12:00:00Z", "inventory", "dump", folder))
    later["users"][BO]["department"] = "Field"
    (folder.parent / "later.json").write_text(
        json.dumps({**later, "as_of": "2026-11-14T12:00:00Z"})
    )
    do("2026-11-15T12:00:00Z", "inventory", "load", folder, folder.parent / "later.json")
    apply("2026-11-20T12:00:00Z", ada=ada, bo={"status": "inactive"})
    return folder


def report(acme: Path, *words: object, now: str = "2026-12-02T12:00:00Z") -> Any:
    """Give a report as JSON, which is as its schema says."""
    found = json.loads(do(now, "report", acme, *words, "--format", "json"))
    SCHEMA.validate(found)
    return found


def test_costs_count_a_past_month_as_its_report_does(acme: Path) -> None:
    """By what is recorded; who had which license then is not, and a month may have no record."""
    now, words = "2026-12-02T12:00:00Z", ("--month", "2026-10", "--months", "3", "--format", "json")
    of_report = report(acme, "--from", "2026-10-01", "--until", "2026-12-02")["costs"]
    pools = ("--by", "month", "--by", "type", "--by", "country")
    found = json.loads(do(now, "costs", acme, *words, *pools))
    assert found["rows"] == of_report["by_type"]
    assert found["counted"] == of_report["months"]
    assert found["computed_from_now"] == ["2026-10"]
    assert "Licenses of 2026-11: as recorded on 20 Nov 2026 12:00 UTC." in found["notes"]
    people = ("--by", "month", "--by", "department")
    found = json.loads(do(now, "costs", acme, *words, *people))
    assert found["rows"] == of_report["by_department"]
    assert found["computed_from_now"] == ["2026-10", "2026-11"]


@pytest.mark.slow
@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_a_store_on_postgresql_has_the_same_report(
    acme: Path, database_url: URL, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    words = ("--from", "2026-11-01", "--until", "2026-12-01")
    on_sqlite = report(acme, *words)
    monkeypatch.setenv("LICSYNC_STATE", database_url.render_as_string())
    folder = a_november(tmp_path / "acme")
    assert not (folder / ".licsync" / "state.db").exists()
    found = report(folder, *words)
    assert len(found["came"]) + len(found["moved"]) + len(found["left"]) == 5
    for flow in ("came", "moved", "left"):
        for one, other in zip(found[flow], on_sqlite[flow], strict=True):
            assert bool(one.pop("run")) == bool(other.pop("run"))
    assert found == on_sqlite


def brief(rows: list[dict[str, Any]]) -> list[tuple[Any, ...]]:
    return [(row["day"], row["user"].partition("@")[0], row["what"], row["how"]) for row in rows]


def test_a_month_shows_who_came_moved_and_left_and_by_which_run(acme: Path) -> None:
    found = report(acme, "--month", "2026-11")
    assert (found["from"], found["until"]) == ("2026-11-01", "2026-11-30")
    assert brief(found["came"]) == [("2026-11-03", "cy", "created", "run")]
    assert brief(found["moved"]) == [
        ("2026-11-10", "ada", "site", "run"),
        ("2026-11-10", "ada", "license upgraded", "run"),
        ("2026-11-15", "bo", "department", "not by licsync"),
    ]
    assert brief(found["left"]) == [("2026-11-20", "bo", "suspended", "run")]
    runs = json.loads(do("2026-12-02T12:00:00Z", "history", acme, "--format", "json"))["runs"]
    assert found["came"][0]["run"] == runs[-1]["run"]
    assert found["came"][0]["by"] == runs[-1]["actor"]
    assert found["moved"][0]["cost_center"] == "4100"
    assert (found["moved"][1]["before"], found["moved"][1]["after"]) == ("X2 · US", "X4 · US")


def test_an_export_shows_what_people_did_in_the_console_since_the_one_before(
    tmp_path: Path,
) -> None:
    folder = write_account(
        tmp_path / "acme", {"account": {"name": "acme", "backend": {"type": "console"}}}, None
    )
    later = inventory_document({"L1": "x2", "L2": "x2"}, {ADA: user(["L2"], site="Seattle")})
    for day, document in (("03", SEEN | {"as_of": "2026-11-03T09:00:00Z"}),
                          ("15", later | {"as_of": "2026-11-14T09:00:00Z"})):  # fmt: skip
        (tmp_path / "seen.json").write_text(json.dumps(document))
        do(f"2026-11-{day}T12:00:00Z", "inventory", "load", folder, tmp_path / "seen.json")
    found = report(folder, "--month", "2026-11")
    assert brief(found["left"]) == [("2026-11-14", "bo", "deleted", "not by licsync")]
    assert found["left"][0]["since"] == "2026-11-03"
    assert {row["what"] for row in found["moved"]} == {
        "site", "department", "first name", "last name",
    }  # fmt: skip
    text = do("2026-12-02T12:00:00Z", "report", folder, "--month", "2026-11")
    assert "not by licsync, since 3 Nov 2026" in text
    (note,) = [
        note
        for note in report(folder, "--from", "2026-11-05", "--until", "2026-11-13")["notes"]
        if "after the period" in note
    ]
    assert note.endswith("may have been made in it: 4 moved, 1 left, seen 14 Nov 2026.")


@pytest.mark.slow
def test_what_a_work_order_asked_for_was_done_by_hand(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The title is part of the order; the department is not."""
    monkeypatch.setenv("LICSYNC_TEST_CLOCK", "2026-11-24T09:00:00Z")
    folder = console_work.begun(tmp_path)
    monkeypatch.setenv("LICSYNC_TEST_CLOCK", "2026-11-26T09:00:00Z")
    seen = console_work.work(console_work.document(), "title", "downgrade")
    seen["users"][console_work.CY]["department"] = "Field"
    console_work.export(folder, seen)
    found = report(folder, "--month", "2026-11")["moved"]
    assert [(row["what"], row["how"], row["day"], row["since"]) for row in found] == [
        ("license downgraded", "by hand", "2026-11-25", "2026-11-24"),
        ("job title", "by hand", "2026-11-25", "2026-11-24"),
        ("department", "not by licsync", "2026-11-25", "2026-11-24"),
    ]
    order = console_work.order_of(folder)
    assert found[0]["by"] == order["items"][0]["journal"][-1]["actor"]


def test_a_different_change_is_not_attributed_to_the_work_order(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LICSYNC_TEST_CLOCK", "2026-11-24T09:00:00Z")
    folder = console_work.begun(tmp_path)
    seen = console_work.document()
    seen["users"][console_work.CY]["job_title"] = "Boss"
    console_work.export(folder, seen)
    monkeypatch.setenv("LICSYNC_TEST_CLOCK", "2026-11-26T09:00:00Z")
    (row,) = report(folder, "--month", "2026-11")["moved"]
    assert (row["what"], row["how"], row["by"]) == ("job title", "not by licsync", "")


@pytest.mark.slow
def test_a_renamed_user_has_one_cost_center_and_counts_once(tmp_path: Path) -> None:
    folder = write_account(tmp_path / "acme", ACCOUNT, SEEN)
    for day, records in (
        ("03", users(bo={"site": "Seattle"})),
        ("10", users(bob={"previously": BO, "cost_center": "4100", "job_title": "Lead"})),
    ):
        write_files(folder, {"users.yaml": json.dumps({"users": records})})
        do(f"2026-11-{day}T12:00:00Z", "apply", folder, "--auto-approve")
    found = report(folder, "--month", "2026-11")
    assert brief(found["moved"]) == [
        ("2026-11-03", "bo", "site", "run"),
        ("2026-11-10", "bob", "renamed", "run"),
        ("2026-11-10", "bob", "job title", "run"),
    ]
    assert {row["cost_center"] for row in found["moved"]} == {"4100"}
    assert (found["came"], found["left"]) == ([], [])
    text = do("2026-12-02T12:00:00Z", "report", folder, "--month", "2026-11")
    assert "Users: 0 came, 1 moved, 0 left." in text


def test_the_licenses_of_a_day_are_recorded_or_not(acme: Path) -> None:
    found = report(acme, "--from", "2026-11-03", "--until", "2026-11-04")
    rows = [tuple(row.values())[:1] + tuple(row.values())[3:10] for row in found["licenses_by_day"]]
    assert rows == [
        ("2026-11-03", "GB", "recorded", 1, 1, 0, 0, 0),
        ("2026-11-04", "GB", "not recorded", None, None, None, None, None),
        ("2026-11-03", "US", "recorded", 2, 2, 0, 0, 0),
        ("2026-11-04", "US", "not recorded", None, None, None, None, None),
        ("2026-11-03", "US", "recorded", 1, 0, 0, 1, 0),
        ("2026-11-04", "US", "not recorded", None, None, None, None, None),
    ]


def test_a_month_costs_its_last_recorded_day(acme: Path) -> None:
    """By hand: X2 one assigned, one suspended; X4 one assigned; X2 GB one assigned."""
    costs = report(acme, "--month", "2026-11")["costs"]
    assert costs["months"] == [
        {"month": "2026-11", "licenses": "recorded", "at": "2026-11-20T12:00:00Z"}
    ]
    assert [(row["currency"], row["total"]) for row in costs["totals"]] == [
        ("GBP", "7.50"), ("USD", "40.20"),
    ]  # fmt: skip
    assert [(r["cost_center"], r["currency"], r["total"]) for r in costs["by_cost_center"]] == [
        ("", "GBP", "7.50"), ("", "USD", "20.20"), ("4100", "USD", "20.00"),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (("--month", "2026-10"), "Nothing is recorded of users before"),
        (("--month", "2026-12"), "The period has not ended: today is 2 Dec 2026."),
        (("--month", "2027-01"), "The period has not begun: today is 2 Dec 2026."),
        (("--from", "2026-12-02"), "The last day of the period has not ended: 2 Dec 2026."),
        (("--month", "2026-10"), "Licenses of 2026-10: nothing was recorded in that month"),
    ],
)
def test_a_report_says_what_is_not_known(acme: Path, words: tuple[str, ...], expected: str) -> None:
    notes = report(acme, *words)["notes"]
    assert any(expected in note for note in notes), notes


def test_a_terminal_and_markdown_show_the_same(acme: Path) -> None:
    text = do("2026-12-02T12:00:00Z", "report", acme, "--month", "2026-11")
    assert "Users: 1 came, 2 moved, 1 left." in text
    assert "not by licsync" in text
    markdown = do(
        "2026-12-02T12:00:00Z", "report", acme, "--month", "2026-11", "--format", "markdown"
    )
    assert markdown.startswith("## Report of `acme`, 2026-11\n\ninventory as of ")
    assert "| day | user | what | licenses |" in markdown


def test_masked_names_keep_the_part_before_the_at(acme: Path) -> None:
    text = do("2026-12-02T12:00:00Z", "report", acme, "--month", "2026-11", "--redact")
    assert "ada@… (Ada Lopez)" in text
    assert "acme.example" not in text


@pytest.mark.slow
def test_masked_files_name_nobody(acme: Path, tmp_path: Path) -> None:
    words = ("--month", "2026-11", "--redact", "--out", tmp_path / "pages")
    do("2026-12-02T12:00:00Z", "report", acme, *words)
    texts = [file.read_bytes() for file in (tmp_path / "pages").glob("*.html")]
    with ZipFile(tmp_path / "pages" / "report.xlsx") as book:
        texts += [book.read(name) for name in book.namelist()]
    assert any("ada@…".encode() in text for text in texts)
    assert not [text for text in texts if b"acme.example" in text]


@pytest.mark.slow
def test_excel_has_dates_and_numbers_and_no_formula(acme: Path, tmp_path: Path) -> None:
    do("2026-12-02T12:00:00Z", "report", acme, "--month", "2026-11", "--out", tmp_path / "pages")
    book = openpyxl.load_workbook(BytesIO((tmp_path / "pages" / "report.xlsx").read_bytes()))
    assert book.sheetnames == [
        "Came", "Moved", "Left", "Licenses by day", "Cost", "Cost by cost center",
        "Cost by department", "Notes",
    ]  # fmt: skip
    rows = list(book["Moved"].iter_rows(values_only=True))
    assert rows[1][0] == datetime(2026, 11, 10)
    department = book["Moved"].cell(2, 7)
    assert (department.value, department.data_type, department.quotePrefix) == ("=1+1", "s", True)
    days = list(book["Licenses by day"].iter_rows(values_only=True))
    assert len(days) == 1 + 3 * 30
    assert days[1][:9] == (
        datetime(2026, 11, 1), "x2", "X2", "GB", "not recorded", None, None, None, None,
    )  # fmt: skip
    assert book["Cost"].cell(2, 9).value == 7.5
    file = tmp_path / "month.xlsx"
    words = ("report", acme, "--month", "2026-11", "--format", "xlsx", "--out", file)
    assert do("2026-12-02T12:00:00Z", *words) == ""
    assert openpyxl.load_workbook(file).sheetnames == book.sheetnames


@pytest.mark.slow
def test_without_a_period_the_excel_file_has_what_the_pages_list(
    acme: Path, tmp_path: Path
) -> None:
    file, folder = tmp_path / "acme.xlsx", tmp_path / "pages"
    do("2026-12-02T12:00:00Z", "report", acme, "--out", folder)
    do("2026-12-02T12:00:00Z", "report", acme, "--format", "xlsx", "--out", file)
    book = openpyxl.load_workbook(file)
    rows = {sheet.title: list(sheet.iter_rows(values_only=True)) for sheet in book}
    assert [*rows] == [
        "Pools", "Licenses", "Users", "Plan", "Runs", "Cost by cost center", "Cost by department",
        "Cost by site", "Cost by license", "Cost by country", "Notes",
    ]  # fmt: skip
    assert [len(rows[name]) - 1 for name in ("Pools", "Licenses", "Users", "Runs")] == [3, 4, 3, 3]
    assert rows["Notes"][1] == ("Inventory as of 20 Nov 2026 12:00 UTC.",)
    pages = openpyxl.load_workbook(folder / "report.xlsx")
    assert {s.title: list(s.iter_rows(values_only=True)) for s in pages} == rows
    do("2026-12-02T12:00:00Z", "report", acme, "--format", "xlsx", "--out", file, "--redact")
    shown = [cell for row in openpyxl.load_workbook(file)["Users"].values for cell in row]
    assert not [cell for cell in shown if "acme.example" in str(cell)]


def test_pages_need_a_folder_and_an_excel_file_a_file(acme: Path, tmp_path: Path) -> None:
    file = tmp_path / "old.txt"
    file.write_text("old")
    output = run("report", acme, "--out", file, code=1).stderr
    assert "is a file" in output
    assert "--format xlsx" in output
    assert (
        "cannot be written"
        in run("report", acme, "--format", "xlsx", "--out", tmp_path, code=1).stderr
    )


def test_a_pruned_run_is_named(acme: Path, tmp_path: Path) -> None:
    copy = tmp_path / "acme"
    shutil.copytree(acme, copy)
    do("2026-12-30T12:00:00Z", "store", "prune", copy, "--older-than", "38d")
    found = report(copy, "--month", "2026-11", now="2026-12-30T12:00:00Z")
    assert [one["day"] for one in found["unreadable_runs"]] == ["2026-11-03", "2026-11-10"]
    assert brief(found["left"]) == [("2026-11-20", "bo", "suspended", "run")]
    assert found["came"] == []


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (("--month", "2026-13"), "'2026-13' is not a month"),
        (("--from", "2026-02-30"), "'2026-02-30' is not a day"),
        (("--month", "9999-12"), "not between the years 1970 and 9000"),
        (("--from", "2026-11-30", "--until", "2026-11-01"), "is after --until 2026-11-01"),
        (("--month", "2026-11", "--from", "2026-11-01"), "--month is a period already"),
        (("--until", "2026-11-01"), "--until 2026-11-01 has no beginning"),
        (("--from", "2027-11-01"), "--from 2027-11-01 is after today, 2026-12-02"),
        (("--from", "2020-11-01", "--until", "2026-11-01"), "are 2,192 days"),
        ((), "No destination for the pages, and no period"),
        (("--month", "2026-11", "--plan", "p.json"), "--plan is for the pages"),
        (
            ("--month", "2026-11", "--plan", "p.json", "--out", "x", "--format", "xlsx"),
            "--plan is for the pages",
        ),
        (("--format", "xlsx"), "No destination for the file"),
        (("--out", "x", "--format", "json"), "--format json is for a period"),
    ],
)
def test_options_that_make_no_period_are_refused(
    acme: Path, words: tuple[str, ...], expected: str
) -> None:
    result = run("report", acme, *words, code=1, LICSYNC_TEST_CLOCK="2026-12-02T12:00:00Z")
    assert expected in " ".join(result.stderr.split())
    assert not Path("x").exists()
