"""Leavers: who is offboarded by a list of people, who comes back, and when a list is complete."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.support.command_line import run
from tests.support.people import (
    ACCOUNT,
    ADA,
    ADA_ROW,
    BO,
    BOSS,
    CY,
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


# --- leavers --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("cells", "changes"),
    [
        ("terminated,", {f"leaver {ADA}": {"offboard_on": "2026-11-24"}}),
        ("terminated,2026-11-20", {f"leaver {ADA}": {"offboard_on": "2026-11-20"}}),
        ("active,31.12.2026", {f"leaver {ADA}": {"offboard_on": "2026-12-31"}}),
        ("active,9999-12-31", {}),
        (",", {}),
    ],
)
def test_who_has_left_or_will_leave_is_offboarded_on_the_day_of_the_list(
    acme: Path, cells: str, changes: dict[str, Any]
) -> None:
    assert proposed(acme, listed(f"{ADA_ROW},{cells}", headings=STATUS)) == changes


@pytest.mark.parametrize("status", ["on leave", "Intern", "?", "Locked out", "terminates 2027"])
@pytest.mark.parametrize("row", [ADA_ROW, "77,New,Person,new@acme.example,,,,"])
def test_a_status_that_licsync_does_not_know_makes_nobody_leave(
    acme: Path, status: str, row: str
) -> None:
    text = listed(f"{row},{status},", headings=STATUS)
    output = people(acme, text, code=1).stderr
    assert f"2:9: Status: '{status}' does not say whether the person has left." in output
    assert f"values: {{status: {{'{status}': active}}}}" in output
    found = document(acme, text, code=1)
    assert "leaver" not in [proposal["kind"] for proposal in found["proposals"]]
    assert found["left_and_not_declared"] == 0


@pytest.mark.parametrize(
    ("meaning", "changes"),
    [("active", {}), ("terminated", {f"leaver {ADA}": {"offboard_on": "2026-11-24"}})],
)
def test_a_mapping_says_what_a_status_means(
    acme: Path, meaning: str, changes: dict[str, Any]
) -> None:
    mapping = f"values: {{status: {{On leave: {meaning}}}}}"
    assert (
        proposed(acme, listed(f"{ADA_ROW},on leave,", headings=STATUS), mapping=mapping) == changes
    )


def test_a_leaver_needs_nothing_but_a_key(acme: Path) -> None:
    assert proposed(acme, listed("0042,,,,,,,,left,", headings=STATUS)) == {
        f"leaver {ADA}": {"offboard_on": "2026-11-24"}
    }
    gone = "77,Gone,Girl,gone@acme.example,,,,Atlantis,left,"
    assert document(acme, listed(gone, headings=STATUS))["left_and_not_declared"] == 1


def test_a_day_of_leaving_moves_with_the_list_and_one_of_the_files_stays(acme: Path) -> None:
    (acme / "users.yaml").write_text(
        USERS.replace("    job_title: Lead\n", "    offboard_on: 2026-12-24\n")
    )
    assert proposed(acme, listed(f"{ADA_ROW},terminated,", headings=STATUS)) == {}
    output = people(acme, listed(f"{ADA_ROW},terminated,", headings=STATUS)).stderr
    assert f"The status is 'terminated', but '{ADA}' leaves on 2026-12-24 in the files." in output
    assert proposed(acme, listed(f"{ADA_ROW},active,2027-01-31", headings=STATUS))[
        f"leaver {ADA}"
    ] == {"offboard_on": "2027-01-31"}


def test_a_protected_user_never_leaves(acme: Path) -> None:
    text = listed("1,Bea,Boss,,,,,,left,", headings=STATUS)
    assert proposed(acme, text) == {}
    assert f"'{BOSS}' is protected and stays" in people(acme, text).stderr


def test_a_user_who_is_back_is_not_a_leaver(acme: Path) -> None:
    row = ",Zoe,Mueller,cy@acme.example,,,,London"
    output = people(acme, listed(row)).stderr
    assert f"'{CY}' left on 2026-10-01, but is in the list." in output
    assert "The list has no column that says so." in output
    assert proposed(acme, listed(f"{row},left,2026-10-01", headings=STATUS)) == {}
    assert proposed(acme, listed(f"{row},active,2026-12-31", headings=STATUS)) == {
        f"joiner {CY}": {"offboard_on": "2026-12-31"}
    }
    (acme / "users.yaml").write_text(USERS)
    assert proposed(acme, listed(f"{row},active,", headings=STATUS)) == {
        f"joiner {CY}": {"offboard_on": None}
    }
    assert "offboard_on" not in declared(acme)[CY]


@pytest.mark.slow
def test_who_comes_back_later_starts_on_that_day(acme: Path) -> None:
    headings, row = f"{STATUS},Hire date", ",Zoe,Mueller,cy@acme.example,,,,London,active"
    later = {"offboard_on": None, "start_on": "2026-12-07"}
    until = {"offboard_on": "2027-03-31", "start_on": "2026-12-07"}
    for day, wanted in (("", later), ("2027-03-31", until)):
        (acme / "users.yaml").write_text(USERS)
        text = listed(f"{row},{day},2026-12-07", headings=headings)
        assert "comes back on 2026-12-07" in people(acme, text).stdout
        assert proposed(acme, text) == {f"joiner {CY}": wanted}
    (acme / "account.yaml").write_text(ACCOUNT.replace(", licenses: [x4]", ""))
    (acme / "users.yaml").write_text(USERS.replace("    offboard_on: 2026-10-01\n", ""))
    run("apply", acme, "--auto-approve", *NOW)
    (acme / "users.yaml").write_text(USERS)
    assert proposed(acme, text) == {}, "nobody who is not here stays active"
    assert f"'{CY}' comes back on 2026-12-07, but is still active" in people(acme, text).stderr
    run("apply", acme, "--auto-approve", *NOW)
    assert proposed(acme, text) == {f"joiner {CY}": {"status": "active", **until}}


def test_a_day_that_a_template_says_is_not_removed(acme: Path) -> None:
    users = USERS.replace("offboard_on: 2026-10-01", "template: gone")
    (acme / "users.yaml").write_text(users)
    (acme / "more.yaml").write_text("templates: {gone: {offboard_on: 2026-10-01}}\n")
    text = listed(",Zoe,Mueller,cy@acme.example,,,,London,active,", headings=STATUS)
    assert proposed(acme, text) == {}
    assert "The day comes from a template." in people(acme, text).stderr


def test_who_is_inactive_in_the_files_stays_so(acme: Path) -> None:
    (acme / "users.yaml").write_text(USERS.replace("job_title: Lead", "status: inactive"))
    text = listed("0042,,,,,,,,active,", headings=STATUS)
    assert proposed(acme, text) == {}
    assert "is inactive and stays so, but works here in the list" in people(acme, text).stderr


# --- complete lists -------------------------------------------------------------------------------


def test_who_is_missing_has_not_left_unless_the_list_is_complete(acme: Path) -> None:
    text = listed("0042,,,,,,,")
    assert document(acme, text)["proposals"] == []
    assert document(acme, text)["not_in_list"] == [BO, BOSS, CY]
    output = people(acme, text, "--complete").stderr
    assert f"because they have no external_id: '{BO}'." in output
    assert f"because they are protected: '{BOSS}'." in output
    by_mail = listed(f"{ADA},x", headings="E-mail,First name").replace(",x", ",Ada")
    found = document(acme, by_mail, "--complete")["proposals"]
    assert [(p["kind"], p["user"], p["row"], p["why"]) for p in found] == [
        ("leaver", BO, None, "missing from the complete list")
    ]
    assert proposed(acme, by_mail, "--complete") == {f"leaver {BO}": {"offboard_on": "2026-11-24"}}


def test_a_list_that_was_cut_short_is_refused(tmp_path: Path) -> None:
    users = "users:\n" + "".join(
        f'  u{n}@x.example: {{first_name: Una, last_name: Case, external_id: "{n}"}}\n'
        for n in range(8)
    )
    acme = account(
        tmp_path, users, ACCOUNT.replace("limits:", "people: {min_people: 6}\n  limits:")
    )
    half = listed(*(f"{n},,,,,,," for n in range(4)))
    output = people(acme, half, "--complete", "--write", code=3).stderr
    assert "account.yaml:6:12: The complete list has 4 people; min_people is 6." in output
    assert "account.yaml:7:12: The list would suspend 4; the limit is 3." in output
    assert "with --allow suspend=4" in output
    assert (acme / "users.yaml").read_text() == users
    people(acme, half, "--write")
    longer = listed(*(f"{n},,,,,,," for n in range(6)))
    assert len(document(acme, longer, "--complete")["proposals"]) == 2
    left = listed(*(f"{n},,,,,,,,left," for n in range(8)), headings=STATUS)
    people(acme, left, code=3)
    assert len(document(acme, left, "--allow", "suspend=8")["proposals"]) == 8
    people(acme, listed(), "--complete", code=3)
