"""What holds for every refresh, of random accounts after random days in the console."""

from __future__ import annotations

from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from licsync.model.observed import is_observable
from tests.support.console_exports import Doc, Shape, exported
from tests.support.random_inventories import oracle_document
from tests.support.refreshing import Day, merged, records, refreshed, without_ids

few = settings(max_examples=settings().max_examples // 3)
"""Each example makes and reads a whole account."""

LATER = "2026-12-01T09:00:00Z"
SHAPES = st.builds(
    Shape,
    ids=st.booleans(),
    address=st.sampled_from(("line", "columns", "")),
    is_sku=st.booleans(),
    is_templated=st.booleans(),
    words=st.booleans(),
    user_licenses=st.booleans(),
    licenses=st.booleans(),
    seed=st.integers(0, 9),
)
SEEDS = st.integers(0, 5_000)


def account(seed: int) -> Doc:
    return oracle_document(seed, 8)


@few
@given(SEEDS, SHAPES)
def test_an_export_of_an_unchanged_account_changes_nothing_ids_included(
    seed: int, shape: Shape
) -> None:
    before = account(seed)
    assert records(refreshed(before, exported(before, shape))) == records(before)


@few
@given(SEEDS, SEEDS)
def test_a_complete_export_says_everything_that_it_shows(seed: int, day: int) -> None:
    before = account(seed)
    after = Day(Random(day), before).work(6)
    found = refreshed(before, exported(after, Shape(ids=False, seed=day % 7)))
    users, units = without_ids(found)
    expected_users, expected_units = without_ids(after)
    assert units == expected_units
    shown = ("first_name", "last_name", "email", "status", "site", "department", "job_title")
    for name, user in expected_users.items():
        assert {key: users[name].get(key) for key in shown} == {key: user.get(key) for key in shown}
    assert users.keys() == expected_users.keys()


@pytest.mark.slow
@few
@given(SEEDS, SEEDS)
def test_the_order_of_rows_does_not_matter(seed: int, day: int) -> None:
    before = account(seed)
    after = Day(Random(day), before).work(6)
    one, other = (refreshed(before, exported(after, Shape(ids=False, seed=n))) for n in (0, 5))
    assert one == other


@few
@given(SEEDS, SEEDS)
def test_refreshing_twice_is_refreshing_once(seed: int, day: int) -> None:
    before = account(seed)
    tables = exported(Day(Random(day), before).work(6), Shape(ids=False))
    once = refreshed(before, tables)
    assert records(refreshed(once, tables, LATER)) == records(once)


@few
@given(SEEDS, SEEDS)
def test_an_id_never_becomes_a_unit_of_another_type_or_country(seed: int, day: int) -> None:
    before = account(seed)
    found = refreshed(before, exported(Day(Random(day), before).work(8), Shape(ids=False)))
    for unit_id in before["licenses"].keys() & found["licenses"].keys():
        was, now = before["licenses"][unit_id], found["licenses"][unit_id]
        assert (was["type"], was["country"]) == (now["type"], now["country"])


@pytest.mark.slow
@few
@given(SEEDS, SEEDS)
def test_an_id_that_is_gone_does_not_come_back(seed: int, day: int) -> None:
    first = account(seed)
    worker = Day(Random(day), first)
    shape = Shape(ids=False)
    seen = refreshed(first, exported(worker.work(5), shape))
    retired = first["licenses"].keys() - seen["licenses"].keys()
    for task in (worker.buy, worker.buy):
        task()
    later = refreshed(seen, exported(worker.document, shape), LATER)
    assert not retired & later["licenses"].keys()


@few
@given(SEEDS, SEEDS)
def test_renamed_users_keep_their_ids_and_what_no_table_says(seed: int, day: int) -> None:
    before = account(seed)
    worker = Day(Random(day), before)
    for _ in range(3):
        worker.rename()
    result = merged(before, exported(worker.document, Shape(ids=False)))
    assert result.renamed["users"] == worker.renamed
    assert result.gone["users"] == []
    for old, new in worker.renamed.items():
        was, now = before["users"][old], result.document["users"][new]
        assert now.get("id") == was.get("id")
        assert now.get("policy") == was.get("policy")
        assert now.get("services") == was.get("services")


@few
@given(SEEDS, SEEDS)
def test_a_list_of_users_alone_keeps_all_units(seed: int, day: int) -> None:
    before = account(seed)
    after = Day(Random(day), before).work(4)
    tables = exported(after, Shape(licenses=False, user_licenses=False, settings=False))
    found = refreshed(before, tables)
    assert found["licenses"].keys() == before["licenses"].keys()
    assert found["users"].keys() == after["users"].keys()


@few
@given(SEEDS, SEEDS)
def test_an_incomplete_list_forgets_nobody(seed: int, day: int) -> None:
    before = account(seed)
    tables = exported(before, Shape(ids=False, seed=day % 5))
    half = {name: rows[: 1 + len(rows) // 2] for name, rows in tables.items()}
    del half["licenses"]
    assert records(refreshed(before, half, is_partial=True)) == records(before)


@pytest.mark.slow
@few
@given(SEEDS, SHAPES)
def test_observed_facts_are_new_and_others_keep_their_age(seed: int, shape: Shape) -> None:
    before = {**account(seed), "as_of": "2026-11-01T00:00:00Z"}
    tables = exported(before, shape)
    once = merged(before, tables, LATER)
    observed = once.document["observed"]
    assert all(map(is_observable, observed))
    assert {key for key, at in observed.items() if at == LATER} == once.observation.reported
    assert set(once.observation.kept.values()) <= {"2026-11-01T00:00:00Z"}
    twice = merged(once.document, tables, "2026-12-02T09:00:00Z")
    assert twice.observation.kept == once.observation.kept
