"""The order of actions can be executed from top to bottom, swaps and rings without a spare unit
included.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import chain, combinations
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from licsync.planning.actions import Action, Change
from licsync.planning.order.dependencies import dependencies
from licsync.planning.order.ordering import order_actions
from tests.support.accounts import CATALOG
from tests.support.action_order import (
    check_form,
    execute,
    license_,
    number,
    order,
    phones,
    ref,
    user,
)
from tests.support.planning import labels
from tests.support.samples import examples

# --- what comes before what -----------------------------------------------------------------------


def test_what_others_refer_to_is_made_first_and_deleted_last() -> None:
    actions = order(
        Action("service_address", "delete", "service_addresses/A9"),
        Action("site", "delete", "sites/Old", changes=[Change("service_address", "A9", None)]),
        Action("policy", "delete", "policies/Old"),
        user("ada", "update", Change("site", "Old", "New"), Change("policy", "Old", "New")),
        Action("site", "create", "sites/New", changes=[Change("service_address", None, "sea")]),
        Action("policy", "create", "policies/New"),
        Action("service_address", "create", "service_addresses/sea"),
    )
    assert labels(actions) == [
        "create service_addresses/sea", "create sites/New", "create policies/New",
        "update users/ada", "delete policies/Old", "delete sites/Old",
        "delete service_addresses/A9",
    ]  # fmt: skip
    needs = {label: [*a.needs] for label, a in zip(labels(actions), actions, strict=True)}
    assert needs["create sites/New"] == ["a1"]
    assert needs["update users/ada"] == ["a2", "a3"]
    assert needs["delete policies/Old"] == ["a4"]
    assert needs["delete service_addresses/A9"] == ["a6"]


def test_the_steps_of_one_user_follow_each_other() -> None:
    verbs = ("delete", "suspend", "update", "reactivate", "rename")
    actions = order(*(user("ada", verb) for verb in verbs), license_("ada", "unassign", "L1", None))
    assert [a.verb for a in actions] == [
        "rename",
        "reactivate",
        "update",
        "unassign",
        "suspend",
        "delete",
    ]
    assert [*actions[-1].needs] == ["a1", "a2", "a3", "a4", "a5"]


def test_a_new_user_is_created_before_the_license_is_assigned() -> None:
    actions = order(license_("ada", "assign", None, "L1"), user("ada", "create"))
    assert labels(actions) == ["create users/ada", "assign users/ada"]
    assert [*actions[1].needs] == ["a1"]


def test_an_update_comes_before_a_license_only_where_it_changes_the_site() -> None:
    moved = order(
        license_("ada", "assign", None, "L1"),
        user("ada", "update", Change("site", "HQ", "Seattle")),
    )
    assert [*moved[1].needs] == ["a1"]
    renamed = order(
        license_("ada", "assign", None, "L1"), user("ada", "update", Change("department", "a", "b"))
    )
    assert [*renamed[1].needs] == []


def test_a_unit_is_given_up_before_somebody_else_takes_it() -> None:
    actions = order(license_("ada", "assign", None, "L1"), license_("bo", "unassign", "L1", None))
    assert labels(actions) == ["unassign users/bo", "assign users/ada"]
    assert [*actions[1].needs] == ["a1"]


def test_a_unit_is_reinstated_before_it_is_taken() -> None:
    reinstate = Action("license", "reinstate", "licenses/L1", ref("L1"))
    actions = order(license_("ada", "assign", None, "L1"), reinstate)
    assert labels(actions) == ["reinstate licenses/L1", "assign users/ada"]
    assert [*actions[1].needs] == ["a1"]


@pytest.mark.parametrize(
    "before",
    [
        license_("zoe", "unassign", "L1", None),
        license_("zoe", "upgrade", "L1", "L2"),
        user("zoe", "reactivate", units=["L1"]),
        Action("license", "reinstate", "licenses/L1", ref("L1")),
    ],
    ids=lambda action: action.verb,
)
def test_a_unit_moves_to_another_address_after_its_state_has_changed(before: Action) -> None:
    move = Action(
        "license",
        "relocate",
        "licenses/L1",
        ref("L1"),
        changes=[Change("service_address", "ny", "sea")],
    )
    actions = order(move, replace(before))
    assert actions[-1].verb == "relocate"
    assert [*actions[-1].needs] == ["a1"]


def test_a_unit_of_a_reactivated_user_that_is_given_up_moves_after_both() -> None:
    actions = order(
        Action(
            "license",
            "relocate",
            "licenses/L1",
            ref("L1"),
            changes=[Change("service_address", "ny", "sea")],
        ),
        user("zoe", "reactivate", units=["L1"]),
        license_("zoe", "unassign", "L1", None),
    )
    assert [a.verb for a in actions] == ["reactivate", "unassign", "relocate"]
    assert [*actions[2].needs] == ["a2"]


def test_a_license_moves_before_its_user_is_suspended_and_after_the_site_it_follows() -> None:
    move = Action("license", "relocate", "licenses/L1", ref("L1"), follows="sites/HQ")
    actions = order(
        user("ada", "suspend", units=["L1"]), move, Action("site", "update", "sites/HQ")
    )
    assert labels(actions) == ["update sites/HQ", "relocate licenses/L1", "suspend users/ada"]
    assert [[*a.needs] for a in actions] == [[], ["a1"], ["a2"]]


def test_a_number_is_given_up_before_somebody_else_has_it() -> None:
    actions = order(
        user("ada", "update", number("1", "2", "L1"), phones(["+1"], ["+1", "+2"], "L1")),
        license_("bo", "unassign", "L2", None, number("2", None)),
        license_("cy", "downgrade", "L3", "L4", phones(["+2", "+3"], ["+3"])),
    )
    assert labels(actions)[-1] == "update users/ada"
    assert [*actions[-1].needs] == ["a1", "a2"]


def test_a_bundle_replaces_the_agent_license_after_that_is_given_up() -> None:
    actions = order(
        license_("ada", "upgrade", "L1", "L2", kind="x6"),
        license_("ada", "unassign", "L3", None, kind="vcc-agent"),
    )
    assert [a.verb for a in actions] == ["unassign", "upgrade"]
    assert [*actions[1].needs] == ["a1"]


def test_an_agent_license_stands_beside_the_work_license_after_the_bundle_is_gone() -> None:
    downgrade = Action("license", "downgrade", "users/ada", ref("L2", "x2"), ref("L1", "x6"))
    actions = order(license_("ada", "assign", None, "L3", kind="vcc-agent"), downgrade)
    assert [a.verb for a in actions] == ["downgrade", "assign"]
    assert [*actions[1].needs] == ["a1"]


def test_licenses_of_different_planes_do_not_wait_for_each_other() -> None:
    storage = license_("ada", "assign", None, "L2", kind="uc-cold-storage")
    actions = order(storage, license_("ada", "unassign", "L1", None))
    assert [[*a.needs] for a in actions] == [[], []]


# --- swaps and rings ------------------------------------------------------------------------------


def test_two_users_who_swap_units_form_a_ring_that_is_split_once() -> None:
    actions = order(license_("ada", "downgrade", "L1", "L2"), license_("bo", "upgrade", "L2", "L1"))
    assert [(a.ring, [*a.needs]) for a in actions] == [("r1", []), ("r1", [])]
    assert [a.split for a in actions] == [False, True]
    execute(actions)


def test_two_users_who_swap_numbers_form_a_ring() -> None:
    actions = order(
        user("ada", "update", number("1", "2", "L1")), user("bo", "update", number("2", "1", "L2"))
    )
    assert [a.ring for a in actions] == ["r1", "r1"]
    execute(actions)


def test_a_spare_unit_makes_a_chain_of_what_would_be_a_ring() -> None:
    actions = order(license_("ada", "change", "L1", "L2"), license_("bo", "change", "L2", "L9"))
    assert [(a.ring, a.split) for a in actions] == [(None, False), (None, False)]
    assert labels(actions) == ["change users/bo", "change users/ada"]


def test_what_a_ring_needs_comes_first_and_what_needs_it_comes_after() -> None:
    actions = order(
        license_("ada", "change", "L1", "L2"),
        license_("bo", "change", "L2", "L1"),
        user("bo", "rename"),
        user("ada", "suspend"),
    )
    assert labels(actions) == [
        "rename users/bo",
        "change users/bo",
        "change users/ada",
        "suspend users/ada",
    ]
    assert [[*a.needs] for a in actions] == [[], ["a1"], [], ["a3"]]


def test_people_deactivate_a_user_after_everything_else_even_after_a_swap() -> None:
    """The console lets nobody edit a deactivated user."""
    actions = [
        user("ada", "update", number("1", "2", "L1")),
        user("bo", "update", number("2", "1", "L2")),
        user("ada", "suspend"),
        user("bo", "reactivate"),
    ]
    by_hand = order(*(replace(action, manual=True) for action in actions))
    assert labels(by_hand) == [
        "reactivate users/bo", "update users/bo", "update users/ada", "suspend users/ada"
    ]  # fmt: skip
    mixed = order(*(replace(a, manual=a.verb == "update") for a in actions))
    suspend = next(action for action in mixed if action.verb == "suspend")
    assert suspend.needs == (), "what licsync does itself waits for no setting"


def test_one_user_in_the_middle_of_many_swaps_is_split_and_nobody_else() -> None:
    hub = user("zoe", "update", phones(["+1", "+2", "+3"], ["+4", "+5", "+6"], "L0"))
    others = [user(f"u{i}", "update", phones([f"+{i + 3}"], [f"+{i}"], f"L{i}")) for i in (1, 2, 3)]
    actions = order(hub, *others)
    assert [a.resource for a in actions if a.split] == ["users/zoe"]
    execute(actions)


def test_a_license_that_waits_for_the_users_own_move_is_split_only_where_nothing_else_can_be() -> (
    None
):
    move = Change("site", "HQ", "Seattle")
    actions = order(
        user("ada", "update", move, number("1", "2", "L1")),
        license_("ada", "change", "L3", "L4", number("2", None), kind="vcc-agent"),
    )
    assert [(a.verb, a.split) for a in actions] == [("update", False), ("change", True)]
    execute(actions)


def test_what_a_user_gives_back_is_gone_before_it_moves() -> None:
    """To another PBX the console moves nobody who holds a license (domain.md, 6.4)."""
    actions = order(
        user("ada", "update", Change("site", "HQ", "Seattle")),
        license_("ada", "unassign", "L1", None),
        license_("ada", "assign", None, "L2", kind="vcc-agent"),
    )
    assert [a.verb for a in actions] == ["unassign", "update", "assign"]
    assert [[*a.needs] for a in actions] == [[], ["a1"], ["a2"]]


def test_the_order_of_the_input_does_not_matter() -> None:
    def build() -> list[Action]:
        ring = [license_(f"u{i}", "change", f"L{i}", f"L{(i + 1) % 5}") for i in range(5)]
        return [*ring, user("u3", "suspend"), user("u1", "update", Change("department", "a", "b"))]

    expected = [a.to_json() for a in order(*build())]
    for seed in range(20):
        shuffled = build()
        Random(seed).shuffle(shuffled)
        assert [a.to_json() for a in order(*shuffled)] == expected


# --- any actions ----------------------------------------------------------------------------------


@st.composite
def exchanges(draw: st.DrawFn, largest: int = 8) -> list[Action]:
    """Draw users who pass units and numbers on, with spare units, leavers and newcomers."""
    size = draw(st.integers(1, largest))
    units = draw(st.permutations(range(size + draw(st.integers(0, 2)))))[:size]
    numbers = draw(st.permutations(range(size + draw(st.integers(0, 2)))))[:size]
    actions = []
    for i in range(size):
        new = None if draw(st.integers(0, 9)) == 0 else f"L{units[i]}"
        old = None if draw(st.integers(0, 9)) == 0 else f"L{i}"
        before = f"n{i}" if old else None
        after = f"n{numbers[i]}" if new and draw(st.booleans()) else before if new else None
        changes = [Change("extension.number", before, after)] if before != after else []
        if old and new and old != new:
            actions.append(
                license_(f"u{i}", draw(st.sampled_from(("change", "upgrade"))), old, new, *changes)
            )
        elif old and new and changes:
            actions.append(user(f"u{i}", "update", replace(changes[0], license=old)))
        elif new and not old:
            actions.append(license_(f"u{i}", "assign", None, new, *changes))
        elif old and not new:
            actions.append(license_(f"u{i}", "unassign", old, None, *changes))
        if draw(st.integers(0, 9)) == 0:
            actions.append(
                user(f"u{i}", draw(st.sampled_from(("suspend", "rename", "reactivate"))))
            )
    return actions


@settings(deadline=None)
@given(exchanges(), st.randoms(use_true_random=False))
def test_any_exchange_of_units_and_numbers_can_be_executed(
    actions: list[Action], random: Random
) -> None:
    random.shuffle(actions)
    result = order_actions(actions, CATALOG)
    placed = [replace(a, id="", needs=(), ring=None, split=False) for a in result]
    assert sorted(map(repr, placed)) == sorted(map(repr, actions))
    check_form(result)
    execute(result)


def fewest_splits(actions: Sequence[Action]) -> int:
    """Find how few actions of one ring must be split, by trying all of them."""
    waits = dependencies(list(actions), CATALOG)
    everybody = range(len(actions))
    for split in chain.from_iterable(combinations(everybody, n) for n in everybody):
        left = {i: waits.firm[i] | (waits.loose[i] - set(split)) for i in everybody}
        while free := [i for i, firsts in left.items() if not firsts & left.keys()]:
            left = {i: firsts for i, firsts in left.items() if i not in free}
        if not left:
            return len(split)
    raise AssertionError("splitting everybody opens every ring")


@examples(60)
@given(exchanges(largest=7))
def test_a_ring_of_units_alone_is_split_once_and_any_other_almost_as_rarely_as_can_be(
    actions: list[Action],
) -> None:
    result = order_actions(actions, CATALOG)
    for ring in {a.ring for a in result} - {None}:
        members = [a for a in result if a.ring == ring]
        splits, fewest = sum(a.split for a in members), fewest_splits(members)
        assert splits <= fewest + 1
        if not any(a.changes for a in members):
            assert splits == fewest == 1
