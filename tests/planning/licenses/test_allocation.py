"""Which unit serves whom: the fewest address changes over the whole plan, then the lowest id."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from functools import cache
from itertools import permutations
from random import Random

from hypothesis import given
from hypothesis import strategies as st

from licsync.planning.licenses.matching import Demand, Supply, allocate, relocations
from tests.support.samples import examples

Targets = Mapping[str, int | None]


def spare(**addresses: str | None) -> list[Supply]:
    return [Supply(0, unit, address) for unit, address in addresses.items()]


def wanted(**addresses: str | None) -> list[Demand[str]]:
    return [Demand(key, address) for key, address in addresses.items()]


def test_the_unit_that_is_at_the_wanted_address_is_taken() -> None:
    assert allocate(spare(L1="ny", L2="sea"), wanted(ada="sea"), {}).units == {"ada": "L2"}


def test_where_none_is_there_the_lowest_id_is_taken() -> None:
    assert allocate(spare(L3="ny", L2="lon", L4=None), wanted(ada="sea"), {}).units == {"ada": "L2"}


def test_who_wants_no_address_takes_the_lowest_id_that_nobody_needs_where_it_is() -> None:
    assert allocate(spare(L1="ny", L2="sea"), wanted(ada=None, bo="ny"), {}).units == {
        "ada": "L2",
        "bo": "L1",
    }


def test_the_unit_at_the_address_goes_to_whom_it_serves_best_not_to_the_first_who_asks() -> None:
    outcome = allocate(spare(L1="sea", L2="ny"), wanted(ada="lon", bo="sea"), {})
    assert outcome.units == {"ada": "L2", "bo": "L1"}


def test_a_spare_unit_is_taken_before_one_that_is_reinstated_or_that_somebody_gives_up() -> None:
    supplies = [Supply(2, "L1", "ny"), Supply(1, "L2", "ny"), Supply(0, "L3", "ny")]
    assert allocate(supplies, wanted(ada="ny", bo="ny"), {}).units == {"ada": "L3", "bo": "L2"}
    assert allocate(supplies, wanted(ada="sea"), {}).units == {"ada": "L3"}


def test_a_unit_that_somebody_gives_up_at_the_address_saves_the_change_of_a_spare_one() -> None:
    supplies = [Supply(0, "L1", "ny"), Supply(2, "L2", "sea")]
    assert allocate(supplies, wanted(ada="sea"), {}).units == {"ada": "L2"}


def test_a_unit_that_the_pool_wants_where_it_is_stays_there_while_others_can_serve() -> None:
    assert allocate(spare(L1="ny", L2="sea"), wanted(ada="lon"), {"ny": 1}).units == {"ada": "L2"}
    assert allocate(spare(L1="ny", L2="sea"), wanted(ada="lon"), {"ny": None}).units == {
        "ada": "L2"
    }
    assert allocate(spare(L1="ny", L2="ny", L3="sea"), wanted(ada="lon"), {"ny": 1}).units == {
        "ada": "L1"
    }
    assert allocate(spare(L1="ny"), wanted(ada="lon"), {"ny": None}).units == {"ada": "L1"}


def test_who_finds_no_unit_is_short_and_what_nobody_takes_is_left() -> None:
    outcome = allocate(spare(L1="ny"), wanted(ada="ny", bo="ny", cy="sea"), {})
    assert outcome.units == {"ada": "L1"}
    assert outcome.short == ["bo", "cy"]
    assert outcome.remaining == []
    assert [s.unit for s in allocate(spare(L2="ny", L1="sea"), [], {}).remaining] == ["L1", "L2"]


def test_all_that_is_left_moves_to_the_one_address_of_the_pool() -> None:
    assert relocations(spare(L2="ny", L1=None, L3="sea"), {"sea": None}) == [
        ("L1", "sea"),
        ("L2", "sea"),
    ]


def test_units_are_spread_over_the_addresses_as_the_pool_says() -> None:
    assert relocations(spare(L1="ny", L2="ny", L3="ny"), {"ny": 1, "sea": 1, "wil": 1}) == [
        ("L2", "sea"),
        ("L3", "wil"),
    ]


def test_units_beyond_what_the_addresses_want_stay_where_they_are() -> None:
    assert relocations(spare(L1="ny", L2="ny", L3="ny"), {"sea": 1}) == [("L1", "sea")]
    assert relocations(spare(L1="ny"), {}) == []


def test_too_few_units_fill_the_addresses_as_far_as_they_go() -> None:
    assert relocations(spare(L1="lon"), {"ny": 2, "sea": 2}) == [("L1", "ny")]


# --- against brute force --------------------------------------------------------------------------

addresses = st.sampled_from((None, "ny", "sea", "lon"))
pools = st.lists(st.tuples(st.integers(0, 2), addresses), max_size=5).map(
    lambda units: [Supply(effort, f"L{i}", address) for i, (effort, address) in enumerate(units)]
)
demands = st.lists(addresses, max_size=5).map(
    lambda wishes: [Demand(i, address) for i, address in enumerate(wishes)]
)
quotas: st.SearchStrategy[dict[str, int | None]] = st.one_of(
    st.just({}),
    st.sampled_from(("ny", "sea")).map(lambda slug: {slug: None}),
    st.dictionaries(st.sampled_from(("ny", "sea", "lon")), st.integers(0, 3)),
)


def moves(serving: Sequence[Supply], demands: Sequence[Demand[int]]) -> int:
    """Count the address changes that serving demands in this way brings."""
    pairs = zip(serving, demands, strict=True)
    return sum(1 for s, d in pairs if d.address not in (None, s.address))


def fewest_moves(left: Sequence[str | None], targets: Targets) -> int:
    """Count the moves that filling the targets needs, by trying every outcome."""
    caps = {a: len(left) if n is None else n for a, n in targets.items()}
    filled = min(len(left), sum(caps.values()))

    @cache
    def best(position: int, room: tuple[tuple[str, int], ...], to_fill: int) -> float:
        if position == len(left):
            return 0 if to_fill == 0 else float("inf")
        costs = [best(position + 1, room, to_fill)]  # it serves no target
        for i, (address, free) in enumerate(room):
            if free:
                less = (*room[:i], (address, free - 1), *room[i + 1 :])
                costs.append((left[position] != address) + best(position + 1, less, to_fill - 1))
        return min(costs)

    return int(best(0, tuple(caps.items()), filled))


def cheapest(supplies: Sequence[Supply], demands: Sequence[Demand[int]], targets: Targets) -> int:
    """Try every way to serve the demands, and to fill the targets with what is left."""
    costs = []
    for serving in permutations(supplies, len(demands)):
        rest = [s.address for s in supplies if s not in serving]
        costs.append(moves(serving, demands) + fewest_moves(tuple(rest), targets))
    return min(costs)


@examples(150)
@given(pools, demands, quotas)
def test_no_other_allocation_needs_fewer_address_changes_relocations_included(
    supplies: list[Supply], demands: list[Demand[int]], targets: Targets
) -> None:
    outcome = allocate(supplies, demands, targets)
    by_unit = {s.unit: s for s in supplies}
    served = [d for d in demands if d.key in outcome.units]
    total = moves([by_unit[outcome.units[d.key]] for d in served], served) + len(
        relocations(outcome.remaining, targets)
    )
    assert total == cheapest(supplies, served, targets)


@given(pools, demands, quotas)
def test_every_unit_serves_once_or_is_left_and_nobody_goes_without_while_one_is_left(
    supplies: list[Supply], demands: list[Demand[int]], targets: Targets
) -> None:
    outcome = allocate(supplies, demands, targets)
    assert sorted([*outcome.units.values(), *(s.unit for s in outcome.remaining)]) == sorted(
        s.unit for s in supplies
    )
    assert sorted([*outcome.units, *outcome.short]) == [d.key for d in demands]
    assert not (outcome.short and outcome.remaining)


@given(pools, quotas)
def test_relocation_fills_the_targets_and_moves_no_unit_in_vain(
    left: list[Supply], targets: Targets
) -> None:
    moved = dict(relocations(left, targets))
    there = Counter(moved.get(s.unit, s.address) for s in left)
    before = Counter(s.address for s in left)
    caps = {a: len(left) if n is None else n for a, n in targets.items()}
    filled = sum(min(there[a], n) for a, n in caps.items())
    assert filled == min(len(left), sum(caps.values()))
    assert len(moved) == filled - sum(min(before[a], n) for a, n in caps.items())


@given(pools, demands, quotas, st.randoms(use_true_random=False))
def test_the_order_in_which_units_are_listed_does_not_matter(
    supplies: list[Supply], demands: list[Demand[int]], targets: Targets, random: Random
) -> None:
    shuffled = random.sample(supplies, len(supplies))
    one, other = allocate(supplies, demands, targets), allocate(shuffled, demands, targets)
    assert one == other
    assert relocations(one.remaining, targets) == relocations(
        random.sample(one.remaining, len(one.remaining)), targets
    )
