"""Who came, moved and left between two states of an account."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from licsync.model.inventory_document import InventoryUser
from licsync.planning.period.movements import Identities, Movement, movements
from tests.support.accounts import CATALOG, user
from tests.support.samples import examples

POOLS = {
    "L1": ("x2", "US"), "L2": ("x4", "US"), "L3": ("x2", "GB"), "L4": ("vcc-agent", "US"),
    "N1": ("local-number", "US"),
}  # fmt: skip
Users = Mapping[str, InventoryUser | None]


def changes(before: Users, after: Users, **renamed: str) -> list[Movement]:
    plain: Any = before, after
    return movements(plain[0], plain[1], POOLS, CATALOG, renamed)


def rows_of(before: Users, after: Users, **renamed: str) -> list[tuple[object, ...]]:
    found = changes(before, after, **renamed)
    return [(one.flow, one.event, one.user, one.before, one.after) for one in found]


def test_who_is_new_came_and_who_is_gone_left() -> None:
    ada = user(["L1", "N1"], department="Sales", first_name="Ada", last_name="Lopez")
    assert rows_of({}, {"ada": ada}) == [("came", "created", "ada", None, ["x2:US"])]
    (left,) = changes({"ada": ada}, {"ada": None})
    assert (left.flow, left.event, left.before) == ("left", "deleted", ["x2:US"])
    assert (left.person, left.department, left.site) == ("Ada Lopez", "Sales", "HQ")
    assert left.licenses == ["x2:US"]
    assert rows_of({"ada": None}, {"ada": None}) == []


@pytest.mark.parametrize(
    ("before", "after", "flow", "event"),
    [
        ("active", "inactive", "left", "suspended"),
        ("inactive", "active", "came", "reactivated"),
    ],
)
def test_a_status_is_a_way_in_or_out(before: str, after: str, flow: str, event: str) -> None:
    (found,) = changes({"bo": user(["L1"], status=before)}, {"bo": user(["L1"], status=after)})
    assert (found.flow, found.event, found.licenses) == (flow, event, ["x2:US"])


def test_the_first_license_comes_and_the_last_one_leaves() -> None:
    assert rows_of({"cy": user()}, {"cy": user(["L1", "L4"])}) == [
        ("came", "first license", "cy", [], ["vcc-agent:US", "x2:US"])
    ]
    assert rows_of({"cy": user(["L1"])}, {"cy": user(["N1"])}) == [
        ("left", "last license", "cy", ["x2:US"], [])
    ]


@pytest.mark.parametrize(
    ("before", "after", "event"),
    [
        (["L1"], ["L2"], "upgrade"),
        (["L2"], ["L1"], "downgrade"),
        (["L1"], ["L3"], "license change"),
        (["L1"], ["L1", "L4"], "license added"),
        (["L1", "L4"], ["L1"], "license removed"),
    ],
)
def test_another_license_is_a_move(before: list[str], after: list[str], event: str) -> None:
    (found,) = changes({"di": user(before)}, {"di": user(after)})
    assert (found.flow, found.event, found.path) == ("moved", event, "licenses")


def test_a_license_pairs_only_with_one_for_the_same_purpose() -> None:
    assert [row[1:] for row in rows_of({"di": user(["L1", "N1"])}, {"di": user(["L4"])})] == [
        ("license removed", "di", ["x2:US"], []),
        ("license added", "di", [], ["vcc-agent:US"]),
    ]


def test_a_unit_that_nobody_knows_is_unknown() -> None:
    assert rows_of({"di": user(["L9"])}, {"di": None})[0][3] == ["unknown:"]


def test_fields_of_a_user_are_moves_and_absent_ones_are_empty() -> None:
    before = user(department="Sales", job_title="", policy="A")
    after = user(department="Field", site="Seattle", policy="B")
    found = changes({"eli": before}, {"eli": after})
    assert [(one.path, one.before, one.after) for one in found] == [
        ("department", "Sales", "Field"), ("site", "HQ", "Seattle"),
    ]  # fmt: skip
    assert {one.event for one in found} == {"changed"}


def test_a_rename_is_neither_a_joiner_nor_a_leaver() -> None:
    record = user(["L1"])
    assert rows_of({"gus": record}, {"gus": None, "gil": record}, gus="gil") == [
        ("moved", "renamed", "gil", "gus", "gil")
    ]
    assert rows_of({"a": record, "b": user()}, {"a": user(), "b": record}, a="b", b="a") == [
        ("moved", "renamed", "a", "b", "a"),
        ("moved", "renamed", "b", "a", "b"),
    ]


def test_a_name_that_a_rename_frees_may_be_given_to_somebody_new() -> None:
    record = user(["L1"])
    assert rows_of({"gus": record}, {"gus": user(), "gil": record}, gus="gil") == [
        ("moved", "renamed", "gil", "gus", "gil"),
        ("came", "created", "gus", None, []),
    ]


def test_a_user_stays_the_same_through_renames() -> None:
    users = Identities()
    ada, bo = users.of("ada"), users.of("bo")
    assert (users.of("ada"), ada != bo) == (ada, True)
    users.rename({"ada": "bo", "bo": "ada"})
    assert (users.of("bo"), users.of("ada")) == (ada, bo)
    users.rename({"bo": "eve"})
    assert (users.of("eve"), users.of("ada")) == (ada, bo)
    assert users.of("bo") not in (ada, bo), "the name is given to somebody new"


RECORDS = st.none() | st.builds(
    user,
    st.lists(st.sampled_from([*POOLS]), max_size=2, unique=True),
    status=st.sampled_from(["active", "inactive"]),
    site=st.sampled_from(["HQ", "Seattle"]),
)
STATES = st.dictionaries(st.sampled_from("abcdef"), RECORDS)


@given(STATES, STATES)
@examples(200)
def test_who_came_and_left_accounts_for_the_difference(before: Any, after: Any) -> None:
    found = movements(before, after, POOLS, CATALOG)
    events = [one.event for one in found]
    there, then = (
        {name: record for name, record in state.items() if record} for state in (after, before)
    )
    assert events.count("created") - events.count("deleted") == len(there) - len(then)
    assert len({one.user for one in found if one.flow == "left"}) <= len(then)

    def holders(state: dict[str, Any]) -> int:
        kinds = (s["license"] for u in state.values() for s in u["services"][:2])
        assert all(kind in POOLS for kind in kinds)
        return sum(any(s["license"] != "N1" for s in u["services"]) for u in state.values())

    came = [one for one in found if one.flow == "came" and one.event != "reactivated"]
    left = [one for one in found if one.flow == "left" and one.event != "suspended"]
    gain = sum(bool(one.after) for one in came) - sum(bool(one.before) for one in left)
    assert gain == holders(there) - holders(then)

    def active(state: dict[str, Any]) -> int:
        return sum(u["status"] == "active" for u in state.values())

    new = sum(there[one.user]["status"] == "active" for one in came if one.event == "created")
    gone = sum(then[one.user]["status"] == "active" for one in left if one.event == "deleted")
    change = events.count("reactivated") - events.count("suspended")
    assert new - gone + change == active(there) - active(then)
    assert movements(after, after, POOLS, CATALOG) == []
