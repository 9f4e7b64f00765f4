"""The console that lets local numbers come and go by itself does on SQL what it does in
dictionaries.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from sqlalchemy.engine import Engine

from licsync.backends.local.backend import LocalBackend
from licsync.config.catalog import load_catalog
from licsync.engine.ports import StepRefused
from licsync.model.console.operations import ConsoleRefusal, perform
from licsync.model.console.records import InMemoryRecords
from licsync.model.console.step import Step, keys_of_step
from licsync.model.inventory import SECTIONS
from licsync.model.inventory_document import InventoryDocument
from tests.support.accounts import unit
from tests.support.console_steps import small_account
from tests.support.coroutines import at_once, do

NOW = datetime(2026, 11, 24, tzinfo=UTC)
CATALOG = load_catalog()
PHONES = [f"+120655501{n:02}" for n in range(10)]


def account() -> InventoryDocument:
    """The small account with four free local numbers, and one that was removed."""
    document = small_account()
    for n, address in enumerate(("A2", "A1", "A1", "A2")):
        document["licenses"][f"N{n}"] = unit("local-number", address)
    document["licenses"]["N9"] = unit("local-number", "A2", removed="2026-11-20T00:00:00Z")
    return document


def phones(unit: str, *numbers: str) -> dict[str, Any]:
    return {"extensions": {unit: {"phone_numbers": list(numbers)}}}


STEPS = [
    Step("user.update", "users/ada", phones("L0", *PHONES[:2])),
    Step("user.update", "users/ada", phones("L0", *PHONES[:4])),
    Step("user.update", "users/ada", phones("L0", *PHONES[:9])),  # refused: there are not so many
    Step("license.attach", "users/ada", {"license": "N3"}),
    Step("user.update", "users/ada", phones("L0", *PHONES[:3])),
    Step("license.replace", "users/ada", {"from": "L0", "to": "L4"}),
    Step("user.rename", "users/ada", {"to": "eve", "units": []}),
    Step("user.suspend", "users/eve", {"units": []}),
    Step("user.reactivate", "users/eve", {"units": []}),
    Step("license.detach", "users/eve", {"license": "L4"}),
]


def test_the_same_comes_and_goes(database: Engine) -> None:
    local = LocalBackend(database, lambda: NOW, "acme", CATALOG)
    local.load(account())
    memory = InMemoryRecords({section: account()[section] for section in SECTIONS})
    held = []
    for step in STEPS:
        reasons = []
        try:
            perform(memory, step, NOW, CATALOG)
        except ConsoleRefusal as refusal:
            reasons.append(str(refusal))
        try:
            do(local, step)
        except StepRefused as refused:
            reasons.append(str(refused))
        assert len(reasons) in (0, 2)
        assert len(set(reasons)) <= 1
        assert {section: local.dump()[section] for section in SECTIONS} == memory.sections
        user = memory.get("users/ada") or memory.get("users/eve") or {}
        held.append(sorted(s["license"] for s in user["services"] if s["license"].startswith("N")))
    assert held == [
        ["N1"], ["N0", "N1", "N2"], ["N0", "N1", "N2"], ["N0", "N1", "N2", "N3"],
        ["N0", "N1", "N2"], ["N0", "N1", "N2"], ["N0", "N1", "N2"], ["N0", "N1", "N2"],
        ["N0", "N1", "N2"], [],
    ]  # fmt: skip


@pytest.mark.parametrize(
    "step",
    [
        Step("user.update", "users/ada", {"automatic": {"attached": {"N0": {}, "N1": {}}}}),
        Step("license.detach", "users/ada", {"license": "L0", "automatic": {"detached": ["L2"]}}),
        Step(
            "license.replace",
            "users/ada",
            {"from": "L0", "to": "L4", "automatic": {"attached": {"N0": {}}}},
        ),
        Step("numbers.release", "users/ada", {"extensions": {}, "automatic": {"detached": ["L2"]}}),
    ],
    ids=lambda step: step.op,
)
def test_what_became_of_a_step_that_names_them_is_found_out_after_a_kill(
    database: Engine, step: Step
) -> None:
    local = LocalBackend(database, lambda: NOW, "acme")
    local.load(account())
    before = at_once(local.fetch(keys_of_step(step)))
    assert at_once(local.outcome_of(step, before, None)) == "undone"
    do(local, step)
    assert at_once(local.outcome_of(step, before, None)) == "done"
    moved = [
        *step.args["automatic"].get("attached", ()),
        *step.args["automatic"].get("detached", ()),
    ]
    for unit_id in moved:
        assert at_once(local.fetch([f"licenses/{unit_id}"])) != {
            f"licenses/{unit_id}": before[f"licenses/{unit_id}"]
        }
    do(
        local,
        Step(
            "license.relocate",
            "licenses/L3",
            {"service_address": account()["service_addresses"]["A2"]},
        ),
    )
    # a unit that the step does not name is nothing to it
    assert at_once(local.outcome_of(step, before, None)) == "done"
