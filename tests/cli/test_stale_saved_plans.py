"""A saved plan is bound to what it gives out and to what it deletes; what would be refused again is
not tried again.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from licsync.model.desired import DEFAULT_POLICY
from licsync.model.inventory_document import InventoryDocument, InventoryUser
from tests.support.accounts import NEW_YORK, SEATTLE, inventory_document, unit, user, write_account
from tests.support.command_line import dump, run

NOW = ("--now", "2026-11-24T09:00:00Z")
Inventory = dict[str, Any]

FILES = """\
account:
  name: acme
  defaults: {country: US}
  limits: {suspend: 30%}
service_addresses: {A2: null}
sites: {Old: null}
policies: {Old: null}
users:
  new@x.example:
    first_name: New
    last_name: One
    site: Here
    licenses: [{type: x2, extension: {number: "1009"}}]
  ada@x.example:
    job_title: Clerk
    licenses: [{type: x2, extension: {number: "1001", phone_numbers: ["+12065550109"]}}]
  bo@x.example: {status: inactive}
  cy.new@x.example: {previously: cy@x.example}
"""


def inventory() -> InventoryDocument:
    def person(name: str, *held: str) -> InventoryUser:
        return user(
            {unit_id: {"number": "1001"} for unit_id in held},
            first_name=name,
            last_name="X",
            email=f"{name}@x.example",
            site="Here",
            ring_groups=[],
            call_queues=[],
        )

    return inventory_document(
        {"L1": "x2", "L2": "x2", "L3": "x2"},
        {
            "ada@x.example": person("ada", "L1"),
            **{f"{name}@x.example": person(name) for name in ("bo", "cy", "di", "ed")},
        },
        as_of=None,
        sites={"Here": {"service_address": "A1"}, "Old": {"service_address": "A1"}},
        service_addresses={"A1": NEW_YORK, "A2": SEATTLE},
        policies={DEFAULT_POLICY: {}, "Old": {}},
    )


def gives(number: dict[str, Any]) -> Callable[[Inventory], None]:
    def give(found: Inventory) -> None:
        found["licenses"]["L9"] = unit(status="assigned", user="di@x.example")
        found["users"]["di@x.example"]["services"] = [{"license": "L9", "extension": number}]

    return give


MEANWHILE: dict[str, tuple[Callable[[Inventory], Any], str]] = {
    "an extension number": (
        gives({"number": "1009"}),
        "the extension number 1009, which di@x.example now holds",
    ),
    "a phone number": (
        gives({"number": "1050", "phone_numbers": ["+12065550109"]}),
        "the phone number +12065550109, which di@x.example now holds",
    ),
    "the name of a user": (
        lambda found: found["users"].update({"new@x.example": found["users"]["di@x.example"]}),
        "users/new@x.example has appeared since",
    ),
    "the new name of a user": (
        lambda found: found["users"].update({"cy.new@x.example": found["users"]["di@x.example"]}),
        "users/cy.new@x.example has appeared since",
    ),
    "the site that goes": (
        lambda found: found["users"]["di@x.example"].update(site="Old"),
        "The site 'Old' cannot be deleted: it is used by di@x.example",
    ),
    "the policy that goes": (
        lambda found: found["users"]["di@x.example"].update(policy="Old"),
        "'Old' cannot be deleted: it is used by di@x.example",
    ),
    "the address that goes": (
        lambda found: found["licenses"]["L3"].update(service_address="A2"),
        "The service address 'A2' cannot be deleted: it is used by license L3",
    ),
    "users, of which a share may be suspended": (
        lambda found: [found["users"].pop(f"{name}@x.example") for name in ("di", "ed")],
        "The plan would suspend 1; the limit is 30% (of 3 users",
    ),
}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    where = tmp_path / "acme"
    write_account(where, FILES)
    (tmp_path / "inventory.json").write_text(json.dumps(inventory()))
    run("inventory", "load", where, tmp_path / "inventory.json")
    return where


def becomes(folder: Path, change: Callable[[Inventory], Any]) -> str:
    """Change the console; give its inventory afterwards."""
    found = dump(folder)
    change(found)
    (folder.parent / "now.json").write_text(json.dumps(found))
    run("inventory", "load", folder, folder.parent / "now.json")
    return run("inventory", "dump", folder).stdout


@pytest.mark.parametrize("what", MEANWHILE)
def test_a_number_taken_since_planning_refuses_the_saved_plan(folder: Path, what: str) -> None:
    plan = folder.parent / "plan.json"
    run("plan", folder, "--out", plan, *NOW)
    change, output = MEANWHILE[what]
    before = becomes(folder, change)
    assert output in run("apply", plan, *NOW, code=3).stderr
    assert run("inventory", "dump", folder).stdout == before
    assert json.loads(run("history", folder, "--format", "json").stdout)["runs"] == []


def test_a_saved_plan_is_applied_where_nothing_of_it_was_touched(folder: Path) -> None:
    plan = folder.parent / "plan.json"
    run("plan", folder, "--out", plan, *NOW)
    becomes(folder, lambda found: found["users"]["di@x.example"].update(job_title="Boss"))
    run("apply", plan, *NOW)
    run("plan", folder, "--detailed-exitcode", *NOW)


def test_an_empty_saved_plan_makes_no_run(folder: Path) -> None:
    plan = folder.parent / "plan.json"
    run("apply", folder, "--auto-approve", *NOW)
    run("plan", folder, "--out", plan, *NOW)
    for _ in range(2):
        assert "The plan has no actions" in run("apply", plan, *NOW).stderr
    assert len(json.loads(run("history", folder, "--format", "json").stdout)["runs"]) == 1


@pytest.fixture
def refused(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An account whose last run was refused one step, for a number that somebody else took during
    the run.
    """
    gives({"number": "1009"})(found := dump(folder))
    with monkeypatch.context() as patch:
        patch.setattr("licsync.workflows.apply.find_conflicts", lambda *given: [])
        run("plan", folder, "--out", folder.parent / "plan.json", *NOW)
        (folder.parent / "now.json").write_text(json.dumps(found))
        run("inventory", "load", folder, folder.parent / "now.json")
        run("apply", folder.parent / "plan.json", *NOW, code=4)
    return folder


@pytest.mark.slow
def test_a_resume_repeats_no_refusal_and_the_run_can_be_closed(refused: Path) -> None:
    for _ in range(2):
        output = run("apply", refused, "--resume", *NOW, code=3).stderr
        assert (
            "new@x.example needs the extension number 1009, which di@x.example now holds" in output
        )
        assert "--abandon" in output
    assert "Closed the run" in run("apply", refused, "--abandon", *NOW).stderr
    assert "no unfinished run to resume" in run("apply", refused, "--resume", *NOW).stderr
    assert "no run that was not finished" in run("apply", refused, "--abandon", *NOW).stderr
    assert "abandoned" in run("history", refused).stdout
    run("history", "verify", refused)


@pytest.mark.slow
def test_a_resume_goes_on_once_the_cause_is_mended(refused: Path) -> None:
    becomes(
        refused,
        lambda found: found["users"]["di@x.example"]["services"][0].update(
            extension={"number": "1010"}
        ),
    )
    run("apply", refused, "--resume", *NOW)
