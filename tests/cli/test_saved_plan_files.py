"""What becomes a saved plan, and what is none."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.support.command_line import run

NOW = ("--now", "2026-11-24T09:00:00Z")


@pytest.mark.slow
def test_a_plan_of_files_at_fault_replaces_none(acme: Path, saved: Path) -> None:
    good = saved.read_text()
    (acme / "more.yaml").write_text("uzers: {}\n")
    output = run("plan", acme, "--out", saved, *NOW, code=1).stderr
    assert "not saved" in output
    assert "licsync apply" not in output
    assert saved.read_text() == good


@pytest.mark.slow
def test_a_plan_that_is_refused_is_saved(acme: Path, saved: Path) -> None:
    account = acme / "account.yaml"
    account.write_text(account.read_text().replace("suspend: 2", "suspend: 0"))
    assert "Saved" in run("plan", acme, "--out", saved, *NOW, code=3).stderr
    assert "limit-exceeded" in saved.read_text()


@pytest.mark.parametrize("directory", [7, None, ["x"], {}])
def test_a_directory_is_text(acme: Path, saved: Path, directory: object) -> None:
    saved.write_text(json.dumps({**json.loads(saved.read_text()), "directory": directory}))
    for words in (
        ("show", saved),
        ("apply", saved),
        ("report", acme, "--plan", saved, "--out", acme.parent / "pages"),
    ):
        assert "plan-altered" in run(*words, code=3).stderr


def test_a_plan_names_its_directory_once(saved: Path) -> None:
    text = saved.read_text()
    saved.write_text(text.replace('"directory"', '"directory": "/elsewhere", "directory"', 1))
    assert "plan-altered" in run("show", saved, code=3).stderr
    document = json.loads(text)
    del document["directory"]
    saved.write_text(json.dumps(document))
    assert "plan-altered" in run("show", saved, code=3).stderr


@pytest.mark.slow
def test_commands_repeat_the_store_of_the_command_line(acme: Path, saved: Path) -> None:
    url = f"sqlite:///{acme.parent / 'team.db'}"
    for format_ in ("text", "markdown", "html", "github"):
        shown = run("plan", acme, *NOW, "--format", format_, "--state", url).stdout
        assert f"licsync apply {acme} --state {url} --now" in shown
    shown = run("plan", acme, "--out", saved, *NOW, "--state", url).stderr
    assert f"To apply it: licsync apply {saved} --state {url}\n" in shown


def test_commands_do_not_repeat_the_store_of_the_environment(acme: Path, saved: Path) -> None:
    url = f"sqlite:///{acme.parent / 'team.db'}"
    result = run("plan", acme, "--out", saved, *NOW, LICSYNC_STATE=url)
    assert "--state" not in result.stdout + result.stderr


def test_a_plan_document_is_the_same_for_every_store(acme: Path) -> None:
    url = f"sqlite:///{acme.parent / 'team.db'}"
    words = ("plan", acme, *NOW, "--format", "json")
    digest = json.loads(run(*words).stdout)["digest"]
    with_state = run(*words, "--state", url).stdout
    assert json.loads(with_state)["digest"] == digest
    assert url not in with_state
