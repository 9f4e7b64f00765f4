"""What the entries of a fleet file say of each account, and which accounts are selected."""

from __future__ import annotations

import pytest
from pydantic import TypeAdapter, ValidationError

from licsync.model.fleet import (
    FleetMember,
    in_waves,
    is_selected,
    members_of,
    placeholders_in,
    substituted,
    texts_of,
)
from licsync.model.fleet_declarations import Fleet, Label


def test_entries_are_joined_and_later_ones_win() -> None:
    fleet: Fleet = {
        "name": "northwind",
        "accounts": {
            "customers/*": {
                "labels": {"tier": "standard", "wave": "2"},
                "key": {"command": ["op", "read", "op://8x8/{account}/key"]},
                "limits": {"delete": 0, "suspend": 10},
                "drift": {"every": "6h"},
            },
            "customers/acme": {
                "labels": {"wave": "1"},
                "limits": {"suspend": "5%"},
                "drift": {"every": "1h"},
            },
            "customers/old-*": {"mode": "plan-only", "audit_key": {"env": "{ACCOUNT}_AUDIT"}},
            "customers/new": None,
            "nowhere/*": {},
        },
    }
    found = {
        "customers/*": ["customers/old-x", "customers/acme"],
        "customers/acme": ["customers/acme"],
        "customers/old-*": ["customers/old-x"],
        "customers/new": ["customers/new"],
    }
    acme, new, old = members_of(fleet, found)
    assert acme == FleetMember(
        "customers/acme",
        {"tier": "standard", "wave": "1"},
        {"delete": 0, "suspend": "5%"},
        {"LICSYNC_API_KEY": {"command": ["op", "read", "op://8x8/acme/key"]}},
        "1h",
    )
    assert new == FleetMember("customers/new")
    assert (old.may_apply, old.drift_every) == (False, "6h")
    assert old.secrets["LICSYNC_AUDIT_KEY"] == {"env": "OLD_X_AUDIT"}


def test_an_empty_value_takes_a_secret_away() -> None:
    fleet: Fleet = {"name": "n", "accounts": {"*": {"key": {"env": "K"}}, "b": {"key": None}}}
    members = members_of(fleet, {"*": ["a", "b"], "b": ["b"]})
    assert [list(member.secrets) for member in members] == [["LICSYNC_API_KEY"], []]


def test_placeholders_stand_for_the_directory() -> None:
    reference = substituted({"file": "{path}/{account}-{ACCOUNT}-{other}.key"}, "a/b-1.c")
    assert reference == {"file": "a/b-1.c/b-1.c-B_1_C-{other}.key"}
    assert list(texts_of({"command": ["op", "read"]})) == ["op", "read"]
    assert placeholders_in({"command": ["{path}", "a{b}c{path}"]}) == {"path", "b"}
    assert list(texts_of(reference)) == ["a/b-1.c/b-1.c-B_1_C-{other}.key"]


@pytest.mark.parametrize(
    ("selection", "matches"),
    [
        ("customers/acme", True),
        ("customers/acme/", True),
        ("customers/*", True),
        ("*acme", True),
        ("acme", False),
        ("tier=gold", True),
        ("tier=g*", True),
        ("tier=standard", False),
        ("region=*", False),
        ("tier=gold,customers/*", True),
        ("tier=gold,wave=2", False),
    ],
)
def test_a_selection_names_labels_and_patterns(selection: str, matches: bool) -> None:
    member = FleetMember("customers/acme", {"tier": "gold", "wave": "1"})
    assert is_selected(member, selection) is matches


def test_accounts_without_a_wave_come_last() -> None:
    members = [FleetMember(name, {"wave": wave} if wave else {}) for name, wave in
               (("a", ""), ("b", "2"), ("c", "1"), ("d", "2"))]  # fmt: skip
    waves = in_waves(members, ["1", "2", "3"])
    assert [[member.account for member in wave] for wave in waves] == [["c"], ["b", "d"], ["a"]]
    assert in_waves(members, []) == [members]


@pytest.mark.parametrize("value", ["", "a,b", "x" * 101, 2, None, ["a"]])
def test_a_label_is_text_without_a_comma(value: object) -> None:
    labels = TypeAdapter(Label)
    assert labels.validate_python("2") == "2"
    with pytest.raises(ValidationError):
        labels.validate_python(value)
