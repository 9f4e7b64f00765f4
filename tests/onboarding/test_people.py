"""Joiners and movers: what a list of people proposes for the files."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from tests.support.command_line import run
from tests.support.people import (
    ACCOUNT,
    ADA,
    ADA_ROW,
    BO,
    NOW,
    STATUS,
    USERS,
    account,
    declared,
    document,
    listed,
    people,
    proposed,
)


@pytest.fixture
def acme(tmp_path: Path) -> Path:
    return account(tmp_path)


# --- movers ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("row", "changes"),
    [
        (ADA_ROW, {}),
        (f"0042,ADA,Lopéz,{ADA.upper()},{ADA},sales,lead,seattle", {}),
        ("0042,,,,,,,", {}),
        (f"0042,Ada,Lopez,{ADA},,Support,Boss,London",
         {ADA: {"department": "Support", "job_title": "Boss", "site": "London"}}),
        (f"0042,Ada,Lopez,,{ADA},Sales,Lead,Seattle", {}),
        (f",Ada,Lee,{ADA},,,,", {ADA: {"last_name": "Lee"}}),
        ("7,Bo,Chen,BO.CHEN@acme.example,,,,", {BO: {"external_id": "7"}}),
        ("7,Bo,Chen,,BO,,,", {BO: {"external_id": "7"}}),
        ("7,Bo,Chen,new@acme.example,bo,,,",
         {BO: {"external_id": "7", "email": "new@acme.example"}}),
        (",Bo,Chen,bo.chen@acme.example,bo.chen,,,",
         {BO: {"user": "bo.chen", "previously": "bo"}}),
        ("0042,Ada,Lee,ada.lee@acme.example,,,,",
         {ADA: {"user": "ada.lee@acme.example", "previously": ADA, "last_name": "Lee",
                "email": "ada.lee@acme.example"}}),
        (",Zoë,Müller,,cy@acme.example,,,", {}),
    ],
)  # fmt: skip
def test_what_a_row_says_differently_changes(
    acme: Path, row: str, changes: dict[str, dict[str, Any]]
) -> None:
    """A user is recognized by the external id, else the e-mail address, else the user name."""
    assert proposed(acme, listed(row)) == {f"mover {k}": v for k, v in changes.items()}


def test_comments_and_order_stay(acme: Path) -> None:
    people(acme, listed("0042,Ada,Lee,ada.lee@acme.example,,Sales,Boss,Seattle"), "--write")
    assert (acme / "users.yaml").read_text("utf-8") == USERS.replace(
        """\
  ada@acme.example:             # leads
    template: sales-rep
    external_id: "0042"
    first_name: Ada
    last_name: Lopez
    site: Seattle
    job_title: Lead
""",
        """\
  ada.lee@acme.example:             # leads
    template: sales-rep
    previously: ada@acme.example
    external_id: "0042"
    first_name: Ada
    last_name: Lee
    email: ada.lee@acme.example
    site: Seattle
    job_title: Boss
