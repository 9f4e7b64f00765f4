"""The state machine of a license: one table, which the console and the planner share."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from typing import Any, get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from licsync.model.license import (
    REINSTATE_WITHIN,
    TRANSITIONS,
    Event,
    State,
    can_reinstate,
    format_instant,
    is_gone,
    parse_instant,
    removed_since,
    state_of,
    transition,
)

NOW = datetime(2026, 11, 24, tzinfo=UTC)
UNITS: dict[str, dict[str, Any] | None] = {
    "none": None,
    "unassigned": {"status": "unassigned"},
    "assigned": {"status": "assigned", "user": "ada"},
    "suspended:user_inactive": {
        "status": "suspended",
        "user": "ada",
        "suspended": {"reason": "user_inactive", "at": "2026-11-01T00:00:00Z"},
    },
    "suspended:removed": {
        "status": "suspended",
        "suspended": {"reason": "removed", "at": "2026-11-01T00:00:00Z"},
    },
}


@pytest.mark.parametrize("state", get_args(State))
def test_the_state_is_read_from_the_record(state: str) -> None:
    assert state_of(UNITS[state]) == state


def test_the_table_has_one_row_for_a_state_and_an_event_and_names_no_other() -> None:
    assert (
        len({(t.before, t.event) for t in TRANSITIONS})
        == len({t.id for t in TRANSITIONS})
        == len(TRANSITIONS)
    )
    assert {t.event for t in TRANSITIONS} == set(get_args(Event))
    assert {t.before for t in TRANSITIONS} | {t.after for t in TRANSITIONS} == set(get_args(State))


@pytest.mark.parametrize(
    ("state", "event", "after"),
    [
        ("unassigned", "assign", "assigned"),
        ("assigned", "unassign", "unassigned"),
        ("assigned", "suspend", "suspended:user_inactive"),
        ("suspended:user_inactive", "reactivate", "assigned"),
        ("suspended:removed", "reinstate", "unassigned"),
        ("suspended:removed", "expire", "none"),
        ("unassigned", "relocate", "unassigned"),
    ],
)
def test_what_the_console_does(state: str, event: Event, after: str) -> None:
    row = transition(UNITS[state], event)
    assert row is not None
    assert row.after == after


@pytest.mark.parametrize(
    "state", ["suspended:user_inactive", "suspended:removed", "assigned", "none"]
)
def test_only_an_unassigned_license_can_be_assigned(state: str) -> None:
    assert transition(UNITS[state], "assign") is None


def test_only_reactivation_reinstatement_or_time_ends_a_suspension() -> None:
    ways = {(t.before, t.event) for t in TRANSITIONS if t.before.startswith("suspended")}
    assert ways == {
        ("suspended:user_inactive", "reactivate"),
        ("suspended:removed", "reinstate"),
        ("suspended:removed", "expire"),
    }


# --- thirty days ----------------------------------------------------------------------------------


def removed(at: datetime) -> dict[str, Any]:
    return {"status": "suspended", "suspended": {"reason": "removed", "at": format_instant(at)}}


def test_a_removed_license_can_be_reinstated_for_thirty_days_to_the_second() -> None:
    last, over = NOW - REINSTATE_WITHIN + timedelta(seconds=1), NOW - REINSTATE_WITHIN
    assert (can_reinstate(removed(last), NOW), is_gone(removed(last), NOW)) == (True, False)
    assert (can_reinstate(removed(over), NOW), is_gone(removed(over), NOW)) == (False, True)


@pytest.mark.parametrize("state", ["none", "unassigned", "assigned", "suspended:user_inactive"])
def test_any_other_license_was_never_removed(state: str) -> None:
    unit = UNITS[state] or {"status": "unassigned"}
    assert removed_since(unit) is None
    assert not can_reinstate(unit, NOW)
    assert not is_gone(unit, NOW)


@given(st.timedeltas(min_value=timedelta(0), max_value=timedelta(days=90)))
def test_a_removed_license_can_be_reinstated_or_is_gone(age: timedelta) -> None:
    unit = removed(NOW - age)
    assert can_reinstate(unit, NOW) != is_gone(unit, NOW)


# --- instants -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "text",
    ["2026-11-24T00:00:00Z", "2026-11-24T00:00:00", "2026-11-24", "2026-11-24T01:00:00+01:00"],
)
def test_an_instant_without_an_offset_is_utc(text: str) -> None:
    assert parse_instant(text) == NOW


def test_an_instant_is_written_in_utc() -> None:
    there = datetime(2026, 11, 24, 9, 30, tzinfo=timezone(timedelta(hours=9, minutes=30)))
    assert format_instant(there) == "2026-11-24T00:00:00Z"


def test_an_invalid_instant_is_refused() -> None:
    with pytest.raises(ValueError, match="isoformat"):
        parse_instant("yesterday")


@given(st.datetimes(timezones=st.just(UTC)))
def test_an_instant_is_read_back_to_the_second(moment: datetime) -> None:
    if moment.year >= 1000:
        assert parse_instant(format_instant(moment)) == moment.replace(microsecond=0)
