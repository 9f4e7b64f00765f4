"""A plan warns where forwarding rules lead calls in a circle, through ring groups as well."""

from __future__ import annotations

from typing import Any

import pytest

from licsync.incremental.in_sync import is_doubtful
from licsync.model.inventory import InSyncTotals, Inventory
from licsync.planning.plan import Plan
from tests.support.accounts import desired, inventory, license_entry, unit, user
from tests.support.planning import planned

NAMES = ("ada", "bo", "cy", "di", "ed", "flo", "gus")


def forwarding(to: str, when: str = "busy") -> dict[str, Any]:
    return {"call_forwarding": [{"when": when, "to": to}]}


def several(*targets: str) -> dict[str, Any]:
    return {"call_forwarding": [{"when": "busy", "to": to} for to in targets]}


def account(rules: dict[str, str], **records: dict[str, Any]) -> Inventory:
    """Users with the extensions 1001, 1002, …, of whom some forward calls."""
    users = {}
    for number, name in enumerate(NAMES, 1):
        rule = forwarding(rules[name]) if name in rules else {}
        phone = {"phone_numbers": [f"+1206555010{number}"]}
        settings = {"number": str(1000 + number), **phone, **rule}
        users[name] = user({f"L{number}": settings}, **records.get(name, {}))
    return inventory({f"L{number}": unit() for number in range(1, len(NAMES) + 1)}, users)


def group(there: Inventory, *members: str) -> Inventory:
    """Add the ring group Main with the extension 2001."""
    there.holders = [
        {"kind": "ring_group", "name": "Main", "extension": "2001"},
        {"kind": "call_queue", "name": "Help", "extension": "2002"},
    ]
    for name in members:
        there.users[name] |= {"ring_groups": ["Main"]}
    return there


def circles(plan: Plan) -> list[str]:
    beginning, end = "After the plan, calls can go in a circle: ", ". If nobody answers, they"
    texts = [d.message for d in plan.diagnostics if d.code == "calls-unanswered"]
    return [t.removeprefix(beginning).partition(end)[0] for t in texts if beginning in t]


def declared(to: str, **more: Any) -> dict[str, Any]:
    return {"licenses": [license_entry(**forwarding(to))], **more}


def closed(there: Inventory, **users: dict[str, Any]) -> list[str]:
    return circles(planned(desired(users), there))


def test_two_users_who_forward_to_each_other_are_reported_once() -> None:
    there = account({"bo": "1001"})
    plan = planned(desired({"ada": declared("1002")}), there)
    (found,) = (d for d in plan.diagnostics if d.code == "calls-unanswered")
    assert (found.severity, found.message, found.hint) == (
        "warning",
        "After the plan, calls can go in a circle: 'ada' → 'bo' → 'ada'. If nobody answers, they "
        "reach nobody.",
        "Change call_forwarding of one of them.",
    )
    both = closed(account({}), ada=declared("1002"), bo=declared("1001"))
    assert both == ["'ada' → 'bo' → 'ada'"]


@pytest.mark.parametrize("to", ["+12065550101", "206 555 0101", "(206) 555-0101"])
def test_a_circle_is_seen_in_any_spelling_of_a_number(to: str) -> None:
    assert closed(account({"bo": to}), ada=declared("1002")) == ["'ada' → 'bo' → 'ada'"]


def test_longer_circles_are_found_and_shortened() -> None:
    three = account({"bo": "1003", "cy": "1001"})
    assert closed(three, ada=declared("1002")) == ["'ada' → 'bo' → 'cy' → 'ada'"]
    three.users["cy"]["services"][0]["extension"] |= several("1002", "1001", "1003")  # type: ignore[typeddict-item]
    assert closed(three, ada=declared("1002")) == ["'ada' → 'bo' → 'cy' → 'ada'"]
    everybody = {name: str(1002 + place) for place, name in enumerate(NAMES)}
    there = account({**everybody, "gus": "1001"})
    there.users["ada"]["services"][0]["extension"].pop("call_forwarding")
    assert closed(there, ada=declared("1002")) == [
        "'ada' → 'bo' → 'cy' → 'di' → 'ed' → 2 more → 'ada'"
    ]


