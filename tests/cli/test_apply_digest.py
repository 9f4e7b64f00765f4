"""Approving a plan without shipping it: `apply DIR --digest`."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.support.command_line import run

NOW = ("--now", "2026-11-24T09:00:00Z")


def digest(acme: Path) -> str:
    return str(json.loads(run("plan", acme, "--format", "json", *NOW).stdout)["digest"])


def edit(acme: Path) -> None:
    path = acme / "users" / "sales.yaml"
    path.write_text(path.read_text().replace("Sales Lead", "Sales Boss"))


@pytest.mark.slow
def test_the_same_plan_is_applied(acme: Path) -> None:
    run("apply", acme, "--digest", digest(acme), *NOW)
    assert "No changes" in run("plan", acme, *NOW).stdout


def test_another_plan_is_refused_and_nothing_is_changed(acme: Path) -> None:
    approved = digest(acme)
    edit(acme)
    result = run("apply", acme, "--digest", approved, *NOW, code=3)
    assert "Sales Boss" in result.stdout
    assert approved in result.stderr
    assert "The store does not know that plan" in result.stderr
    assert digest(acme) != approved


@pytest.mark.slow
def test_a_plan_that_was_applied_is_shown_beside_the_one_of_now(acme: Path) -> None:
    approved = digest(acme)
    run("apply", acme, "--digest", approved, *NOW)
    edit(acme)
    result = run("apply", acme, "--digest", approved, *NOW, code=3)
    assert "--- approved, planned 24 Nov 2026 09:00 UTC" in result.stdout
    assert "+~ cy.diaz@acme.example   update job title Sales Lead → Sales Boss" in result.stdout
    assert "It was applied already, by " in result.stderr


@pytest.mark.slow
def test_with_json_lines_on_standard_output_the_difference_goes_to_standard_error(
    acme: Path,
) -> None:
    approved = digest(acme)
    run("apply", acme, "--digest", approved, *NOW)
    edit(acme)
    result = run("apply", acme, "--digest", approved, "--json", *NOW, code=3)
    events = [json.loads(line) for line in result.stdout.splitlines()]
    assert [event["diagnostic"]["code"] for event in events if event["type"] == "diagnostic"] == [
        "plan-stale"
    ]
    assert "--- approved" in result.stderr
