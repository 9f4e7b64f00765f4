"""Random accounts, planned and carried out on the console: what was planned is what comes of it,
and all of it.
"""

from __future__ import annotations

from copy import deepcopy

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from licsync.diagnostics import has_errors
from licsync.engine.carried_license import complete_attach
from licsync.engine.compensation import compensating_step
from licsync.engine.steps import compile_steps
from licsync.model.capabilities import VERBS
from licsync.model.console.operations import InMemoryRecords, perform
from licsync.model.console.step import Step, keys_of_step
from licsync.model.inventory import SECTIONS, Inventory, Record
from licsync.model.inventory_validation import check_document
from licsync.planning.actions import Action
from licsync.planning.comparison import lookup
from tests.support.accounts import ADDRESSES, BERLIN
from tests.support.plan_execution import carried_out
from tests.support.planning import NOW, planned
from tests.support.random_plans import LOCAL, SLUGS, Account, accounts, faulty_accounts
from tests.support.samples import examples


def extension(there: Inventory, name: str, unit: str | None) -> Record:
    """Give what a unit carries that a user holds."""
    (service,) = [s for s in there.users[name]["services"] if s["license"] == unit]
    return {"extension": service.get("extension", {})}


applicable = accounts().filter(lambda account: not has_errors(planned(*account).diagnostics))


@pytest.mark.slow
@examples(80)
@given(applicable)
def test_a_plan_that_is_carried_out_leaves_nothing_to_plan(account: Account) -> None:
    wanted, there = account
    after = carried_out(planned(wanted, there), there)
    assert [a.to_json() for a in planned(wanted, after).actions] == []


@examples(80)
@given(applicable)
def test_applying_a_plan_has_the_planned_result(account: Account) -> None:
    wanted, there = account
    plan = planned(wanted, there)
    after = carried_out(plan, there)
    people = {
        verb: {a.name for a in plan.actions if a.kind == "user" and a.verb == verb}
        for verb in VERBS["user"]
    }
    old_names = {c.before for a in plan.actions if a.verb == "rename" for c in a.changes}
    assert (
        after.users.keys()
        == (there.users.keys() | people["create"] | people["rename"]) - old_names - people["delete"]
    )
    for action in plan.actions:
        if action.name not in after.users:
            continue
        held = {s["license"] for s in after.users[action.name]["services"]}
        assert {ref.id for ref in action.arriving_units} <= held
        assert held.isdisjoint(ref.id for ref in action.leaving_units)
        if action.kind == "license" and action.license:
            assert_as_told(action, after)
            assert_kept(action, there, after)
        elif action.kind == "user":
            assert_as_told(action, after)


def assert_as_told(action: Action, after: Inventory) -> None:
    for change in action.changes:
        unit = change.license or (action.license.id if action.license else None)
        if change.path.startswith("extension."):
            assert lookup(extension(after, action.name, unit), change.path) == change.after
        elif change.path in ("site", "department", "policy"):
            assert after.users[action.name].get(change.path) == change.after
        elif change.path == "service_address" and unit:
            content = after.service_addresses[after.licenses[unit]["service_address"]]
            assert content == {**ADDRESSES, **SLUGS, "berlin": BERLIN}[change.after]


def assert_kept(action: Action, there: Inventory, after: Inventory) -> None:
    if action.origin is None or action.license is None:
        return
    (before,) = [
        n
        for n, u in there.users.items()
        if action.origin.id in [s["license"] for s in u["services"]]
    ]
    was = {**there.users[before], **extension(there, before, action.origin.id)}
    now = {**after.users[action.name], **extension(after, action.name, action.license.id)}
    for path in action.kept:
        assert lookup(was, path) is not None
        assert lookup(now, path) == lookup(was, path)


@pytest.mark.slow
@examples(80)
@given(applicable)
def test_nobody_else_is_touched(account: Account) -> None:
    wanted, there = account
    plan = planned(wanted, there)
    after = carried_out(plan, there)
    for section in SECTIONS:
        for name, record in getattr(there, section).items():
            if f"{section}/{name}" not in plan.saw:
                assert getattr(after, section)[name] == record


@examples(50)
@given(applicable, st.data())
def test_groups_of_actions_can_be_compensated_at_any_point(
    account: Account, data: st.DataObject
) -> None:
    wanted, there = account
    plan = planned(wanted, there)
    records = InMemoryRecords({section: getattr(there, section) for section in SECTIONS})
    for group in compile_steps(plan, {f"users/{name}": user for name, user in there.users.items()}):
        for cut in (*(range(2, len(group.tasks)) if data.draw(st.booleans()) else ()), None):
            was = deepcopy(records.sections)
            done: list[tuple[Step, dict[str, Record | None]]] = []
            before: dict[int, dict[str, Record | None]] = {}
            for task in group.tasks[:cut]:
                step = (
                    task.step
                    if task.restores is None
                    else complete_attach(task.step, before[task.restores])
                )
                before[task.position] = {key: records.get(key) for key in keys_of_step(step)}
                perform(records, step, NOW)
                done.append((step, before[task.position]))
            if cut is not None:
                for step, seen in reversed(done):
                    perform(
                        records,
                        compensating_step(
                            step, seen, lambda i: records.get(f"service_addresses/{i}")
                        ),
                        NOW,
                    )
                assert placeless(records.sections) == placeless(was)