def test_only_a_circle_that_the_plan_closes_is_reported() -> None:
    there = account({"ada": "1002", "bo": "1001", "cy": "1001"})
    assert closed(there, ada={"job_title": "Lead"}) == [], "it was there"
    assert closed(there, ada=declared("1002", job_title="Lead")) == [], "so was its rule"
    for to, expected in (("1004", []), ("1003", ["'ada' → 'cy' → 'ada'"])):
        wanted = {"licenses": [license_entry(**several("1002", to))]}
        assert closed(there, ada=wanted) == expected, "only the new rule counts"
    assert closed(there, di=declared("1001")) == [], "it only leads into a circle"
    assert closed(there, ada=declared("+442079460000")) == [], "the circle ends"
    assert closed(account({"bo": "1001"}), ada=declared("1003")) == []
    assert closed(account({}), ada=declared("1001")) == [], "the own number is another code"


def test_a_number_or_somebody_who_comes_back_closes_a_circle() -> None:
    there = account({"ada": "1002", "bo": "1009"})
    assert closed(there, ada={"licenses": [license_entry(number="1009")]}) == [
        "'ada' → 'bo' → 'ada'"
    ]
    inactive = account({"ada": "1002", "bo": "1001"}, bo={"status": "inactive"})
    assert closed(inactive, ada=declared("1002")) == [], "an inactive user takes no calls"
    assert closed(inactive, bo={"status": "active"}) == ["'bo' → 'ada' → 'bo'"]
    assert closed(account({"bo": "1001"}), ada=declared("1002"), bo={"status": "inactive"}) == []


def test_a_ring_group_leads_on_if_all_its_active_members_do() -> None:
    assert closed(group(account({}), "ada"), ada=declared("2001")) == [
        "'ada' → ring group 'Main' → 'ada'"
    ]
    assert closed(group(account({}), "ada", "bo"), ada=declared("2001")) == [], "bo answers"
    both = group(account({"bo": "1001"}), "ada", "bo")
    assert closed(both, ada=declared("2001")) == ["'ada' → ring group 'Main' → 'ada'"]
    away = group(account({}, bo={"status": "inactive"}), "ada", "bo")
    assert closed(away, ada=declared("2001")) == ["'ada' → ring group 'Main' → 'ada'"]
    assert closed(group(account({}), "ada"), ada=declared("2002")) == [], "a queue lets calls wait"
    leaves = {"licenses": []}
    assert closed(group(account({}), "ada", "bo"), ada=declared("2001"), bo=leaves) == [
        "'ada' → ring group 'Main' → 'ada'"
    ]
    inner = group(account({"cy": "1002", "bo": "1003"}), "ada", "di")
    assert closed(inner, ada=declared("2001")) == [], "a circle elsewhere is not the plan's"


def test_users_in_sync_are_a_doubt_that_a_whole_plan_resolves() -> None:
    there = account({})
    there.in_sync_totals = InSyncTotals(1, call_links={"to:1001"})
    plan = planned(desired({"ada": declared("1009")}), there)
    assert circles(plan) == ["'ada' → a user in sync → 'ada'"]
    assert is_doubtful(plan.diagnostics)
    assert closed(there, bo=declared("1009")) == []
    members = group(account({}), "ada")
    members.holders.append({"kind": "ring_group", "name": "Side"})
    members.in_sync_totals = InSyncTotals(1, call_links={"ring_groups:Main"})
    assert closed(members, ada=declared("2001")) == [], "somebody in sync answers"
    members.in_sync_totals = InSyncTotals(1, call_links={"ring_groups:Main", "to:1001"})
    assert closed(members, ada=declared("2001")) == ["'ada' → ring group 'Main' → 'ada'"]
