"""Commands in messages can be copied: they name the directory and the store at hand."""

from __future__ import annotations

from html import escape

import click
import pytest

from licsync.cli.main import COMMANDS, cli
from licsync.views import printed_commands
from licsync.views.printed_commands import WITHOUT_STATE, complete_commands, state_option

OPTION = "--state sqlite:///team.db"


@pytest.mark.parametrize(
    ("text", "completed"),
    [
        ("licsync apply DIR --resume", f"licsync apply acme {OPTION} --resume"),
        ("Write: licsync unlock DIR.", f"Write: licsync unlock acme {OPTION}."),
        ("licsync inventory load DIR FILE", f"licsync inventory load acme {OPTION} FILE"),
        ("licsync apply acme --digest x", f"licsync apply acme {OPTION} --digest x"),
        (
            "licsync undo 2026-1a acme --out undo.json && licsync apply undo.json",
            f"licsync undo 2026-1a acme {OPTION} --out undo.json "
            f"&& licsync apply undo.json {OPTION}",
        ),
        ("licsync fleet apply f.yaml --resume", f"licsync fleet apply f.yaml {OPTION} --resume"),
        ("licsync apply 'b c' --resume", f"licsync apply 'b c' {OPTION} --resume"),
        ("licsync fmt DIR", "licsync fmt acme"),
        ("`licsync apply` or the next plan", "`licsync apply` or the next plan"),
        ("The directory DIR", "The directory DIR"),
    ],
)
def test_a_command_is_completed_once(text: str, completed: str) -> None:
    assert complete_commands(text, "acme", OPTION) == completed
    assert complete_commands(completed, "acme", OPTION) == completed


def test_what_is_filled_in_is_escaped_for_the_format() -> None:
    shown = complete_commands("licsync apply DIR</code>", "<b>", '--state "$X"', escape)
    assert shown == "licsync apply &#x27;&lt;b&gt;&#x27; --state &quot;$X&quot;</code>"


def test_without_an_option_only_the_directory_is_filled_in() -> None:
    assert complete_commands("licsync apply DIR --resume", "a b") == "licsync apply 'a b' --resume"
    assert complete_commands("licsync apply DIR", "") == "licsync apply DIR"


@pytest.mark.parametrize(
    "url",
    [
        "postgresql://licsync:hunter2@db/licsync",
        "postgresql://db/licsync?password=hunter2",
        "postgresql://licsync:hunter#2@db/licsync",
    ],
)
def test_a_command_names_the_variable_in_place_of_a_password(url: str) -> None:
    assert state_option(url) == '--state "$LICSYNC_STATE"'


@pytest.mark.parametrize("url", ["sqlite:///a.db", "sqlite:////srv/a.db", "postgresql://db/a"])
def test_a_command_repeats_a_url_without_secrets(url: str) -> None:
    assert state_option(url) == f"--state {url}"


def test_a_url_is_quoted_for_the_shell() -> None:
    assert state_option("sqlite:///a b.db") == "--state 'sqlite:///a b.db'"


def test_all_commands_are_known() -> None:
    assert sorted(printed_commands.COMMANDS) == sorted(COMMANDS)


def test_the_commands_without_a_state_are_known() -> None:
    context = click.Context(cli)
    found = {name: cli.get_command(context, name) for name in COMMANDS}
    stateless = {
        name
        for name, command in found.items()
        if command is not None
        and not any("--state" in parameter.opts for parameter in _parameters(command))
    }
    assert stateless - {"version", "completion"} == WITHOUT_STATE


def _parameters(command: click.Command) -> list[click.Parameter]:
    subcommands = command.commands.values() if isinstance(command, click.Group) else ()
    return [*command.params, *(one for sub in subcommands for one in sub.params)]