""",
    )


def test_a_full_name_is_not_split_differently(acme: Path) -> None:
    """A name in one cell changes nothing if only the end of the first name is doubtful."""
    users = USERS.replace("last_name: Chen", "last_name: van der Chen")
    (acme / "users.yaml").write_text(users)
    headings = "Name,E-mail"
    assert proposed(acme, listed("Bo van der Chen,bo.chen@acme.example", headings=headings)) == {}
    assert proposed(acme, listed('"Chan, Bo",bo.chen@acme.example', headings=headings)) == {
        "mover bo": {"last_name": "Chan"}
    }


@pytest.mark.slow
def test_a_list_that_still_has_the_previous_name_renames_nobody_back(acme: Path) -> None:
    renamed = USERS.replace("  bo:\n", "  bo.chen:\n    previously: bo\n")
    (acme / "users.yaml").write_text(renamed)
    text = listed("7,Bo,Chen,bo.chen@acme.example,bo,,,")
    assert proposed(acme, text) == {"mover bo.chen": {"external_id": "7"}}
    assert "still has the previous user name 'bo'" in people(acme, text).stderr
    (acme / "account.yaml").write_text(ACCOUNT.replace(", licenses: [x4]", ""))
    run("apply", acme, "--auto-approve", *NOW)
    assert proposed(acme, text) == {"mover bo.chen": {"user": "bo", "previously": "bo.chen"}}


def test_a_renamed_protected_user_stays_protected(acme: Path) -> None:
    people(acme, listed("1,Bea,Boss,,chief@acme.example,,,"), "--write")
    assert "protected_users: [chief@acme.example]" in (acme / "account.yaml").read_text()
    assert "  chief@acme.example: {first_name: Bea" in (acme / "users.yaml").read_text()


@pytest.mark.slow
def test_somebody_else_can_get_the_old_name_of_a_user_whose_rename_is_applied(
    acme: Path,
) -> None:
    renamed = USERS.replace("  bo:\n", '  bo.chen:\n    previously: bo\n    external_id: "7"\n')
    (acme / "users.yaml").write_text(renamed)
    text = listed("7,Bo,Chen,bo.chen@acme.example,bo.chen,,,", "8,Bob,Ng,ng@acme.example,bo,,,")
    before = document(acme, text, "--template", "sales-rep")
    assert (before["waiting"], before["proposals"]) == (1, [])
    (acme / "account.yaml").write_text(ACCOUNT.replace(", licenses: [x4]", ""))
    run("apply", acme, "--auto-approve", *NOW)
    found = proposed(acme, text, "--template", "sales-rep")
    assert found["mover bo.chen"] == {"previously": None}
    assert found["joiner bo"]["external_id"] == "8"


@pytest.mark.slow
def test_a_chain_of_renames_takes_several_lists(acme: Path) -> None:
    """Ada gets the address of Bo, who gets another one, and a new person gets Ada's."""
    (acme / "account.yaml").write_text(ACCOUNT.replace(", licenses: [x4]", ""))
    bo = "bo@acme.example"
    (acme / "users.yaml").write_text(
        USERS.replace("  bo:\n", f'  {bo}:\n    external_id: "7"\n').replace(
            "    email: bo.chen@acme.example\n", ""
        )
    )
    run("apply", acme, "--auto-approve", *NOW)
    text = listed(
        "7,Bo,Chen,bob@acme.example,,,,",
        f"0042,Ada,Chen,{bo},,,,",
        f"9,Di,Dow,{ADA},,Sales,,Seattle",
    )
    seen = []
    for _ in range(4):
        found = document(acme, text)
        seen.append(([p["user"] for p in found["proposals"]], found["waiting"]))
        people(acme, text, "--write")
        assert document(acme, text)["proposals"] == []
        run("apply", acme, "--auto-approve", *NOW)
    assert seen == [([bo, ADA], 1), ([ADA], 1), ([bo, ADA], 0), ([], 0)] or seen[3] == ([], 0)
    assert {"bob@acme.example", bo, ADA} < declared(acme).keys()
    assert declared(acme)[ADA]["external_id"] == "9"


@pytest.mark.slow
def test_an_exchange_of_names_takes_an_interim_name(acme: Path) -> None:
    (acme / "account.yaml").write_text(ACCOUNT.replace(", licenses: [x4]", ""))
    bo = "bo@acme.example"
    users = USERS.replace("  bo:\n", f'  {bo}:\n    external_id: "7"\n')
    (acme / "users.yaml").write_text(users.replace("    email: bo.chen@acme.example\n", ""))
    run("apply", acme, "--auto-approve", *NOW)
    text = listed(f"7,Bo,Chen,{ADA},,,,", f"0042,Ada,Lopez,{bo},,,,")
    output = people(acme, text)
    assert f"'{ADA}' and '{bo}' exchange their user names, so" in output.stderr
    assert "2 rows: 1 with changes, 1 waiting for a user name." in output.stdout
    seen = []
    for _ in range(4):
        seen.append({name: user.get("user") for name, user in proposed(acme, text).items()})
        run("apply", acme, "--auto-approve", *NOW)
    interim = "ada.interim@acme.example"
    assert seen == [
        {f"mover {ADA}": interim},
        {f"mover {bo}": ADA, f"mover {interim}": None},
        {f"mover {interim}": bo, f"mover {ADA}": None},
        {},
    ]
    found = declared(acme)
    assert (found[bo]["external_id"], found[ADA]["external_id"]) == ("0042", "7")
    assert (found[bo]["email"], found[ADA]["email"]) == (bo, ADA)


def test_the_old_name_of_a_user_who_is_deleted_is_free(acme: Path) -> None:
    more = 'external_id: "5"\n    previously: zoe@acme.example\n    offboard_on'
    users = USERS.replace("offboard_on", more)
    (acme / "users.yaml").write_text(users)
    found = proposed(acme, listed("9,Zoe,Ng,zoe@acme.example,,,,London"))
    assert found["joiner zoe@acme.example"]["external_id"] == "9"
    assert found["mover cy@acme.example"] == {"previously": None}


def test_an_interim_name_that_somebody_had_is_not_given_again(acme: Path) -> None:
    bo, interim = "bo@acme.example", "ada.interim@acme.example"
    users = USERS.replace("  bo:\n", f"  {bo}:\n    external_id: '7'\n    previously: {interim}\n")
    (acme / "users.yaml").write_text(users.replace("    email: bo.chen@acme.example\n", ""))
    found = proposed(acme, listed(f"7,Bo,Chen,{ADA},,,,", f"0042,Ada,Lopez,{bo},,,,"))
    assert found[f"mover {ADA}"]["user"] == "ada.interim1@acme.example"


