"""Which license becomes which: within a plane a type is kept, changed, given up or newly given."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from licsync.planning.licenses.matching import Holding, Pairing, pair
from tests.support.accounts import CATALOG


def us(*kinds: str) -> list[Holding]:
    return [Holding(kind, "US") for kind in kinds]


def test_the_same_type_in_the_same_country_is_kept() -> None:
    assert pair(CATALOG, us("x2"), us("x2")) == Pairing(keep=[(0, 0)])


@pytest.mark.parametrize(
    ("held", "wanted"),
    [
        ("x4", "x2"),
        ("x2", "x4"),
        ("lobby", "vo-basic"),
        ("vo-editions", "x2"),
        ("vcc-agent", "xf-workspace"),
    ],
)
def test_another_type_of_the_same_plane_takes_its_place(held: str, wanted: str) -> None:
    assert pair(CATALOG, us(held), us(wanted)) == Pairing(change=[(0, 0)])


@pytest.mark.parametrize("kind", ["x2", "vcc-agent", "local-number", "uc-cold-storage"])
def test_the_same_type_in_another_country_is_a_change(kind: str) -> None:
    assert pair(CATALOG, [Holding(kind, "US")], [Holding(kind, "GB")]) == Pairing(change=[(0, 0)])


def test_a_license_of_another_plane_stands_beside_the_first() -> None:
    assert pair(CATALOG, us("vo-editions"), us("vo-editions", "vcc-agent")) == Pairing(
        keep=[(0, 0)], assign=[1]
    )


def test_what_is_not_wanted_any_more_is_unassigned() -> None:
    assert pair(CATALOG, us("vo-editions", "vcc-agent"), us("vo-editions")) == Pairing(
        keep=[(0, 0)], unassign=[1]
    )


def test_a_contact_is_assigned_everything_and_a_leaver_gives_everything_up() -> None:
    assert pair(CATALOG, [], us("x2", "uc-cold-storage")) == Pairing(assign=[0, 1])
    assert pair(CATALOG, us("x2", "uc-cold-storage"), []) == Pairing(unassign=[0, 1])


def test_licenses_of_different_planes_do_not_replace_each_other() -> None:
    assert pair(CATALOG, us("x2"), us("vcc-agent")) == Pairing(unassign=[0], assign=[0])
    assert pair(CATALOG, us("local-number"), us("uc-cold-storage")) == Pairing(
        unassign=[0], assign=[0]
    )


def test_a_bundle_becomes_the_work_license_rather_than_the_agent() -> None:
    assert pair(CATALOG, us("x6"), us("vcc-agent", "x2")) == Pairing(change=[(0, 1)], assign=[0])
    assert pair(CATALOG, us("x8"), us("vcc-agent", "vo-editions")) == Pairing(
        change=[(0, 1)], assign=[0]
    )


def test_the_work_license_becomes_the_bundle_and_the_agent_is_given_up() -> None:
    assert pair(CATALOG, us("vcc-agent", "x2"), us("x6")) == Pairing(change=[(1, 0)], unassign=[0])


def test_an_agent_alone_becomes_the_bundle() -> None:
    assert pair(CATALOG, us("vcc-agent"), us("x6")) == Pairing(change=[(0, 0)])


def test_among_several_numbers_the_one_with_the_declared_extension_stays() -> None:
    held = [Holding("local-number", "US", "1"), Holding("local-number", "US", "2")]
    assert pair(CATALOG, held, [Holding("local-number", "US", "2")]) == Pairing(
        keep=[(1, 0)], unassign=[0]
    )


def test_numbers_stay_in_the_country_they_are_of() -> None:
    held = [Holding("local-number", "GB"), Holding("local-number", "US")]
    wanted = [Holding("local-number", "US"), Holding("local-number", "DE")]
    assert pair(CATALOG, held, wanted) == Pairing(keep=[(1, 0)], change=[(0, 1)])


def test_a_type_that_the_catalogue_does_not_know_is_a_plane_of_its_own() -> None:
    assert pair(CATALOG, us("x2", "mystery"), us("x4")) == Pairing(change=[(0, 0)], unassign=[1])


def test_what_is_kept_is_listed_in_the_order_of_what_is_held() -> None:
    held = [Holding("local-number", "US", "1"), Holding("local-number", "US", "2")]
    wanted = [Holding("local-number", "US", "2"), Holding("local-number", "US")]
    assert pair(CATALOG, held, wanted).keep == [(0, 1), (1, 0)]


holdings = st.builds(
    Holding,
    st.sampled_from(sorted(CATALOG.types)),
    st.sampled_from(("US", "GB")),
    st.sampled_from((None, "1", "2")),
)


@given(st.lists(holdings, max_size=5), st.lists(holdings, max_size=5))
def test_every_license_has_one_partner_or_none(held: list[Holding], wanted: list[Holding]) -> None:
    result = pair(CATALOG, held, wanted)
    matched = [*result.keep, *result.change]
    assert sorted([*result.unassign, *(i for i, _ in matched)]) == list(range(len(held)))
    assert sorted([*result.assign, *(j for _, j in matched)]) == list(range(len(wanted)))
    assert all(held[i][:2] == wanted[j][:2] for i, j in result.keep)
    assert all(held[i][:2] != wanted[j][:2] for i, j in result.change)


@pytest.mark.slow
@given(st.lists(holdings, max_size=5), st.lists(holdings, max_size=5))
def test_nothing_is_given_up_while_its_like_is_assigned(
    held: list[Holding], wanted: list[Holding]
) -> None:
    result = pair(CATALOG, held, wanted)
    for i in result.unassign:
        for j in result.assign:
            assert held[i].type != wanted[j].type
            assert not CATALOG.planes(held[i].type) & CATALOG.planes(wanted[j].type) & {"uc", "cc"}


def test_a_shortage_of_one_user_takes_nothing_from_others() -> None:
    """Three ask for the two that fit them, and none of those who have them can do with another."""
    fits = {(0, 0), (1, 1), (0, 2), (1, 2)}
    three = [Holding("x", "US")] * 3
    found = pair(CATALOG, three, three, lambda i, j: int((i, j) not in fits))
    assert found == Pairing(keep=[(0, 0), (1, 1), (2, 2)])


def test_a_unit_that_is_named_is_kept_whatever_its_number() -> None:
    held = [Holding("x", "US", "1", "L1"), Holding("x", "US", "2", "L2")]
    wanted = [Holding("x", "US", "1", "L2"), Holding("x", "US", "2", "L1")]
    assert pair(CATALOG, held, wanted) == Pairing(keep=[(0, 1), (1, 0)])
    abroad = [Holding("x", "GB", None, "L1")]
    assert pair(CATALOG, held[:1], abroad) == Pairing(change=[(0, 0)])
