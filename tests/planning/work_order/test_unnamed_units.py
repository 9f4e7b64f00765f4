"""A work order names licenses whose id nobody knows by what the console shows of them."""

from __future__ import annotations

from licsync.planning.work_order.making import make_work_order
from licsync.views.redaction import redact_plan
from tests.support.accounts import desired, inventory, unit, user
from tests.support.made_orders import BY_HAND, order_for
from tests.support.planning import planned


def test_units_without_an_id_of_the_console_are_named_by_their_place() -> None:
    units = {"made-up": {**unit(), "unnamed": True}, "L2": {**unit("x4"), "unnamed": True}}
    units["L2"]["service_address"] = None
    units["other"] = {**unit(address="A2"), "unnamed": True}
    there = inventory(units, {"ada": user()})
    (item,) = order_for({"ada": {"licenses": ["x2"]}}, there).items
    assert "Assign X2 · US, at 7 W 34th St, New York, NY 10001, US." in item.steps
    pools = [{"type": "x4", "country": "US", "unassigned_address": "sea"}]
    sea = {"street_name": "Main St", "city": "Seattle", "country": "US"}
    order = order_for(desired({}, pools=pools, service_addresses={"sea": sea}), there)
    assert any(step.startswith("At license X4 · US, choose") for step in order.items[1].steps)
    assert not any("made-up" in step for each in order.items for step in each.steps)


def test_licenses_that_read_alike_are_counted() -> None:
    """Whoever does what the order says once would leave the others undone."""
    gone = "2026-11-20T00:00:00Z"
    units = {f"made-up{n}": {**unit("x4"), "unnamed": True} for n in range(3)}
    units |= {f"gone{n}": {**unit(removed=gone), "unnamed": True} for n in range(2)}
    sea = {"street_name": "Main St", "city": "Seattle", "country": "US"}
    pools = [
        {"type": "x2", "country": "US", "quantity": 2},
        {"type": "x4", "country": "US", "unassigned_address": "sea"},
    ]
    order = order_for(desired({}, pools=pools, service_addresses={"sea": sea}), inventory(units))
    steps = [step for item in order.items for step in item.steps]
    assert [step for step in steps if "such licenses" in step] == [
        "Ask 8x8 Billing to reinstate license X2 · US within 30 days of its removal. "
        "Do this for 2 such licenses.",
        "At license X4 · US, choose the service address 'Main St, Seattle, US'. "
        "Do this for 3 such licenses.",
    ]


def test_what_a_user_has_only_one_of_is_named_without_its_place() -> None:
    units = {f"made-up{n}": {**unit(address=f"A{n}"), "unnamed": True} for n in (1, 2)}
    units |= {"far": {**unit("x4", address="A2"), "unnamed": True}}
    units |= {"near": {**unit("x4"), "unnamed": True}}
    upgraded = {"ada": {"licenses": ["x4"]}}
    (item,) = order_for(upgraded, inventory(units, {"ada": user(["made-up1"])})).items
    assert item.steps[2] == (
        "Select X4 · US, at 7 W 34th St, New York, NY 10001, US from the drop-down list of X2 · US."
    )


def test_a_masked_plan_masks_the_places_of_licenses_without_an_id() -> None:
    units = {
        "made-up": {**unit(), "unnamed": True},
        "other": {**unit(address="A2"), "unnamed": True},
    }
    there = inventory(units, {"ada": user()})
    wanted = desired({"ada": {"licenses": ["x2"]}})
    plan = planned(wanted, there, capabilities=BY_HAND)
    plain, masked = (make_work_order(p, wanted).items[0] for p in (plan, redact_plan(plan)))
    assert "34th" in " ".join(plain.steps)
    assert "34th" not in str(masked.to_json())
