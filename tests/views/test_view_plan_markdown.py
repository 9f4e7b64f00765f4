"""A plan for a pull request."""

from collections.abc import Callable

import pytest
import view_samples as samples
from markdown_it import MarkdownIt

from licsync.diagnostics import Code, warning
from licsync.planning.plan import Action, Change
from licsync.views.plan_markdown import MARKER, plan_markdown, summary_line

PARSER = MarkdownIt("commonmark").enable("table")


@pytest.mark.parametrize("name", ["tour", "short", "large", "plan"])
def test_golden(golden: Callable[[str, str], None], name: str):
    golden(f"plan-{name}.md", plan_markdown(getattr(samples, name)(), samples.CATALOG))


def different(number: int) -> list[Action]:
    """Updates that have nothing in common."""
    return [
        Action("user", "update", f"users/u{n}@acme.example", changes=[Change(f"field_{n}", "a", "b")])
        for n in range(number)
    ]


def test_the_long_tail_is_folded():
    said = plan_markdown(samples.plan(actions=different(100)), samples.CATALOG)
    assert "<details><summary>60 more</summary>" in said
    assert all(f"u{n}@acme.example" in said for n in range(100))


def test_it_fits_into_a_comment_and_counts_what_it_leaves_out():
    said = plan_markdown(samples.plan(actions=different(3000)), samples.CATALOG, limit=20_000)
    assert len(said) < 20_000
    assert "more: " in said
    assert said.count("```") % 2 == 0
    assert said.count("<details>") == said.count("</details>")


def test_signs_colour_the_lines_of_a_diff():
    said = plan_markdown(samples.tour(), samples.CATALOG)
    lines = next(t.content for t in PARSER.parse(said) if t.type == "fence" and t.info == "diff").splitlines()
    assert "- ‖ bo.chen@acme.example" in "\n".join(lines)
    assert all(line.startswith(("- ", "! ", "+ ", "  ")) for line in lines)


def test_many_diagnostics_are_counted():
    faults = [warning(Code.UNLISTED_USER, f"number {n}") for n in range(50)]
    said = plan_markdown(samples.plan(diagnostics=faults), samples.CATALOG)
    assert said.count("warning[unlisted-user]") == 20
    assert "50 warnings in all" in said


def test_it_starts_with_its_marker():
    assert plan_markdown(samples.plan(), samples.CATALOG).startswith(MARKER)


def test_the_summary_line_fits_a_title():
    assert summary_line(samples.small()) == "1 to create, 1 to assign, 1 to downgrade, 1 to suspend"
    assert summary_line(samples.plan()) == "no changes"
