"""A plan for a pull request."""

import re
from collections.abc import Callable

import pytest
from markdown_it import MarkdownIt

from licsync.diagnostics import Code, warning
from licsync.planning.actions import Action, Change
from licsync.planning.plan_document import LedgerRow
from licsync.views.escaping import byte_length, utf16
from licsync.views.plan.markdown import marker, plan_markdown
from tests.support import sample_plans as samples

PARSER = MarkdownIt("commonmark").enable("table")


@pytest.mark.parametrize("name", ["tour", "short", "large", "plan"])
def test_golden(golden: Callable[[str, str], None], name: str):
    golden(f"plan-{name}.md", plan_markdown(getattr(samples, name)(), samples.CATALOG))


def different(number: int) -> list[Action]:
    """Updates that have nothing in common."""
    return [
        Action(
            "user", "update", f"users/u{n}@acme.example", changes=[Change(f"field_{n}", "a", "b")]
        )
        for n in range(number)
    ]


def test_the_long_tail_is_folded():
    output = plan_markdown(samples.plan(actions=different(100)), samples.CATALOG)
    assert "<details><summary>60 more</summary>" in output
    assert all(f"u{n}@acme.example" in output for n in range(100))


@pytest.mark.slow
def test_it_fits_into_a_comment_and_counts_what_it_leaves_out():
    output = plan_markdown(samples.plan(actions=different(3000)), samples.CATALOG, limit=20_000)
    assert len(output) < 20_000
    assert "more: " in output
    assert output.count("```") % 2 == 0
    assert output.count("<details>") == output.count("</details>")


def test_signs_colour_the_lines_of_a_diff():
    output = plan_markdown(samples.tour(), samples.CATALOG)
    lines = next(
        t.content for t in PARSER.parse(output) if t.type == "fence" and t.info == "diff"
    ).splitlines()
    assert "- ‖ bo.chen@acme.example" in "\n".join(lines)
    assert all(line.startswith(("- ", "! ", "+ ", "  ")) for line in lines)


def test_many_diagnostics_are_counted():
    faults = [warning(Code.UNLISTED_USER, f"number {n}") for n in range(50)]
    output = plan_markdown(samples.plan(diagnostics=faults), samples.CATALOG)
    assert output.count("warning[unlisted-user]") == 20
    assert "50 warnings in total" in output


def test_it_starts_with_the_marker_of_its_account():
    assert plan_markdown(samples.plan(), samples.CATALOG).startswith("<!-- licsync:acme -->\n")


def test_no_two_accounts_have_the_same_marker():
    names = ["acme", "acme ", "acme-", "-->", "--", "ä", "ö", "", "x" * 99, "x" * 98]
    assert len({marker(name) for name in names}) == len(names)
    assert all(re.fullmatch(r"<!-- licsync:[\w.-]* -->", marker(name)) for name in names)
    assert all("--" not in marker(name)[4:-3] for name in ("-->", "<!--"))


@pytest.mark.slow
@pytest.mark.parametrize(
    ("size", "limit", "text"),
    [
        (utf16, 60_000, "😀"),
        (utf16, 20_000, "`"),
        (byte_length, 100_000, "日本"),
        (byte_length, 30_000, "a|b"),
    ],
)
def test_it_keeps_to_its_limit_however_long_what_it_says_is(
    size: Callable[[str], int], limit: int, text: str
):
    long = text * 3000
    faults = [warning(Code.UNLISTED_USER, f"{n} {long}") for n in range(40)]
    rows = [LedgerRow(f"x{n}", text * 100, 2, 1, 0) for n in range(1000)]
    actions = [*different(1000), Action("user", "delete", f"users/{long}", why=long)]
    plan = samples.plan(
        account=long, actions=actions, diagnostics=faults, licenses=rows, directory=long
    )
    output = plan_markdown(
        plan, samples.CATALOG, limit=limit, size=size, link="https://ci.example/runs/1"
    )
    assert size(output) <= limit
    assert "1 to delete" in output
    assert " more pools." in output
    assert output.count("```") % 2 == 0 or text == "`"


@pytest.mark.slow
def test_removals_come_first_where_room_is_short():
    actions = [*different(1000), Action("user", "delete", "users/gone@acme.example")]
    output = plan_markdown(
        samples.plan(actions=actions), samples.CATALOG, limit=20_000, link="https://ci.example/1"
    )
    assert "gone@acme.example" in output
    shown = output.count("update field")
    assert f"… and {1000 - shown:,} more: " in output
    assert "[Full plan](https://ci.example/1)" in output
    assert "whole plan" not in plan_markdown(
        samples.plan(actions=actions), samples.CATALOG, limit=20_000, link="x)y"
    )
