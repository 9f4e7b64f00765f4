"""What new exports say of a work order from the shell: skipped, wrong, twice, another user."""

from __future__ import annotations

import json
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest

from tests.support.accounts import unit
from tests.support.command_line import run
from tests.support.console_work import (
    ADA,
    ALL,
    BO,
    CY,
    LATER,
    NOW,
    begun,
    change_license,
    document,
    export,
    order_of,
    refresh,
    work,
)


@pytest.fixture
def account(tmp_path: Path) -> Path:
    return begun(tmp_path)


def last_states(account: Path) -> dict[str, str]:
    """Give the last record of each item by a word of its title."""
    words = {"ada.": "set", "bo.": "downgrade", "cy.": "title", "Sales": "policy"}
    found = {}
    for item in order_of(account)["items"]:
        name = next(word for word in words if word in item["title"])
        found[words[name]] = item["journal"][-1]["state"] if item["journal"] else "open"
    return found


def test_work_done_from_the_files_is_verified_without_an_answer(account: Path) -> None:
    told = export(account, work(document(), *ALL))
    assert "4 of 4 items verified." in told
    assert last_states(account) == dict.fromkeys(
        ("policy", "set", "downgrade", "title"), "verified"
    )


@pytest.mark.parametrize("skipped", ALL[1:])
def test_what_was_skipped_is_not_done(account: Path, skipped: str) -> None:
    done = [part for part in ALL if part != skipped]
    told = export(account, work(document(), *done))
    assert "3 of 4 items verified." in told
    assert last_states(account)[skipped] == "not_done"
    assert order_of(account)["state"] == "open"
    assert "work-order-open" in run("plan", account, *NOW).stdout
    assert "The work order is closed." in export(account, work(document(), *ALL))


@pytest.mark.slow
def test_new_exports_verify_the_work(account: Path) -> None:
    told = refresh(account, work(document(), "title", "downgrade"))
    assert "2 of 4 items verified." in told
    assert "policy: expected Sales, found 8x8 Master User Template" in told
    told = refresh(account, work(document(), *ALL))
    assert "The work order is closed." in told
    assert "No changes" in run("plan", account, "--now", LATER).stdout


def give_another(now: dict[str, Any]) -> None:
    now["licenses"]["L5"] = unit("lobby")
    now["licenses"]["L3"] = unit("x2")
    change_license(now, BO, "L5")


WRONG = {
    "set": lambda now: now["users"][ADA].update(policy="8x8 Other Template"),
    "title": lambda now: now["users"][CY].update(job_title="Leader"),
    "downgrade": give_another,
}


@pytest.mark.parametrize("part", WRONG)
def test_wrong_changes_are_reported_with_both_values(account: Path, part: str) -> None:
    now = work(document(), *ALL)
    now["policies"]["8x8 Other Template"] = {"settings": {}}
    WRONG[part](now)
    told = export(account, now)
    assert "3 of 4 items verified." in told
    assert "expected" in told
    assert "found" in told
    assert last_states(account)[part] == "different"


@pytest.mark.slow
def test_changes_of_the_wrong_user_are_reported(account: Path) -> None:
    now = work(document(), "policy", "set", "downgrade")
    now["users"][ADA]["job_title"] = "Lead"
    told = export(account, now)
    assert f"Instead? {ADA}: job title changed from Rep to Lead" in told
    assert "Instead?" not in export(account, work(document(), *ALL))


@pytest.mark.slow
def test_what_no_export_shows_is_confirmed(account: Path) -> None:
    shown = {key: LATER for key in ("users", "licenses", "licenses.user", "users.job_title")}
    told = export(account, work(document(), "title", "downgrade"), observed=shown)
    assert "2 of 4 items verified." in told
    assert "not visible" in told
    confirmed = run("inventory", "confirm", account, "--now", LATER, "--auto-approve").stderr
    assert "Confirmed 2 actions" in confirmed
    assert "Work order: 4 of 4 items done. It is closed." in confirmed
    states = last_states(account)
    assert (states["policy"], states["set"]) == ("confirmed", "confirmed")
    assert order_of(account)["state"] == "verified"


def test_what_only_earlier_exports_showed_is_confirmed_too(account: Path) -> None:
    every = (
        "users",
        "licenses",
        "licenses.user",
        "users.job_title",
        "policies.settings",
        "policies",
    )
    shown = dict.fromkeys(every, LATER) | {"users.policy": "2026-11-23T09:00:00Z"}
    told = export(account, work(document(), "policy", "title", "downgrade"), observed=shown)
    assert "3 of 4 items verified." in told
    assert "When it is done, confirm what no export shows with: licsync inventory confirm" in told
    confirm = ("inventory", "confirm", account, "--now", LATER, "--auto-approve")
    assert "Confirmed 1 action" in run(*confirm).stderr
    assert order_of(account)["state"] == "verified"
    assert run(*confirm).stderr.strip() == "There is nothing to confirm."


def test_what_the_next_export_can_show_is_not_confirmed(account: Path) -> None:
    every = ("licenses", "licenses.user", "users.policy", "policies.settings", "policies")
    before = dict.fromkeys(every, "2026-11-23T09:00:00Z")
    by_scim = {"users": LATER, "users.job_title": LATER}
    told = export(account, work(document(), "title"), observed=before | by_scim)
    assert "1 of 4 items verified." in told
    confirmed = run("inventory", "confirm", account, "--now", LATER, "--auto-approve").stderr
    assert "There is nothing to confirm." in confirmed


def test_what_exports_show_is_not_confirmed(account: Path) -> None:
    told = run("inventory", "confirm", account, "--now", LATER, "--auto-approve").stderr
    assert "There is nothing to confirm." in told
    assert "Exports show the 4 manual actions of the plan: licsync refresh" in told


def test_what_was_verified_is_the_baseline_of_drift(account: Path) -> None:
    now = work(document(), *ALL)
    export(account, now)
    back = deepcopy(now)
    back["users"][CY]["job_title"] = "Rep"
    file = account.parent / "later.json"
    file.write_text(json.dumps(back | {"as_of": "2026-11-26T09:00:00Z"}))
    run("inventory", "load", account, file)
    drift = json.loads(run("drift", account, *NOW, "--format", "json", code=2).stdout)
    [moved] = [item for item in drift["drift"] if item["resource"] == f"users/{CY}"]
    assert (moved["moved"], moved["applied"], moved["seen"]) == ("console", "Lead", "Rep")


@pytest.mark.slow
def test_a_finding_is_recorded_once(account: Path) -> None:
    for _ in range(3):
        export(account, work(document(), "policy"))
    journals = [item["journal"] for item in order_of(account)["items"]]
    assert [len(journal) for journal in journals] == [1, 1, 1, 1]