def placeless(sections: dict[str, dict[str, Record]]) -> dict[str, dict[str, Record]]:
    """Leave out what a unit that was held for a moment does not get back: its place; and since when
    it is suspended.
    """
    units = deepcopy(sections["licenses"])
    for unit in units.values():
        unit.pop("service_address", None)
        unit.get("suspended", {}).pop("at", None)
    users = deepcopy(sections["users"])
    for user in users.values():
        if not any(service.get("extension") for service in user["services"]):
            # who has no extension is in no group, whatever an inventory says
            user.pop("ring_groups", None)
    return {"licenses": units, "users": users}


@examples(50)
@given(applicable)
def test_the_inventory_afterwards_is_sound(account: Account) -> None:
    wanted, there = account
    after = carried_out(planned(wanted, there), there)
    assert check_document(after.to_document(), catalog=wanted.catalog) == []


@examples(50)
@given(applicable)
def test_everybody_has_what_the_files_say(account: Account) -> None:
    wanted, there = account
    after = carried_out(planned(wanted, there), there)
    for name, user in wanted.users.items():
        if "offboard_on" in user or "licenses" not in user:
            continue
        held = [after.licenses[s["license"]]["type"] for s in after.users[name]["services"]]
        declared = [entry["type"] for entry in user["licenses"]]
        if declared and LOCAL not in declared:
            held = [kind for kind in held if kind != LOCAL]
        assert sorted(held) == sorted(declared)
        assert after.users[name]["status"] == user.get("status", after.users[name]["status"])


def lacking(there: Inventory, user: Record) -> dict[str, int]:
    """Count, by country, the phone numbers of a user beyond one for each X Series license, less the
    local numbers.
    """
    counts = {"US": 0, "GB": 0}
    included = {"US": 0, "GB": 0}
    for service in user["services"]:
        unit = there.licenses[service["license"]]
        included[unit["country"]] += unit["type"] in ("x1", "x2", "x4", "x6")
        for phone in service.get("extension", {}).get("phone_numbers", ()):
            counts["GB" if phone.startswith("+44") else "US"] += 1
    counts = {country: max(0, number - included[country]) for country, number in counts.items()}
    for service in user["services"]:
        unit = there.licenses[service["license"]]
        counts[unit["country"]] -= unit["type"] == LOCAL
    return counts


@examples(80)
@given(applicable)
def test_who_had_the_local_numbers_that_are_needed_has_them_afterwards(account: Account) -> None:
    wanted, there = account
    after = carried_out(planned(wanted, there), there)
    owned = {
        u["country"] for u in there.licenses.values() if u["type"] == LOCAL and "suspended" not in u
    }
    owned |= {entry["country"] for entry in wanted.pools if entry["type"] == LOCAL}
    for name, user in wanted.users.items():
        before = there.users.get(user.get("previously", name), {"services": []})
        if name not in after.users or any(
            entry["type"] == LOCAL for entry in user.get("licenses", ())
        ):
            continue
        was, will = lacking(there, before), lacking(after, after.users[name])
        for country in owned:
            assert (will[country] > 0) <= (was[country] > 0)
            assert (will[country] < 0) <= (was[country] < 0)


@examples(50)
@given(applicable)
def test_the_ledger_foretells_the_inventory_afterwards(account: Account) -> None:
    wanted, there = account
    plan = planned(wanted, there)
    after = carried_out(plan, there)
    for row in plan.licenses:
        of_kind = [
            u
            for u in after.licenses.values()
            if (u["type"], u["country"]) == (row.type, row.country)
        ]
        states = [u["status"] for u in of_kind]
        counted = (states.count("assigned"), states.count("unassigned"), states.count("suspended"))
        assert counted == (row.assigned_after, row.unassigned_after, row.suspended)


@examples(50)
@given(accounts(), st.data())
def test_a_narrowed_plan_can_be_carried_out_too(account: Account, data: st.DataObject) -> None:
    wanted, there = account
    resources = sorted({a.resource for a in planned(wanted, there).actions})
    assume(resources)
    chosen = data.draw(st.sets(st.sampled_from(resources), min_size=1, max_size=3))
    narrowing = data.draw(st.sampled_from(("targets", "excludes")))
    plan = planned(wanted, there, **{narrowing: chosen})
    assume(not has_errors(plan.diagnostics))
    after = carried_out(plan, there)
    assert check_document(after.to_document(), catalog=wanted.catalog) == []
    if narrowing == "excludes":
        assert chosen.isdisjoint(a.resource for a in plan.actions)


@pytest.mark.slow
@examples(80)
@given(faulty_accounts())
def test_no_fault_that_the_checks_report_is_too_much_for_the_planner(account: Account) -> None:
    seen: set[str] = set()
    users: set[tuple[str, str]] = set()
    for action in planned(*account).actions:
        assert set(action.needs) <= seen
        seen.add(action.id)
        if action.kind == "user":
            key = (action.verb, action.name.casefold())
            assert key not in users
            users.add(key)
