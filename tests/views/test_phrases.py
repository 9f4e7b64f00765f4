"""Values as people say them, and the layout of plain text."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from licsync.views import phrases as words
from licsync.views.terminal import display_width, pack, pad, table, wrap


@pytest.mark.parametrize(
    ("path", "before", "after", "expected"),
    [
        ("department", None, "Sales", "Sales"),
        ("department", "Sales", None, "Sales → —"),
        ("extension.features.frontdesk", True, False, "on → off"),
        ("extension.recording_mode", "off", "on_demand", "off → on demand"),
        ("extension.phone_numbers", ["+1", "+2"], ["+1", "+3"], "- +2, + +3"),
        ("extension.phone_numbers", ["+1", "+2"], ["+2", "+1"], "+1, +2 → +2, +1"),
        ("extension.phone_numbers", ["+1", "+2"], ["+2"], "+1, +2 → +2"),
        ("extension.call_forwarding", [{"when": "busy", "to": "7"}], [], "when busy to 7 → —"),
        ("ring_groups", [], [{"a": 1}], "a=1"),
        ("status", {"a": 1}, "x", "a=1 → x"),
    ],
)
def test_changes(path, before, after, expected):
    assert words.change(path, before, after) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2026-11-24T09:12:00Z", "24 Nov 2026 09:12 UTC"),
        ("2026-11-24T01:12:00+02:00", "23 Nov 2026 23:12 UTC"),
        ("yesterday", "yesterday"),
        ("0001-01-01T00:00:00+14:00", "0001-01-01T00:00:00+14:00"),
    ],
)
def test_instants(text, expected):
    assert words.instant(text) == expected


def test_days_do_not_depend_on_the_locale():
    assert words.day(datetime(2026, 3, 1, tzinfo=UTC)) == "1 Mar 2026"


def test_lists_and_counts_as_phrases():
    assert words.sentence(["a"]) == "a"
    assert words.sentence(["a", "b", "c"]) == "a, b and c"
    assert words.sentence([]) == "—"
    assert words.first_few(["a", "b", "c"], 2) == "a, b, c"
    assert words.first_few(["a", "b", "c", "d"], 2) == "a, b and 2 more"
    assert words.count(1, "user") == "1 user"
    assert words.count(1240, "user") == "1,240 users"


def test_addresses():
    assert words.postal(
        {"building": "Floor 2", "street_name": "High St", "city": "Bath", "country": "GB"}
    ) == ("Floor 2, High St, Bath, GB")
    assert words.postal(None) == "—"
    two = {"a": {"city": "Bath"}, "b": {"city": "Bath"}, "c": {"city": "Rome"}, "d": {}}
    assert words.place_names(two) == {"a": "a", "b": "b", "c": "Rome", "d": "d"}


def test_wide_and_combining_characters_are_measured():
    assert display_width("日本") == 4
    assert display_width("e\u0301") == 1
    assert pad("日本", 5) == "日本 "
    assert pad("7", 3, "r") == "  7"
    assert table([["日本", "x"], ["abcde", "y"]]) == ["日本    x", "abcde   y"]


@given(st.text(alphabet="ab 日é"), st.integers(5, 40))
def test_wrapping_loses_nothing_and_keeps_to_the_width(text: str, columns: int):
    lines = wrap(text, columns)
    assert " ".join(lines).replace(" ", "") == text.replace(" ", "")
    assert all(display_width(line) <= columns or " " not in line.strip() for line in lines)


@given(st.lists(st.text(alphabet="abc ", min_size=1, max_size=12), min_size=1), st.integers(12, 40))
def test_packing_breaks_between_phrases(phrases: list[str], columns: int):
    lines = pack(phrases, columns)
    assert "".join(lines).replace(" ", "") == "".join(phrases).replace(" ", "")
    assert all(len(line) <= columns for line in lines)
