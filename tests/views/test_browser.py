"""Hostile text of plans and of rules as a browser shows it: pages, and the comments and summaries
of a pull request.
"""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from markdown_it import MarkdownIt

from licsync.diagnostics import Severity
from licsync.model.desired import Desired
from licsync.planning.plan import Plan
from licsync.rules.checking import apply_rules
from licsync.views.ci.github import comment, job_summary
from licsync.views.escaping import escape_terminal
from licsync.views.plan.text import plan_text
from licsync.web.report import plan_html
from tests.support import sample_plans as samples
from tests.support.hostile_text import TEXTS, hostile_plan
from tests.support.samples import sampled

TODAY = date(2026, 11, 24)

ACTIVE = "script, img, iframe, object, embed, form, a[href^=http]"
NO_HANDLERS = (
    "[...document.querySelectorAll('*')]"
    ".every(e => [...e.attributes].every(a => !a.name.startsWith('on')))"
)


def ruled(text: str) -> Plan:
    """A plan that is hostile itself, with rules that say hostile things of it; one of them is
    approved.
    """
    says = {"message": text, "hint": text}
    rules: dict[str, Any] = {
        f"{text} 1": {"level": "deny", "when": "true", **says},
        f"{text} 2": {"level": "approval", "when": "true", **says},
        f"{text} 3": {"level": "approval", "when": "true", **says},
        f"{text} 4": {"level": "warn", "when": "plan.nothing", **says},
    }
    approvals = [{"rule": f"{text} 3", "count": 99, "reason": text, "expires": "2026-12-31"}]
    desired = Desired({"name": text}, samples.CATALOG, rules=rules, approvals=approvals)
    return apply_rules(hostile_plan(text), desired, TODAY)


class Shown:
    """A page of the browser; notes whatever what it shows does besides being shown."""

    def __init__(self, browser: Any) -> None:
        self.page = browser.new_page()
        self.done: list[str] = []
        self.page.on("dialog", lambda dialog: (self.done.append("dialog"), dialog.dismiss()))
        self.page.on("request", lambda request: self.done.append(request.url))
        self.page.on("pageerror", lambda error: self.done.append(str(error)))

    def show(self, source: str) -> Any:
        self.page.goto("about:blank")  # so that a page's script begins with nothing
        self.done.clear()
        self.page.set_content(source, wait_until="load")
        return self.page


@pytest.fixture(scope="module")
def screen(chromium: Any) -> Shown:
    return Shown(chromium)


@pytest.fixture(scope="module")
def harmless(screen: Shown) -> int:
    """How much there is in the page of a harmless plan that could do anything: its own script and
    its filters.
    """
    found: int = screen.show(plan_html(ruled("Nobody"), samples.CATALOG)).locator(ACTIVE).count()
    return found


def squeezed(text: str) -> str:
    return " ".join(text.split())


@pytest.mark.slow
@sampled("text", TEXTS, lambda index: index % 4 == 0)
def test_it_stays_text_and_does_nothing(screen: Shown, harmless: int, text: str) -> None:
    plan, markdown = (
        ruled(text),
        MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"]),
    )
    page = screen.show(plan_html(plan, samples.CATALOG))
    assert squeezed(escape_terminal(text)) in squeezed(page.evaluate("document.body.textContent"))
    assert page.locator(ACTIVE).count() == harmless
    assert page.evaluate(NO_HANDLERS)
    assert screen.done == []
    page = screen.show(
        "<hr>".join(markdown.render(view(plan, samples.CATALOG)) for view in (comment, job_summary))
    )
    assert page.locator("script, img, iframe, style, title, form, a, s").count() == 0
    assert page.evaluate(NO_HANDLERS)
    assert page.locator("hr").count() == 1, "each ends where it should"
    assert screen.done == []


def test_what_rules_say_is_there() -> None:
    plan = ruled("Nobody")
    severities = [d.severity for d in plan.diagnostics if "rule Nobody" in d.message]
    assert {Severity.ERROR, Severity.INFO} <= set(severities)
    for output in (
        plan_html(plan, samples.CATALOG),
        plan_text(plan, samples.CATALOG),
        comment(plan, samples.CATALOG),
    ):
        assert "rule Nobody 1" in output
        assert "approved until 2026-12-31: Nobody" in output
        assert "The rule" in output
