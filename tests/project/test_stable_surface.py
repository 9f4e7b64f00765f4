"""What docs/reference/compatibility.md promises to keep is kept."""

from __future__ import annotations

import re
from typing import Any

import pytest

from licsync.diagnostics import REFUSALS
from licsync.diagnostics.deprecations import DEPRECATED
from licsync.diagnostics.exit_codes import Exit
from tests.support.paths import ROOT
from tests.support.stable_surface import NOT_STABLE, breaks, facts_of_schema, recorded, surface

PAGE = (ROOT / "docs" / "reference" / "compatibility.md").read_text("utf-8")
ENVIRONMENT = (ROOT / "docs" / "reference" / "environment.md").read_text("utf-8")


@pytest.fixture(scope="module")
def now() -> set[str]:
    return surface()


def test_nothing_that_was_promised_is_gone(now: set[str]) -> None:
    gone = breaks(recorded(), now)
    assert not gone, (
        "Keep these, and deprecate them (docs/reference/compatibility.md):\n" + "\n".join(gone)
    )


def test_what_0_1_had_is_kept(now: set[str]) -> None:
    """`history` is a group since, whose default command is `list`."""
    was = (ROOT / "tests" / "fixtures" / "0.1" / "first" / "surface.txt").read_text("utf-8")
    listed = re.compile(r"^command history (?=accepts|option)", re.MULTILINE)
    assert breaks(set(listed.sub("command history list ", was).splitlines()), now) == []


def test_additions_are_recorded(now: set[str]) -> None:
    assert now == recorded(), "Record the additions with: make surface"


@pytest.mark.parametrize(
    "fact",
    [
        "exit 3 refused",
        "code plan-stale",
        "command apply option --digest takes 1",
        "command plan option --format value json",
        "command plan option --format is text by default",
        "command fleet apply accepts 1 words",
        "key account users.*.licenses[].extension.number string",
        "key account users.*.status value inactive",
        "key account users.*.site may be absent",
        "key plan actions[].verb value upgrade",
        "key plan digest is always there",
        "environment LICSYNC_API_KEY",
        "python licsync.plan parameter now may be left out",
        "python Outcome.is_complete",
        "document users users[].status",
        "document drift drift[].resource",
        "document validate diagnostics[].code",
        "column plan 1 number",
        "action output digest",
        "hook licsync-validate",
    ],
)
def test_it_covers_what_the_page_lists(now: set[str], fact: str) -> None:
    assert fact in now
    assert breaks({fact}, now - {fact}) == [fact]


@pytest.mark.parametrize(
    ("before", "after", "gone"),
    [
        ({"properties": {"a": {"type": "string"}}}, {"properties": {}},
         ["a may be absent", "a string"]),
        ({"properties": {"a": {}}}, {"properties": {"a": {}}, "required": ["a"]},
         ["a may be absent"]),
        ({"properties": {"a": {"enum": ["x", "y"]}}}, {"properties": {"a": {"enum": ["y"]}}},
         ["a value x"]),
        ({"properties": {"a": {"type": ["string", "null"]}}},
         {"properties": {"a": {"type": "string"}}}, ["a null"]),
        ({"properties": {}}, {"properties": {"a": {"type": "string"}}}, []),
    ],
    ids=["a key less", "a key required", "a value less", "a type less", "a key more"],
)  # fmt: skip
def test_it_sees_what_breaks_files(
    before: dict[str, Any], after: dict[str, Any], gone: list[str]
) -> None:
    one, other = set(facts_of_schema("account", before)), set(facts_of_schema("account", after))
    assert breaks(one, other) == [f"key account {fact}" for fact in gone]


def test_what_licsync_writes_must_not_leave_out_a_key() -> None:
    schema = {"properties": {"a": {}}, "required": ["a"]}
    one = set(facts_of_schema("plan", schema))
    other = set(facts_of_schema("plan", {"properties": {"a": {}}}))
    assert breaks(one, other) == ["key plan a is always there"]


def test_the_page_lists_the_variables_and_exit_codes(now: set[str]) -> None:
    variables = {fact.split()[1] for fact in now if fact.startswith("environment ")}
    listed = set(re.findall(r"`(LICSYNC_[A-Z_]*[A-Z]|NO_COLOR)", ENVIRONMENT))
    assert listed >= variables | NOT_STABLE
    rows = PAGE.partition("## Exit codes")[2].partition("\n## ")[0]
    assert [int(code) for code in re.findall(r"^\| (\d+) \|", rows, re.MULTILINE)] == sorted(Exit)
    refusals = rows.partition("These errors of a plan exit 3")[2].partition(" So do ")[0]
    assert set(re.findall(r"`([a-z-]+)`", refusals)) == REFUSALS
    for name, entry in DEPRECATED.items():
        row = f"| `{name}` | `{entry.instead}` | {entry.since} | {entry.removed_in} |"
        assert row in PAGE, row
