"""Hostile text in every field of a plan and an inventory, in every view."""

import csv
import io
import json
import re
import unicodedata

import pytest
from markdown_it import MarkdownIt

from licsync.engine.events import (
    ActionDone,
    ActionFailed,
    ActionSkipped,
    ActionStarted,
    Event,
    Outcome,
    RunFinished,
    RunStarted,
)
from licsync.engine.ports import Run
from licsync.views.diagnostics import diagnostics_github, diagnostics_text
from licsync.views.escaping import escape_terminal
from licsync.views.history import history_json, history_table
from licsync.views.json_documents import diagnostics_json, plan_json
from licsync.views.licenses import licenses_table, unit_groups
from licsync.views.plan.markdown import plan_markdown
from licsync.views.plan.text import plan_text
from licsync.views.progress import json_listener, line_listener, progress_bar
from licsync.views.terminal import PLAIN
from licsync.views.users import user_page, users_table
from tests.support import sample_plans as samples
from tests.support.hostile_text import TEXTS, hostile_inventory, hostile_plan
from tests.support.manual_orders import runbook

pytestmark = pytest.mark.parametrize("text", TEXTS)

PARSER = MarkdownIt("commonmark").enable(["table", "strikethrough"])


def assert_harmless(output: str) -> None:
    """Nothing but letters, spaces and line breaks, and no command in the log of a CI job."""
    assert not re.search(r"^\s*::|##\w*\[", output, re.MULTILINE)
    for char in output.replace("\n", ""):
        assert unicodedata.category(char) not in ("Cc", "Cf", "Cs", "Co", "Zl", "Zp"), hex(
            ord(char)
        )


def test_plan_text(text: str):
    for verbose in (False, True):
        output = plan_text(hostile_plan(text), samples.CATALOG, verbose=verbose)
        assert_harmless(output)
        assert escape_terminal(text).strip() in output.replace("\n", "")


def test_plan_json(text: str):
    output = plan_json(hostile_plan(text))
    assert_harmless(output)
    assert json.loads(output)["account"] == text


def test_plan_markdown(text: str):
    for output in (
        plan_markdown(hostile_plan(text), samples.CATALOG),
        runbook(hostile_plan(text), samples.CATALOG),
    ):
        assert_harmless(output)
        for token in PARSER.parse(output):
            if token.type == "html_block":
                assert re.fullmatch(
                    r"<!-- licsync:[\w.-]* -->|<details><summary>[0-9,]+ more</summary>|</details>",
                    token.content.strip(),
                )
            for child in token.children or ():
                assert child.type not in ("link_open", "image", "s_open")
                if child.type == "html_inline":
                    assert child.content in ("<sub>", "</sub>")
                if child.type == "text":
                    assert not re.search(r"@\w|#\d|www\.|https?:", child.content)


def test_diagnostics(text: str):
    plan = hostile_plan(text)
    output = diagnostics_text(plan.diagnostics, source_line=lambda span: text)
    assert_harmless(output)
    assert_harmless(diagnostics_json(plan.diagnostics))
    commands = diagnostics_github(plan.diagnostics)
    assert_harmless(re.sub(r"^::", "", commands, flags=re.MULTILINE))
    assert all(
        re.match(r"::(error|warning|notice) (file=[^:,]*,line=3,col=5,)?title=", c)
        for c in commands.splitlines()
    )


def test_licenses_and_users(text: str):
    inventory = hostile_inventory(text)
    groups = unit_groups(inventory, samples.CATALOG, samples.NOW)
    outputs = [
        licenses_table(inventory, samples.CATALOG, groups, format=f)
        for f in ("table", "json", "csv")
    ]
    outputs += [users_table(inventory, samples.CATALOG, format=f) for f in ("table", "json", "csv")]
    for name in inventory.users:
        outputs += [
            user_page(inventory, samples.CATALOG, name, format=f) for f in ("table", "json", "csv")
        ]
    for output in outputs:
        assert_harmless(output.replace("\r\n", "\n"))


def test_progress_and_history(text: str):
    plan = hostile_plan(text)
    events: list[Event] = [RunStarted(text, text, len(plan.actions))]
    events += [
        event for action in plan.actions for event in (ActionStarted(action), ActionDone(action))
    ]
    events += [
        ActionFailed(plan.actions[0], text),
        ActionSkipped(plan.actions[1], text),
        RunFinished(Outcome(text)),
    ]
    written: list[str] = []
    stream = io.StringIO()
    with progress_bar(stream, samples.CATALOG, options=PLAIN) as shown:
        for listen in (
            line_listener(written.append, samples.CATALOG),
            json_listener(written.append, lambda: samples.NOW),
            shown,
        ):
            for event in events:
                listen(event)
    run = Run(text, text, {"summary": {text: 1}, "digest": text}, {}, text, text)
    for output in (*written, stream.getvalue(), history_table([run]), history_json([run])):
        assert_harmless(output)


def test_csv_holds_no_formula(text: str):
    inventory = hostile_inventory(text)
    groups = unit_groups(inventory, samples.CATALOG, samples.NOW)
    for output in (
        licenses_table(inventory, samples.CATALOG, groups, format="csv"),
        users_table(inventory, samples.CATALOG, format="csv"),
    ):
        for row in csv.reader(io.StringIO(output)):
            assert not any(
                re.match(r"[=+\-@]", cell) and not re.fullmatch(r"\+\d{6,15}", cell) for cell in row
            )
