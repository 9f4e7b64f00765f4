"""What people read of license units: the ids of 8x8, never an id that licsync made up."""

from __future__ import annotations

import json
from typing import Any

from licsync.engine.journal_state import describe_detach
from licsync.engine.ports import JournalEntry
from licsync.model.console.step import Step
from licsync.model.inventory import Record
from licsync.planning.drift import find_drift, unit_of_path
from licsync.planning.plan import Plan
from licsync.planning.work_order.making import make_work_order
from licsync.planning.work_order.records import WorkOrder
from tests.support.accounts import desired, inventory, unit, user
from tests.support.by_hand import BY_HAND
from tests.support.planning import planned
from tests.support.undo_plans import messages, undone

MADE_UP = "license-9"
PLACE = "X2 · US, at 7 W 34th St, New York, NY 10001, US"


def made_up(*of: str, **more: Any) -> Record:
    return {**unit(*of, **more), "unnamed": True}


def text_of(plan: Plan) -> str:
    return "\n".join(f"{d.message} {d.hint}" for d in plan.diagnostics)


def test_a_plan_describes_the_units_without_an_id_and_no_others() -> None:
    units = {MADE_UP: made_up(), "L2": unit(), "license-3": made_up(address=None)}
    users = {"ada": user([MADE_UP]), "bo": user(["L2"]), "cy": user(["license-3"])}
    wanted = desired({name: {"licenses": []} for name in users})
    plan = planned(wanted, inventory(units, users))
    assert plan.unnamed == {
        "license-3": {"type": "x2", "country": "US", "service_address": None},
        MADE_UP: {"type": "x2", "country": "US", "service_address": "A1"},
    }
    assert "A1" in plan.addresses
    assert Plan.from_json(plan.to_json()) == plan
    names = (plan.name_of(f"licenses/{name}") for name in (MADE_UP, "L2"))
    assert [*names, plan.name_of(f"users/{MADE_UP}")] == [
        "license x2 · US",
        "licenses/L2",
        f"users/{MADE_UP}",
    ]


def test_a_made_up_id_makes_no_other_digest_and_no_entry_in_the_document() -> None:
    there = inventory({"L1": unit()}, {"ada": user(["L1"])})
    plan = planned(desired({"ada": {"licenses": []}}), there)
    assert plan.unnamed == {}
    assert "unnamed" not in plan.to_json()


def test_diagnostics_name_a_unit_without_an_id_by_what_it_is() -> None:
    units = {MADE_UP: made_up(address="A1")}
    there = inventory(units, {"ada": user([MADE_UP], status="inactive")})
    wanted = {"ada": {"licenses": [{"type": "x2", "service_address": "A2"}]}}
    output = text_of(planned(desired(wanted), there))
    assert f"License {PLACE} of ada is suspended" in output
    moved = desired({}, sites={"HQ": {"service_address": "A2"}})
    assert f": {PLACE} (ada)." in text_of(planned(moved, there))
    sites = {
        "HQ": {"service_address": "A1", "pbx": "a"},
        "Far": {"service_address": "A2", "pbx": "b"},
    }
    there = inventory(units, {"ada": user([MADE_UP])}, sites=sites)
    output = text_of(planned(desired({"ada": {"site": "Far"}}), there))
    assert f"while holding {PLACE}" in output
    gone = desired({}, service_addresses={"A1": None})
    assert f"license {PLACE}" in text_of(planned(gone, there))


def test_manual_actions_name_a_unit_without_an_id_by_what_it_is() -> None:
    pools = [{"type": "x2", "country": "US", "unassigned_address": "A2"}]
    plan = planned(
        desired({}, pools=pools),
        inventory({MADE_UP: made_up(), "L2": unit()}),
        capabilities=BY_HAND,
    )
    assert f"relocate license {PLACE}" in text_of(plan)
    assert "relocate licenses/L2" in text_of(plan)


def test_drift_knows_which_values_belong_to_a_unit_without_an_id() -> None:
    services = {MADE_UP: {"recording_mode": "off"}, "L2": {"recording_mode": "off"}}
    units = {MADE_UP: made_up(), "L2": unit("vcc-agent")}
    entries = [
        {"type": kind, "extension": {"recording_mode": "always"}} for kind in ("x2", "vcc-agent")
    ]
    pools = [{"type": "x4", "country": "US", "unassigned_address": "A2"}]
    wanted = desired({"ada": {"licenses": entries}}, pools=pools)
    units["license-3"] = made_up("x4")
    plan = planned(wanted, inventory(units, {"ada": user(services)}))
    found = {
        (d.resource, d.path): (d.unnamed or {}).get("type")
        for d in find_drift(Plan("", "", "", "", ""), plan)
    }
    assert found == {
        ("licenses/license-3", "service_address"): "x4",
        ("users/ada", "extension.recording_mode (L2)"): None,
        ("users/ada", f"extension.recording_mode ({MADE_UP})"): "x2",
    }
    assert unit_of_path("extension.recording_mode (L2)") == ("extension.recording_mode", "L2")
    assert unit_of_path("department") == ("department", "")


def test_an_undo_names_a_unit_without_an_id_by_what_it_is() -> None:
    removed = made_up("vcc-agent", "A2", removed="2026-11-20T00:00:00Z")
    before = inventory({MADE_UP: removed})
    (output,) = messages(undone(before, inventory({MADE_UP: made_up("vcc-agent", "A2")})))
    assert output.startswith("VCC Agent · US, at ")
    users = {"ada": user([MADE_UP])}
    before, after = inventory({MADE_UP: made_up()}, users), inventory({MADE_UP: made_up()})
    now = inventory({MADE_UP: made_up()}, {"bo": user([MADE_UP])})
    assert MADE_UP not in " ".join(messages(undone(before, after, now=now)))


def test_a_run_names_a_license_without_an_id_by_its_type() -> None:
    def description_of(record: Record) -> str:
        before = {"users/ada": user([MADE_UP]), f"licenses/{MADE_UP}": record}
        step = Step("license.detach", "users/ada", {"license": MADE_UP})
        return describe_detach(JournalEntry(0, "a1", step, "done", before))

    assert description_of(unit()) == f"the license {MADE_UP} (x2) that it had"
    assert description_of(made_up()) == "the license (x2) that it had"


def test_a_work_order_names_a_license_without_an_id_by_its_type() -> None:
    there = inventory({MADE_UP: made_up(), "L2": unit()}, {"ada": user([MADE_UP])})
    pools = [{"type": "x2", "country": "US", "unassigned_address": "A2"}]
    wanted = desired({}, sites={"HQ": {"service_address": "A2"}}, pools=pools)
    order = make_work_order(planned(wanted, there, capabilities=BY_HAND), wanted, there)
    facts = [fact for item in order.items for fact in item.expectations]
    subjects = {fact.resource: fact.subject for fact in facts if fact.path == "service_address"}
    assert subjects == {"sites/HQ": "HQ", f"licenses/{MADE_UP}": "X2 US", "licenses/L2": "L2"}
    assert WorkOrder.from_json(json.loads(json.dumps(order.to_json()))) == order
