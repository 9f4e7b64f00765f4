"""Applying a saved plan: what the command line says besides, and what speaks against the plan by
now.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.support.command_line import run

NOW = ("--now", "2026-11-24T09:00:00Z")


def runs(acme: Path) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(run("history", acme, "--format", "json").stdout)[
        "runs"
    ]
    return found


def edit(acme: Path, before: str, after: str) -> None:
    path = acme / "account.yaml"
    assert before in path.read_text()
    path.write_text(path.read_text().replace(before, after))


def deny(acme: Path) -> None:
    rule = 'level: deny, when: "plan.actions.size() > 0", message: Nothing happens today.'
    (acme / "deny.yaml").write_text(f"rules:\n  freeze: {{{rule}}}\n")


@pytest.mark.slow
def test_the_digest_is_that_of_the_file(acme: Path, saved: Path) -> None:
    refused = run("apply", saved, "--digest", "sha256:dead", *NOW, code=3).stderr
    assert "plan-stale" in refused
    assert not runs(acme)
    run("apply", saved, "--digest", json.loads(saved.read_text())["digest"], *NOW)


@pytest.mark.parametrize(
    "words",
    [("--target", "users/x"), ("--exclude", "users/x"), ("--base", "main"), ("--allow-loss",)],
)
def test_a_saved_plan_is_not_narrowed(acme: Path, saved: Path, words: tuple[str, ...]) -> None:
    output = run("apply", saved, *words, *NOW, code=1).stderr
    assert f"{words[0]} cannot be used with a saved plan" in output
    assert "Narrow it when planning" in output
    assert not runs(acme)


@pytest.mark.parametrize(
    "words", [("elsewhere",), ("--resume", "--abandon"), ("--resume", "--digest", "sha256:0")]
)
def test_options_that_would_be_ignored_are_refused(acme: Path, words: tuple[str, ...]) -> None:
    assert (
        "cannot be used with" in run("apply", acme, *words, "--auto-approve", *NOW, code=1).stderr
    )
    assert not runs(acme)


@pytest.mark.parametrize("option", ["--resume", "--abandon"])
def test_a_run_is_not_ended_by_a_file(saved: Path, option: str) -> None:
    output = run("apply", saved, option, *NOW, code=1).stderr
    assert "is a file" in output
    assert "licsync init" not in output


@pytest.mark.slow
def test_a_limit_is_raised_for_one_run(acme: Path, saved: Path) -> None:
    edit(acme, "suspend: 2", "suspend: 0")
    run("plan", acme, "--out", saved, *NOW, code=3)
    assert "--allow suspend=1" in run("apply", saved, *NOW, code=3).stderr
    run("apply", saved, "--allow", "suspend=1", *NOW)
    assert {"verb": "suspend", "count": 1, "reason": "--allow suspend=1"} in runs(acme)[0][
        "approvals"
    ]
    assert "applied already" in run("apply", saved, "--allow", "suspend=2", *NOW, code=3).stderr


@pytest.mark.slow
def test_what_was_allowed_when_planning_need_not_be_allowed_again(acme: Path, saved: Path) -> None:
    edit(acme, "suspend: 2", "suspend: 0")
    run("plan", acme, "--allow", "suspend=1", "--out", saved, *NOW)
    run("apply", saved, *NOW)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("before", "after", "code"),
    [
        ("suspend: 2", "suspend: 0", "limit-exceeded"),
        ("protected_users: [", "protected_users: [bo.chen@acme.example, ", "protected-user"),
    ],
)
def test_actions_forbidden_since_planning_are_refused(
    acme: Path, saved: Path, before: str, after: str, code: str
) -> None:
    edit(acme, before, after)
    assert code in run("apply", saved, *NOW, code=3).stderr
    assert not runs(acme)


@pytest.mark.slow
def test_a_rule_that_came_since_is_asked(acme: Path, saved: Path) -> None:
    deny(acme)
    assert "rule-broken" in run("apply", saved, *NOW, code=3).stderr
    (acme / "deny.yaml").unlink()
    run("apply", saved, *NOW)


@pytest.mark.slow
def test_files_that_cannot_be_read_allow_nothing(acme: Path, saved: Path) -> None:
    (acme / "deny.yaml").write_text("rules: {freeze: {level: denny}}\n")
    assert "deny.yaml:1" in run("apply", saved, *NOW, code=1).stderr
    assert not runs(acme)


@pytest.mark.slow
def test_a_directory_that_is_gone_is_asked_for(acme: Path, saved: Path) -> None:
    moved = acme.rename(acme.with_name("moved"))
    assert f"licsync apply {saved} DIR" in " ".join(
        run("apply", saved, *NOW, code=1).stderr.split()
    )
    run("apply", saved, moved, *NOW)
