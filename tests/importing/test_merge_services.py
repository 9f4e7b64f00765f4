"""What a license takes along when an export says that its user lost it."""

from __future__ import annotations

from copy import deepcopy

import pytest

from tests.support.accounts import inventory_document, unit, user
from tests.support.console_exports import Doc, exported
from tests.support.refreshing import merged, refreshed

GROUPS: Doc = {"ring_groups": ["Main"], "call_queues": ["Support"]}


@pytest.fixture
def before() -> Doc:
    units = {"L1": unit("x2"), "L2": unit("vcc-agent"), "L3": unit("x2")}
    users = {
        "ada": user({"L1": {"number": "1001"}, "L2": None}, **GROUPS),
        "bo": user(["L3"], **GROUPS),
    }
    return inventory_document(units, users)


def without(document: Doc, *units: str) -> Doc:
    """Take licenses from their users in the console, which says nothing of groups in exports."""
    now = deepcopy(document)
    for person in now["users"].values():
        person["services"] = [s for s in person["services"] if s["license"] not in units]
    for name in units:
        now["licenses"][name] = unit(now["licenses"][name]["type"], status="unassigned")
    return now


def groups(document: Doc, name: str) -> Doc:
    return {field: document["users"][name][field] for field in GROUPS}


def test_who_lost_the_last_extension_leaves_the_groups(before: Doc) -> None:
    result = merged(before, exported(without(before, "L1")))
    assert groups(result.document, "ada") == {"ring_groups": [], "call_queues": []}
    assert any("no longer in ring groups" in text for text in result.conclusions)


def test_who_keeps_an_extension_stays_in_the_groups(before: Doc) -> None:
    now = refreshed(before, exported(without(before, "L2")))
    assert groups(now, "ada") == GROUPS


def test_whose_extension_was_never_known_stays_in_the_groups(before: Doc) -> None:
    now = refreshed(before, exported(without(before, "L3")))
    assert groups(now, "bo") == GROUPS


def test_what_the_export_says_of_groups_counts(before: Doc) -> None:
    tables = exported(without(before, "L1"))
    head, *rows = tables["users"]
    tables["users"] = [[*head, "Call queues"], *([*row, "Support"] for row in rows)]
    now = refreshed(before, tables)
    assert groups(now, "ada") == {"ring_groups": [], "call_queues": ["Support"]}
