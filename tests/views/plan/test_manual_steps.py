"""What people do by hand, what is lost and who allows it, in every view of a plan."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable
from dataclasses import replace
from io import StringIO

import pytest
from jsonschema import Draft7Validator

from licsync.backends.api.capabilities import API
from licsync.planning.actions import Action, Change
from licsync.planning.plan import Plan
from licsync.views.json_documents import plan_json
from licsync.views.plan.manual_steps import confirmation
from licsync.views.plan.markdown import plan_markdown
from licsync.views.plan.text import apply_command, plan_text
from licsync.web.report import plan_html
from tests.support import manual_account as world
from tests.support.accounts import CATALOG, desired, inventory, unit, user
from tests.support.manual_orders import runbook, runbook_csv, runbook_html
from tests.support.paths import ROOT
from tests.support.planning import planned

SCHEMA = ROOT / "schemas" / "plan.schema.json"


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("refused.txt", lambda: plan_text(world.plan(), CATALOG)),
        ("allowed.txt", lambda: plan_text(world.plan(allow_loss=True), CATALOG)),
        ("verbose.txt", lambda: plan_text(world.plan(allow_loss=True), CATALOG, verbose=True)),
        ("plan.md", lambda: plan_markdown(world.plan(), CATALOG)),
        ("runbook.md", lambda: runbook(world.plan(allow_loss=True), CATALOG)),
        ("runbook.csv", lambda: runbook_csv(world.plan(allow_loss=True), CATALOG)),
        ("work-order.html", lambda: runbook_html(world.plan(allow_loss=True), CATALOG)),
    ],
)
def test_golden(name: str, text: Callable[[], str], golden: Callable[[str, str], None]) -> None:
    golden(f"manual-{name}", text())


def test_the_document_says_it_in_its_schema() -> None:
    document = json.loads(plan_json(world.plan(allow_loss=True)))
    assert list(Draft7Validator(json.loads(SCHEMA.read_text())).iter_errors(document)) == []
    consents = {a["resource"]: a["consent"] for a in document["actions"] if "consent" in a}
    assert consents == {f"users/{world.ADA}": "file", f"users/{world.BO}": "run"}
    manual = [a for a in document["actions"] if a["manual"]]
    assert all(a["steps"] for a in manual)
    assert {a["resource"] for a in manual if not a.get("unseen")} == {f"users/{world.CY}"}
    assert Plan.from_json(document).digest == document["digest"]


def test_the_page_says_it() -> None:
    page = plan_html(world.plan(), CATALOG)
    for expected in (
        "(manual)",
        "confirm it afterwards",
        "voicemail PIN",
        "missing: set allow_loss in the files",
    ):
        assert expected in page


def test_the_command_that_applies_allows_what_the_plan_allowed() -> None:
    assert "--allow-loss" not in apply_command(world.plan())
    assert apply_command(world.plan(allow_loss=True)).startswith(
        "licsync apply acme --allow-loss --digest sha256:"
    )


def test_a_consent_of_another_kind_is_shown_as_it_is() -> None:
    odd = Action("license", "upgrade", "users/ada", lost=["luck"], consent="oracle", id="a1")
    assert "consent   oracle" in plan_text(replace(world.plan(), actions=[odd]), CATALOG)


def hostile(text: str) -> Plan:
    action = Action(
        "user",
        "update",
        f"users/{text}",
        changes=[Change("department", None, text)],
        manual=True,
        steps=[text],
        why=text,
        id="a1",
        needs=["a7"],
    )
    return replace(world.plan(), actions=[action])


@pytest.mark.parametrize("text", ["=1+1", "@SUM(A1)", "+cmd", "-2", "\t=1", "\r\n=1"])
def test_no_cell_of_the_table_is_a_formula(text: str) -> None:
    rows = list(csv.reader(StringIO(runbook_csv(hostile(text), CATALOG))))
    assert len(rows) == 4
    assert len({len(row) for row in rows}) == 1
    assert not any(
        cell.startswith(("=", "+", "-", "@", "\t", "\r", "\n")) for row in rows for cell in row
    )


def test_nothing_steers_the_terminal() -> None:
    lines = [
        *confirmation(world.plan(), hostile("\x1b[31m").actions, CATALOG),
    ]
    assert len(lines) == 2
    assert "\x1b" not in "".join(lines)


def test_without_remaining_work_no_line_is_written() -> None:
    empty = replace(world.plan(), actions=[])
    assert runbook_csv(empty, CATALOG).count("\n") == 1


def test_the_move_of_a_site_by_hand_names_the_licenses_that_follow_it() -> None:
    there = inventory({"L1": unit(), "L2": unit()}, {"ada": user(["L1"]), "bo": user(["L2"])})
    wanted = desired({}, sites={"HQ": {"service_address": "A2"}})
    text = plan_text(planned(wanted, there, capabilities=API), CATALOG)
    line = next(line for line in text.splitlines() if "relocates" in line)
    assert line.split() == [
        "relocates",
        "L1,",
        "L2",
        "licenses",
        "of",
        "its",
        "users,",
        "automatically",
    ]
