"""Commands in messages can be run, with or without a terminal; each fault is reported once."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from licsync.cli import output as console
from licsync.cli import settings
from licsync.cli.ci_reports import Reports
from licsync.diagnostics import Code, Suggestions, did_you_mean, error
from tests.support.command_line import run

NOW = ("--now", "2026-11-24T09:00:00Z")


@pytest.mark.slow
def test_an_apply_that_nobody_can_approve_says_how_to_go_on(acme: Path) -> None:
    digest = json.loads(run("plan", acme, "--format", "json", *NOW).stdout)["digest"]
    output = run("apply", acme, *NOW, given="", code=1).stderr
    assert (
        f"add --auto-approve; or apply only this plan: "
        f"licsync apply {acme} --now 2026-11-24T09:00:00Z --digest {digest}" in output
    )
    assert "Nothing was changed." in output
    assert "--auto-approve" not in run("apply", acme, *NOW, given="yes\n").stderr


@pytest.mark.slow
def test_the_command_for_a_plan_of_another_day_makes_that_plan(acme: Path) -> None:
    output = run("plan", acme, "--now", "2026-12-05").stdout
    command = output.partition("To apply only this plan: licsync ")[2].split()
    assert command[2:4] == ["--now", "2026-12-05T10:00:00Z"]
    assert "Apply complete" in run(*command).stderr


@pytest.mark.parametrize(
    ("name", "meant"),
    [
        ("ada.lopes@acme.example", "ada.lopez@acme.example"),
        ("ada.lopez@acme.exmaple", "ada.lopez@acme.example"),
        ("zz.top@acme.example", None),
    ],
)
def test_a_domain_makes_no_two_names_alike(name: str, meant: str | None) -> None:
    known = ("ada.lopez@acme.example", "bo.chen@acme.example")
    assert did_you_mean(name, known) == (meant and f"Did you mean '{meant}'?")


@pytest.mark.parametrize(
    ("word", "near", "why"),
    [
        ("New\u00a0York", "New York", " Here it contains U+00A0 (no-break space)."),
        ("S\u0435attle", "Seattle", " Here it contains U+0435 (cyrillic small letter ie)."),
        ("Sea\u200bttle", "Seattle", " Here it contains U+200B (zero width space)."),
        ("Seattle ", "Seattle", " Here it has a space at its end."),
        (" Seattle", "Seattle", " Here it has a space at its start."),
        ("Zürich", "Zurich", ""),
        ("Мосвка", "Москва", ""),
        ("Cafe\u0301", "Cafe", ""),
    ],
)
@pytest.mark.parametrize("suggest", [did_you_mean, Suggestions()])
def test_a_difference_that_cannot_be_seen_is_named(
    suggest: Callable[[str, list[str]], str], word: str, near: str, why: str
) -> None:
    assert suggest(word, [near]) == f"Did you mean '{near}'?{why}"


def test_hints_in_documents_are_for_the_directory_at_hand_too() -> None:
    settings.current.directory = Path("a b")
    problem = error(Code.LOCKED, "It is locked.", hint="Write: licsync unlock DIR")
    output = json.loads(Reports("validate", Path("a b"), "json").of_faults([problem]))
    assert output["diagnostics"][0]["hint"] == "Write: licsync unlock 'a b'"


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        ("licsync apply DIR --resume", "licsync apply 'a b' --resume"),
        ("licsync inventory load DIR FILE", "licsync inventory load 'a b' FILE"),
        ("licsync history verify DIR", "licsync history verify 'a b'"),
        ("The directory DIR of somebody", "The directory DIR of somebody"),
        ("licsync apply PLANFILE DIR", "licsync apply PLANFILE 'a b'"),
    ],
)
def test_a_command_is_written_for_the_directory_at_hand(
    capsys: pytest.CaptureFixture[str], written: str, shown: str
) -> None:
    settings.current.directory = Path("a b")
    console.show_diagnostics([error(Code.LOCKED, "It is locked.", hint=f"Write: {written}")])
    assert f"hint: Write: {shown}\n" in capsys.readouterr().err


def test_commands_on_pages_name_the_directory_and_the_store() -> None:
    settings.current.state = "sqlite:///team.db"
    page = "<code>licsync apply DIR --resume</code>"
    assert console.complete(page, "html", Path("a&b")) == (
        "<code>licsync apply &#39;a&amp;b&#39; --state sqlite:///team.db --resume</code>"
    )


@pytest.mark.parametrize("command", ["validate", "plan"])
@pytest.mark.parametrize(
    ("entry", "fault"),
    [
        ("", "must "),
        ("5", "is 5, but must be a mapping."),
        ("[]", "is a list, but must be a mapping."),
    ],
)
def test_an_invalid_entry_is_reported_once(
    acme: Path, command: str, entry: str, fault: str
) -> None:
    (acme / "users" / "zoe.yaml").write_text(f"users:\n  zoe@acme.example: {entry}\n")
    document = json.loads(run(command, acme, "--format", "json", *NOW, code=1).stdout)
    errors = [one["message"] for one in document["diagnostics"] if one["severity"] == "error"]
    assert len(errors) == 1
    assert errors[0].startswith(f"User 'zoe@acme.example' {fault}")
