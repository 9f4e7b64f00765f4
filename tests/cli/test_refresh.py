"""`licsync refresh`: exports of the console become the inventory, and nothing else changes."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.support.command_line import dump, run
from tests.support.console_exports import Rows, Shape, exported, write_csv, write_workbook
from tests.support.refresh_command import NO_IDS, NOW, column, refreshed, row_of
from tests.support.refreshing import records

ADA, BO, CY, MAX = (f"{name}@acme.example" for name in ("ada.lopez", "bo.chen", "cy.diaz",
                                                        "max.novak"))  # fmt: skip


def put(rows: Rows, login: str, **cells: str) -> None:
    row = row_of(rows, "Username", login)
    for heading, text in cells.items():
        row[column(rows, heading.replace("_", " "))] = text


@pytest.mark.parametrize(
    "shape",
    [
        Shape(),
        Shape(ids=False, seed=3),
        Shape(ids=False, address="columns", is_sku=True, words=True, seed=4),
        Shape(ids=False, address="", is_sku=True, is_templated=True),
        Shape(licenses=False),
        Shape(licenses=False, user_licenses=False),
        Shape(user_licenses=False, settings=False),
    ],
)
def test_an_export_of_the_same_account_changes_nothing(acme: Path, shape: Shape) -> None:
    before = dump(acme)
    result = refreshed(acme, exported(before, shape))
    assert records(dump(acme)) == records(before)
    assert "Nothing changed." in result.stdout
    assert "replaced" not in result.stdout, "there is nothing to go back to"


@pytest.mark.parametrize("shape", [NO_IDS, Shape(ids=False, address="columns")])
def test_another_spelling_is_the_same_address_and_is_reported(acme: Path, shape: Shape) -> None:
    before = dump(acme)
    tables = exported(before, shape)
    for rows in tables.values():
        for row in rows:
            row[:] = [
                c.replace("Suite 900", "Ste 900").replace("Pine St", "PINE STREET") for c in row
            ]
    result = refreshed(acme, tables)
    assert records(dump(acme)) == records(before)
    assert "Nothing changed." in result.stdout
    told = " ".join(result.stderr.split())
    assert "500 PINE STREET, Seattle, WA 98101, US' was read as the address" in told
    assert "spelled 'Suite 900, 500 Pine St, Seattle, WA 98101, US'" in told


@pytest.mark.parametrize("format_", ["text", "json"])
def test_a_public_log_shows_no_number_and_no_address(acme: Path, format_: str) -> None:
    document = dump(acme)
    tables = exported(document, Shape(ids=False))
    for rows in tables.values():
        for row in rows:
            row[:] = [
                c.replace("500 Pine St", "500 PINE STREET").replace("+12065550101", "+12065550191")
                for c in row
            ]
    result = refreshed(acme, tables, "--redact", "--format", format_)
    output = result.stdout + result.stderr
    assert "phone" in output
    for secret in ("@acme.example", "20655501", "Pine", "PINE", "34th"):
        assert secret not in output, secret


def test_a_workbook_with_titles_and_totals_is_read_like_files(acme: Path) -> None:
    before = dump(acme)
    book = write_workbook(acme.parent / "export.xlsx", exported(before, Shape(seed=5)))
    result = run("refresh", acme, "--from", book, *NOW)
    assert records(dump(acme)) == records(before)
    assert "This row is not read: it is a total." in result.stderr


def test_a_licsync_export_refreshes_everything(acme: Path) -> None:
    before = dump(acme)
    run("export", acme, "--out", acme.parent / "tables", *NOW)
    result = run("refresh", acme, "--from", acme.parent / "tables", *NOW)
    after = dump(acme)
    assert records(after) == records(before)
    assert "kept" not in result.stdout
    assert after["observed"]["users.extension.features.analytics"] == NOW[1]
    assert after["observed"]["licenses"] == NOW[1]


@pytest.mark.slow
def test_changes_of_the_console_are_reported_and_facts_without_a_table_are_kept(acme: Path) -> None:
    before = dump(acme)
    refreshed(acme, exported(before))
    tables = exported(before, NO_IDS)
    users, licenses = tables["users"], tables["licenses"]
    put(users, ADA, Licenses="X2", Extension="1004")
    put(users, CY, Licenses="X4", Extension="1001")
    put(users, "chi.oyelaran@acme.example", Job_title="")
    users.remove(row_of(users, "Username", MAX))
    users.append(["zoe@acme.example", "Zoe", "Ash", "zoe@acme.example", "active", "Seattle",
                  "Sales", "", "X2", "1010", ""])  # fmt: skip
    row_of(licenses, "Assigned to", ADA)[0] = "X2"
    row_of(licenses, "Assigned to", CY)[0] = "X4"
    row_of(licenses, "Assigned to", MAX)[2:4] = ["", "Unassigned"]
    free = next(row for row in licenses if row[0] == "X2" and row[3] == "Unassigned")
    free[2:4] = ["zoe@acme.example", "Assigned"]
    output = refreshed(acme, tables).stdout
    after = dump(acme)
    ada = after["users"][ADA]["services"][0]
    assert after["licenses"][ada["license"]]["type"] == "x2"
    assert ada["extension"]["number"] == "1004"
    assert ada["extension"]["call_forwarding"] == [
        {"when": "no_answer", "to": "1004", "after_seconds": 20}
    ], "no table says it"
    assert ada["extension"]["features"] == {"analytics": "essentials", "switchboard_pro": False}
    assert "job_title" not in after["users"]["chi.oyelaran@acme.example"], "an empty cell says so"
    assert after["licenses"].keys() == before["licenses"].keys(), "no unit came or went"
    shown = " ".join(output.split())
    for line in (
        "user max.novak@acme.example gone Virtual Office Editions · US",
        "user zoe@acme.example new X2 · US",
        "user ada.lopez@acme.example licenses X4 · US X2 · US",
        "user chi.oyelaran@acme.example job title Chief Executive —",
        "X2 · US 2 → 3 1 3 → 2 0",
        "call forwarding, devices",
        "6 days old",
        "Refreshed the inventory: 1 gone user, 1 new user, 2 users with other licenses and",
    ):
        assert line in shown
    backup = Path(output.partition("The old inventory is in ")[2].strip().rstrip("."))
    kept = json.loads(backup.read_text())
    assert (kept["users"], kept["licenses"]) == (before["users"], before["licenses"])


def test_a_renamed_user_stays_the_same_person(acme: Path) -> None:
    before = dump(acme)
    tables = exported(before, NO_IDS)
    put(tables["users"], BO, Username="bo.lee@acme.example", Email="bo.lee@acme.example",
        Last_name="Lee")  # fmt: skip
    row_of(tables["licenses"], "Assigned to", BO)[2] = "bo.lee@acme.example"
    output = refreshed(acme, tables).stdout
    after = dump(acme)
    assert after["users"]["bo.lee@acme.example"]["id"] == before["users"][BO]["id"]
    assert after["users"]["bo.lee@acme.example"]["services"] == before["users"][BO]["services"]
    assert "user bo.lee@acme.example   renamed   from bo.chen@acme.example" in output
    assert "from bo.chen@acme.example" in output
    assert "1 renamed user and 2 changed values" in output


def test_a_successor_with_the_same_number_is_another_user(acme: Path) -> None:
    before = dump(acme)
    tables = exported(before, NO_IDS)
    put(tables["users"], BO, Username="ann.ray@acme.example", Email="ann.ray@acme.example",
        First_name="Ann", Last_name="Ray")  # fmt: skip
    row_of(tables["licenses"], "Assigned to", BO)[2] = "ann.ray@acme.example"
    output = refreshed(acme, tables).stdout
    assert "from bo.chen@acme.example" not in output
    assert "id" not in dump(acme)["users"]["ann.ray@acme.example"]


def test_only_one_kind_of_table_is_read(acme: Path) -> None:
    tables = exported(dump(acme), NO_IDS)
    put(tables["users"], ADA, Department="Legal")
    tables["licenses"] = tables["licenses"][:1]
    output = refreshed(acme, tables, "--only", "users")
    assert "licenses.csv: not used" in output.stderr
    assert dump(acme)["users"][ADA]["department"] == "Legal"
    output = refreshed(acme, tables, "--only", "policies", "--only", "sites", code=1)
    assert "No table of sites or policies was found" in output.stderr


def test_a_dry_run_writes_nothing(acme: Path) -> None:
    before = dump(acme)
    tables = exported(before)
    put(tables["users"], ADA, Department="Legal")
    output = refreshed(acme, tables, "--dry-run").stdout
    assert "Nothing was written." in output
    assert dump(acme) == before
    assert not (acme / ".licsync").exists()


def test_programs_read_json(acme: Path) -> None:
    tables = exported(dump(acme))
    put(tables["users"], ADA, Department="Legal")
    found = json.loads(refreshed(acme, tables, "--format", "json").stdout)
    assert found["changes"] == [
        {"resource": f"users/{ADA}", "path": "department", "before": "Sales", "after": "Legal"}
    ]
    assert found["summary"] == {"value": 1}
    assert found["kept"]["users.policy"] == "2026-11-24T00:00:00Z"
    assert "users.department" in found["said"]
    assert found["before"] == "2026-11-24T00:00:00Z"
    assert found["as_of"] == NOW[1]


def without(tables: dict[str, Rows], count: int) -> dict[str, Rows]:
    return {**tables, "users": tables["users"][:-count]}


def broken(edit: Callable[[dict[str, Rows]], None]) -> Callable[[dict[str, Rows]], dict[str, Rows]]:
    def edited(tables: dict[str, Rows]) -> dict[str, Rows]:
        edit(tables)
        return tables

    return edited


REFUSALS: dict[str, tuple[Callable[[dict[str, Rows]], dict[str, Rows]], int, str]] = {
    "an export that was cut in half": (
        lambda tables: {"users": tables["users"][:9]},
        3,
        "8 users of 16 would be gone (more than 3): hari.iyer@acme.example, ",
    ),
    "an export without a row": (
        lambda tables: {"licenses": tables["licenses"][:1]},
        1,
        "No table of users, licenses, sites, service addresses or policies was found",
    ),
    "a license of somebody who is in no list": (
        broken(lambda tables: put_license(tables, ADA, "nobody@acme.example")),
        1,
        "'nobody@acme.example' is not a user in the tables.",
    ),
    "a number that two users have": (
        broken(lambda tables: put(tables["users"], BO, Extension="1001")),
        1,
        "Extension number '1001' is used twice: by 'ada.lopez@acme.example' and by "
        "'bo.chen@acme.example'",
    ),
    "a license that is not a license": (
        broken(lambda tables: put(tables["users"], BO, Licenses="X99 Platinum")),
        1,
        "'X99 Platinum' is not a license type",
    ),
    "a suspended license of somebody active": (
        broken(lambda tables: put_status(tables, ADA, "Suspended")),
        1,
        "User 'ada.lopez@acme.example' is active, but the license",
    ),
    "an unassigned license with a holder": (
        broken(lambda tables: put_status(tables, ADA, "Unassigned")),
        1,
        "is unassigned, but names the user 'ada.lopez@acme.example'",
    ),
}


def put_license(tables: dict[str, Rows], holder: str, other: str) -> None:
    rows = tables["licenses"]
    row_of(rows, "Assigned to", holder)[column(rows, "Assigned to")] = other


def put_status(tables: dict[str, Rows], holder: str, status: str) -> None:
    rows = tables["licenses"]
    row_of(rows, "Assigned to", holder)[column(rows, "Status")] = status


@pytest.mark.parametrize("what", REFUSALS)
def test_a_bad_export_changes_nothing(acme: Path, what: str) -> None:
    before = dump(acme)
    edit, code, message = REFUSALS[what]
    result = refreshed(acme, edit(exported(before)), code=code)
    assert message in result.stderr
    assert dump(acme) == before


@pytest.mark.slow
def test_missing_people_can_be_allowed_or_kept(acme: Path) -> None:
    before = dump(acme)
    half = {"users": exported(before)["users"][:9]}
    refreshed(acme, half, "--partial")
    assert records(dump(acme)) == records(before)
    refreshed(acme, half, "--allow-missing", "7", code=3)
    output = refreshed(acme, half, "--allow-missing", "8").stdout
    assert "8 gone users" in output
    assert len(dump(acme)["users"]) == 8
    assert dump(acme)["licenses"]["L402"]["status"] == "unassigned"


@pytest.mark.slow
def test_an_older_export_is_refused_unless_it_is_wanted(acme: Path) -> None:
    tables = exported(dump(acme))
    refreshed(acme, tables)
    output = refreshed(acme, tables, "--as-of", "2026-11-29", code=3).stderr
    assert "error[export-older] The export is of 29 Nov 2026 10:00 UTC, but what it says" in output
    refreshed(acme, tables, "--as-of", "2026-11-29", "--allow-older")
    assert dump(acme)["as_of"] == NOW[1]
    assert "is still to come" in refreshed(acme, tables, "--as-of", "2026-12-02", code=1).stderr


def test_a_day_may_be_today(acme: Path) -> None:
    refreshed(acme, exported(dump(acme)), "--as-of", "2026-11-30")
    assert dump(acme)["as_of"] == NOW[1]


@pytest.mark.slow
def test_stored_facts_are_listed_with_their_age_unless_from_today(
    acme: Path, tmp_path: Path
) -> None:
    folder = write_csv(tmp_path / "export", exported(dump(acme)))

    def refreshed_at(now: str, *words: str) -> str:
        return run("refresh", acme, "--from", folder, *words, "--now", now).stdout

    title = "kept, because no table says it"
    assert title in refreshed_at("2026-11-30T08:00:00Z"), "the settings of the sandbox are older"
    soon = refreshed_at("2026-12-01T07:00:00Z", "--only", "users")
    assert "licenses (of" not in soon
    assert "less than a day old" not in soon
    later = refreshed_at("2026-12-02T08:00:00Z", "--only", "users")
    assert "licenses (of 30 Nov 2026 08:00 UTC, 2 days old)" in later


def test_a_command_masks_nothing_because_an_earlier_one_did(acme: Path, tmp_path: Path) -> None:
    folder = write_csv(tmp_path / "export", exported(dump(acme)))
    run("refresh", acme, "--from", folder, "--redact", *NOW)
    twice = tmp_path / "twice.csv"
    twice.write_text(f"Username,First name,Department\n{ADA},Ada,Sales\n{ADA},Ada,Support\n")
    output = run("import", tmp_path / "new", "--from", twice, code=1).stderr
    assert f"there '{ADA}' has 'Sales'" in output
