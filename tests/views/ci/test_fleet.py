"""One comment for all accounts of a fleet, and the reports of CI systems."""

from __future__ import annotations

import json
import re
from typing import Any
from xml.etree import ElementTree as xml

import pytest
from hypothesis import given
from hypothesis import strategies as st

from licsync.diagnostics import Code, Span, error, warning
from licsync.engine.fleet import AccountResult
from licsync.engine.fleet_outcome import FleetOutcome, FleetRow
from licsync.views.ci.fleet import (
    diagnostics_of,
    fleet_checks,
    fleet_markdown,
    fleet_terraform_report,
    shares,
)
from licsync.views.ci.junit import junit
from tests.support.fake_fleet import summary
from tests.support.samples import examples

AT = "2026-11-24T09:00:00Z"


def row(account: str, code: int = 0, text: str = "", error: str = "", **found: Any) -> FleetRow:
    document = found.pop("document", None)
    counted = summary(**found) if found else None
    result = AccountResult(account, "plan", code, AT, AT, counted, text, error, document)
    return FleetRow(account, {}, "done", result)


def comment(*rows: FleetRow, **options: Any) -> str:
    outcome = FleetOutcome("northwind", "plan", AT, rows, "sha256:1")
    return fleet_markdown(outcome, "fleets/n", **options)


def test_the_worst_accounts_come_first_and_the_rest_is_counted() -> None:
    text = comment(
        row("a", changes=0),
        row("b", changes=2, text="plan of b\n"),
        row("c", 5, error="locked by ada\n"),
        row("d", changes=0),
        link="https://ci/1",
    )
    assert text.startswith("<!-- licsync:fleet-northwind-")
    assert re.findall(r"^\| (\w) \|", text, re.MULTILINE) == ["c", "b"]
    assert re.findall(r"<summary>(.*)</summary>", text) == ["c · locked", "b · 2 changes · done"]
    assert "locked by ada" in text
    assert "2 accounts without changes." in text
    assert "```\nlicsync fleet apply fleets/n --digest sha256:1\n```" in text
    assert text.endswith("[Whole output](https://ci/1)\n")


def test_a_fleet_in_sync_is_one_line() -> None:
    text = comment(row("a", changes=0))
    assert "**1 account: 0 changes.**" in text
    assert "|" not in text


def test_each_account_gets_its_share_of_the_room() -> None:
    long = "\n".join(f"line {number} {'x' * 90}" for number in range(2_000))
    rows = [row(name, changes=1, text=long) for name in ("a", "b", "c")]
    text = comment(*rows, row("short", changes=1, text="short\n"), limit=30_000)
    assert len(text) <= 30_000
    cut = [int(many.replace(",", "")) for many in re.findall(r"… ([\d,]+) more lines", text)]
    assert len(cut) == 3
    assert max(cut) - min(cut) <= 1
    assert "\nshort\n" in text


def test_many_accounts_do_not_fit_and_are_counted() -> None:
    rows = [row(f"account-{number}", 3 if number % 2 else 0, changes=1) for number in range(900)]
    text = comment(*rows, limit=20_000)
    assert len(text) <= 20_000
    shown = text.count("| account-")
    assert f"And {900 - shown} more accounts: " in text
    assert "refused, 450 done." in text


@examples(40)
@given(
    st.lists(st.tuples(st.text(max_size=80), st.text(max_size=4_000)), max_size=30),
    st.integers(10_000, 60_000),
)
def test_a_comment_is_never_longer_than_its_limit(
    accounts: list[tuple[str, str]], limit: int
) -> None:
    rows = [row(name, 1, text=text, error=text, changes=3) for name, text in accounts]
    assert len(comment(*rows, limit=limit).encode("utf-16-le")) // 2 <= limit


def test_names_and_texts_are_not_markup() -> None:
    text = comment(row("<b>@ada</b>`|", 1, text="```\n</details>\n@ada"))
    assert r"| `` <b>@ada</b>` ``\| |" in text
    assert "<summary>&#60;b&#62;&#64;ada" in text
    assert "````" in text


@pytest.mark.parametrize(
    ("needed", "room", "given_"),
    [([], 5, []), ([1, 2], 9, [1, 2]), ([9, 9, 9], 10, [3, 3, 4]), ([9, 1, 9], 10, [4, 1, 5]),
     ([5], -3, [0])],
)  # fmt: skip
def test_shares_are_fair(needed: list[int], room: int, given_: list[int]) -> None:
    assert sorted(shares(needed, room)) == sorted(given_)
    assert shares(needed, room)[1:2] == given_[1:2] or needed == [9, 9, 9]


def test_diagnostics_are_named_from_the_fleet_file() -> None:
    first = error(
        Code.UNKNOWN_KEY, "Unknown key 'x'.", Span("users/a.yaml", 3, 5), "licsync plan DIR"
    )
    second = warning(Code.OVERDUE, "It is overdue.")
    document = {"diagnostics": [first.to_json(), second.to_json()]}
    found = diagnostics_of(
        [
            row("c/acme", 1, document=document),
            row("c/bo", 5, error="x\nlocked by ada\n"),
            row("c/cy", 6),
        ],
        "fleets",
    )
    assert [(d.message, str(d.span), d.hint) for d in found] == [
        ("c/acme: Unknown key 'x'.", "c/acme/users/a.yaml:3:5", "licsync plan fleets/c/acme"),
        ("c/bo: locked. locked by ada", "None", None),
        ("c/cy: without access. It printed nothing.", "None", None),
        ("c/acme: It is overdue.", "None", None),
    ]


def test_reports_of_ci_systems() -> None:
    actions = {"actions": [{"verb": "assign"}, {"verb": "delete"}, {"verb": "rename"}]}
    rows = [row("a", document=actions), row("b", 3, error="refused\n"), row("c", document=actions)]
    assert json.loads(fleet_terraform_report(rows)) == {"create": 2, "update": 2, "delete": 2}
    suite = xml.fromstring(junit("fleet", fleet_checks(rows)).split("\n", 1)[1])
    assert [case.get("name") for case in suite.iter("testcase")] == ["a", "b", "c"]
    assert [fault.text for fault in suite.iter("failure")] == ["refused\nrefused"]
