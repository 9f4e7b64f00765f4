"""What dates ask for, as commands say it: plan, drift, doctor, apply --due, and a day by itself as
--now.
"""

from __future__ import annotations

import json
import shlex
from pathlib import Path

import pytest

from tests.support.command_line import dump, run

ALEX = "alex.example@example.com"


@pytest.fixture
def shop(tmp_path: Path) -> str:
    """An account as `init` makes it, applied, whose only user leaves on 4 December."""
    directory = tmp_path / "shop"
    run("init", str(directory))
    assert run("apply", str(directory), "--auto-approve", "--now", "2026-11-01").exit_code == 0
    file = directory / "users" / "example.yaml"
    file.write_text(file.read_text().replace(f"{ALEX}:", f"{ALEX}:\n    offboard_on: 2026-12-04"))
    account = directory / "account.yaml"
    rules = "offboarding: {unassign_after: 14d, delete_after: 90d}"
    account.write_text(account.read_text().replace("  defaults:", f"  {rules}\n  defaults:"))
    return str(directory)


@pytest.mark.parametrize("format_", ["text", "markdown", "github", "html", "runbook"])
def test_every_format_that_people_read_lists_what_is_scheduled(shop: str, format_: str) -> None:
    text = run("plan", shop, "--now", "2026-12-01", "--format", format_).stdout
    for day, verb in (
        ("4 Dec 2026", "suspend"),
        ("18 Dec 2026", "unassign"),
        ("4 Mar 2027", "delete"),
    ):
        assert day in text
        assert verb in text[text.index(day) :]


def test_programs_read_it_in_the_document(shop: str) -> None:
    plan = json.loads(run("plan", shop, "--now", "2026-12-01", "--format", "json").stdout)
    assert [(entry["day"], entry["verb"]) for entry in plan["scheduled"]] == [
        ("2026-12-04", "suspend"),
        ("2026-12-18", "unassign"),
        ("2027-03-04", "delete"),
    ]
    assert {entry["source"]["file"] for entry in plan["scheduled"]} == {"users/example.yaml"}


def test_a_day_by_itself_is_that_day_at_every_site(shop: str) -> None:
    assert "suspend ·" in run("plan", shop, "--now", "2026-12-04").stdout
    assert "suspend ·" not in run("plan", shop, "--now", "2026-12-03").stdout


def test_drift_warns_of_what_is_overdue(shop: str) -> None:
    found = run("drift", shop, "--now", "2026-12-06")
    assert found.exit_code == 0
    assert f"The suspension of '{ALEX}' has been due since 2026-12-04." in found.stderr
    document = json.loads(run("drift", shop, "--now", "2026-12-06", "--format", "json").stdout)
    assert [entry["code"] for entry in document["diagnostics"]] == ["overdue"]
    assert "overdue" not in run("drift", shop, "--now", "2026-12-04").stderr


@pytest.mark.parametrize("format_", ["text", "markdown"])
def test_a_plan_names_the_directory_at_hand_in_what_it_advises(shop: str, format_: str) -> None:
    shown = run("plan", shop, "--now", "2026-12-06", "--format", format_).stdout
    assert f"licsync apply {shop} --due" in shown
    assert "DIR" not in shown


def test_doctor_warns_of_what_is_overdue(shop: str) -> None:
    file = Path(shop) / "users" / "example.yaml"
    assert "nothing is overdue" in run("doctor", shop, "--now", "2026-12-01").stdout
    file.write_text(file.read_text().replace("2026-12-04", "2026-11-10"))
    found = run("doctor", shop, "--now", "2026-12-01", code=1)
    assert "1 user overdue" in found.stdout
    assert "--due" in found.stdout


def test_only_due_changes_are_applied(shop: str) -> None:
    file = Path(shop) / "users" / "example.yaml"
    file.write_text(file.read_text().replace("offboard_on:", "job_title: Boss\n    offboard_on:"))
    early = run("apply", shop, "--due", "--auto-approve", "--now", "2026-12-03")
    assert (early.exit_code, "No changes" in early.stdout) == (0, True)
    done = run("apply", shop, "--due", "--auto-approve", "--now", "2026-12-05")
    assert done.exit_code == 0, done.stderr
    user = dump(shop)["users"][ALEX]
    assert user["status"] == "inactive"
    assert user.get("job_title") != "Boss"


def test_a_saved_plan_is_applied_as_it_is(shop: str, tmp_path: Path) -> None:
    out = str(tmp_path / "plan.json")
    assert run("plan", shop, "--due", "--now", "2026-12-05", "--out", out).exit_code == 0
    refused = run("apply", out, "--due", "--now", "2026-12-05", code=1)
    assert "--due cannot be used with a saved plan" in refused.stderr
    assert run("apply", out, "--now", "2026-12-05").exit_code == 0


@pytest.mark.parametrize(
    "words",
    [
        ["--due"],
        ["--target", f"users/{ALEX}"],
        ["--due", "--target", f"users/{ALEX}", "--allow", "suspend=3"],
    ],
)
def test_the_command_of_a_narrowed_plan_makes_the_same_plan_again(
    shop: str, words: list[str]
) -> None:
    file = Path(shop) / "users" / "example.yaml"
    text = file.read_text().replace("offboard_on:", "job_title: Boss\n    offboard_on:")
    other = (
        "users:\n  kim@example.com: {first_name: Kim, last_name: Kim, site: Headquarters, "
        "licenses: []}\n"
    )
    file.write_text(text)
    (Path(shop) / "users" / "kim.yaml").write_text(other)
    at = ("--now", "2026-12-05")
    output = run("plan", shop, *words, *at).stdout.splitlines()[-1]
    command = shlex.split(output.partition(": licsync ")[2])
    assert command[0] == "apply"
    assert "Apply complete" in run(*command, *at).stderr


@pytest.mark.parametrize("format_", ["text", "markdown", "html"])
def test_commands_in_hints_of_a_plan_name_the_directory(shop: str, format_: str) -> None:
    output = run("plan", shop, "--now", "2026-12-06", "--format", format_).stdout
    assert f"licsync apply {shop} --due" in output
    assert "licsync apply DIR" not in output


def test_a_start_and_the_end_of_a_license_are_done_on_their_days(shop: str) -> None:
    file = Path(shop) / "users" / "example.yaml"
    text = file.read_text().replace("    offboard_on: 2026-12-04\n", "")
    file.write_text(
        text
        + "  ann@example.com:\n    start_on: 2026-12-10\n    first_name: Ann\n"
        + "    last_name: Lee\n    site: Headquarters\n"
        + "    licenses: [{type: x2, until: 2026-12-24}]\n"
    )
    run("apply", shop, "--auto-approve", "--now", "2026-12-09")
    assert "ann@" not in run("users", shop).stdout
    plan = run("plan", shop, "--now", "2026-12-09").stdout
    assert "10 Dec 2026   create     ann@example.com   users/example.yaml:" in plan
    assert "25 Dec 2026   unassign   ann@example.com   users/example.yaml:" in plan
    run("apply", shop, "--due", "--auto-approve", "--now", "2026-12-10")
    assert "X2" in run("users", shop, "ann@example.com").stdout
    for day in ("2026-12-10", "2026-12-24"):
        shown = run("plan", shop, "--now", day, "--detailed-exitcode")
        assert "users/ann" not in shown.stdout
    allowed = ("--allow", "unassign=1")
    run("apply", shop, "--due", "--auto-approve", *allowed, "--now", "2026-12-25")
    assert "X2" not in run("users", shop, "ann@example.com").stdout
    run("plan", shop, "--now", "2026-12-25", "--detailed-exitcode")