def test_a_user_name_by_rule_is_never_a_rename(acme: Path) -> None:
    text = listed("0042,Ada,Lopez,ada.lopez@acme.example,,,,")
    rule = 'user_name: "{first_name}.{last_name}@acme.example"\n'
    assert proposed(acme, text, mapping=rule) == {
        f"mover {ADA}": {"email": "ada.lopez@acme.example"}
    }


# --- joiners --------------------------------------------------------------------------------------


def test_new_people_get_entries_as_with_onboard(acme: Path) -> None:
    di = "9,Di,Dow,di@acme.example,,Sales,Rep,Seattle"
    text = listed(di, "8,El,Fox,el@acme.example,,,,Paris")
    output = people(acme, text, "--template", "sales-rep", code=1).stderr
    assert "hr.csv:3:8: Site: There is no site 'Paris'." in output
    assert proposed(acme, listed(di), "--template", "sales-rep") == {
        "joiner di@acme.example": {
            "external_id": "9",
            "template": "sales-rep",
            "first_name": "Di",
            "last_name": "Dow",
            "site": "Seattle",
            "job_title": "Rep",
        }
    }


def test_the_cost_center_is_that_of_the_list(acme: Path) -> None:
    headings = "Personalnummer,Vorname,Nachname,E-Mail,Standort,Kostenstelle"
    rows = ("0042,,,,,4100", "9,Di,Dow,di@acme.example,Seattle,4100")
    found = proposed(acme, listed(*rows, headings=headings))
    assert found[f"mover {ADA}"] == {"cost_center": "4100"}
    assert found["joiner di@acme.example"]["cost_center"] == "4100"


@pytest.mark.slow
def test_a_first_day_to_come_is_written_and_moves_with_the_list(acme: Path) -> None:
    headings = "Employee ID,First name,Last name,E-mail,Site,Hire date"
    di = "9,Di,Dow,di@acme.example,Seattle,"
    found = proposed(acme, listed(f"{di}2026-12-01", headings=headings))
    assert found["joiner di@acme.example"]["start_on"] == "2026-12-01"
    assert proposed(acme, listed(f"{di}2027-01-01", headings=headings)) == {
        "mover di@acme.example": {"start_on": "2027-01-01"}
    }
    assert proposed(acme, listed(f"{di}2026-11-24", headings=headings)) == {}
    el = "8,El,Fox,el@acme.example,Seattle,2026-11-24"
    new = proposed(acme, listed(el, headings=headings))["joiner el@acme.example"]
    assert "start_on" not in new, "the day has come"


def test_two_people_of_one_name_are_two_people(acme: Path) -> None:
    rows = [ADA_ROW, "43,Ada,Lopez,ada.lopez2@acme.example,,Sales,,Seattle"]
    assert proposed(acme, listed(*rows)).keys() == {"joiner ada.lopez2@acme.example"}


def test_a_new_person_with_the_name_of_a_missing_one_may_be_that_one(acme: Path) -> None:
    output = people(acme, listed("8,Bo,Chen,chen@acme.example,,,,Seattle")).stderr
    assert f"and '{BO}', who has the same name, is missing from the list." in output
    assert f"write the external_id of the row in the entry of '{BO}'" in output


# --- what is left out, and faults -----------------------------------------------------------------


def test_only_some_kinds(acme: Path) -> None:
    rows = [
        f"0042,Ada,Lee,{ADA},{ADA},Sales,Lead,Seattle,active,2026-12-31",
        "9,Di,,,,,,,active,",
    ]
    text = listed(*rows, headings=STATUS)
    people(acme, text, code=1)
    both = {"mover": 1, "leaver": 1, "joiner": 1}
    for kind in ("mover", "leaver"):
        found = document(acme, text, "--only", f"{kind}s")
        assert [p["kind"] for p in found["proposals"]] == [kind]
        assert found["left_out"] == {k: n for k, n in both.items() if k != kind}
    output = people(acme, text, "--only", "leavers").stdout
    assert "Left out by --only: 1 joiner, 1 mover." in output


@pytest.mark.parametrize(
    ("rows", "reason"),
    [
        ([",Ada,Lopez,,,,,"], "2:1: Employee ID: The row has no external id, no e-mail address"),
        ([ADA_ROW, ADA_ROW], "3:1: Employee ID: '0042' is already in row 2."),
        ([ADA_ROW, f",,,{ADA},,,,"], f"3:4: E-mail: The row is about '{ADA}', as row 2 is."),
        ([f"42,,,{ADA},,,,"], "2:4: E-mail: The row has the external id '42', but"),
        ([f"42,,,{ADA},,,,"], "drop leading zeros"),
        ([f",,,{ADA},bo,,,"], "2:5: User name: The row has the e-mail address of"),
        (["0042,,,,bo,,,"], f"2:5: User name: '{ADA}' cannot be renamed to"),
        (["0042,,,nobody,,,,"], "2:4: E-mail: 'nobody' is not an e-mail address."),
        (["4.2E+11,,,,,,,"], "2:1: Employee ID: '4.2E+11' is a long number that"),
        (["0042,,,,,,,Paris"], "2:8: Site: There is no site 'Paris'."),
        (["0042,,,,,,,#N/A"], "2:8: Site: '#N/A' is a spreadsheet error"),
    ],
)  # fmt: skip
def test_a_faulty_row_is_reported_by_row_and_column_and_nothing_is_written(
    acme: Path, rows: list[str], reason: str
) -> None:
    more = "9,Di,,,,,,"
    result = people(acme, listed(*rows, more), "--write", code=1)
    output = result.stderr
    assert reason in output
    assert "2 at fault" in result.stdout
    assert "The row has no last name." in output, "all at once"
    assert "Nothing was written" in output
    assert (acme / "users.yaml").read_text("utf-8") == USERS


def test_the_two_ways_to_look_and_the_one_to_write(acme: Path) -> None:
    text = listed(f"0042,Ada,Lee,{ADA},,,,")
    shown = people(acme, text)
    assert "~ ada@acme.example   row 2: recognized by the external id · users.yaml" in shown.stdout
    assert "    last name   Lopez → Lee" in shown.stdout
    assert "1 row: 1 with changes.\nProposed: 1 mover." in shown.stdout
    assert "Would change: users.yaml." in shown.stdout
    assert "+    last_name: Lee" in people(acme, text, "--dry-run").stdout
    people(acme, text, "--write", "--dry-run", code=1)
    assert (acme / "users.yaml").read_text("utf-8") == USERS
    markdown = people(acme, text, "--format", "markdown").stdout
    assert "| `ada@acme.example` | 2 | last name: Lopez → Lee | recognized by" in markdown
    assert "Written to: users.yaml." in people(acme, text, "--write").stdout


def test_each_row_is_counted_once(acme: Path) -> None:
    rows = ("0042,,,,,Support,,Nowhere,,", f",,,,cy@acme.example,,,,,{'2027-01-01'}", "1,,,,,,,,,")
    more = ("77,Di,Dow,di@acme.example,,,,,,2026-01-01", "7,,,bo.chen@acme.example,,,,,,2027-01-01")
    text = listed(*rows, *more, headings=STATUS)
    shown = people(acme, text, code=1).stdout
    assert "5 rows: 2 with changes, 1 unchanged, 1 at fault, 1 left and not in the files." in shown
    assert "Proposed: 1 joiner, 2 movers, 1 leaver." in shown
    assert "1 left out by --only" in people(acme, text, "--only", "movers", code=1).stdout


def test_masked_proposals_have_no_address(acme: Path) -> None:
    rows = ("0042,,,ada.lee@acme.example,,,,", "9,Di,Dow,di@acme.example,,,,Seattle", "8,X,Y,,,,,")
    for format_ in ("text", "json", "markdown"):
        shown = people(acme, listed(*rows), "--redact", "--format", format_, code=1)
        assert "acme.example" not in shown.stdout + shown.stderr
        assert "ada.lee@…" in shown.stdout
    assert "--redact cannot mask" in people(acme, "", "--redact", "--dry-run", code=1).stderr


def test_a_csv_file_has_no_sheets(acme: Path) -> None:
    output = people(acme, listed(ADA_ROW), "--sheet", "People", code=1).stderr
    assert "A CSV file has no sheets: leave out --sheet." in output


def test_an_entry_that_cannot_change_alone_is_refused(acme: Path) -> None:
    users = "users:\n  bo: &bo {first_name: Bo, last_name: Po}\n  cy: *bo\n"
    (acme / "users.yaml").write_text(users)
    output = people(acme, listed(",Bo,Bo,,bo,,,"), code=1).stderr
    assert "licsync cannot make these edits without changing others" in output
    assert (acme / "users.yaml").read_text("utf-8") == users


def test_a_cell_that_8x8_does_not_accept_is_reported_once(acme: Path) -> None:
    rows = ("0042,Zo{e},Lopez,,,,,", "77,New,Zo{e},zoe@acme.example,,,,")
    output = people(acme, listed(*rows)).stderr
    places = re.findall(r"^warning.*hr.csv:(\d+:\d+):", output, re.MULTILINE)
    assert places == ["2:2", "3:3"]


def test_only_suspend_limits_how_many_people_leave(acme: Path) -> None:
    output = people(acme, listed(ADA_ROW), "--allow", "delete=3", code=1).stderr
    assert "--allow delete=3: only 'suspend' limits how many people leave." in output
