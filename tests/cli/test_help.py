"""Help: by task, with examples that work, within the width of the terminal."""

from __future__ import annotations

import shlex
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

from licsync.cli.help import Command
from licsync.cli.main import COMMANDS, TASKS, cli
from tests.support.command_line import run
from tests.support.paths import ROOT

NOT_RUN = {
    "apply": "it asks, and its plan file is another example's",
    "fleet": "acme is in no fleet",
    "import": "it writes where acme is",
    "init": "it writes where acme is",
    "inventory confirm": "it asks",
    "notify": "acme has no channel of this name",
    "onboard": "the list is the reader's",
    "people": "the list is the reader's",
    "refresh": "the exports are the reader's",
    "serve": "it runs until it is ended",
    "simulate": "it runs until it is ended",
    "undo": "the run is the reader's",
}
"""Commands whose examples are only parsed, with the reason."""

ENDS = {"doctor": 1}
"""Exit codes other than 0: acme has something that is overdue."""


def contexts(command: click.Command, context: click.Context) -> Iterator[click.Context]:
    """Give a command and all commands below it."""
    yield context
    if isinstance(command, click.Group):
        for name in command.list_commands(context):
            inner = command.get_command(context, name)
            assert inner is not None
            yield from contexts(inner, _below(context, name, inner))


def _below(context: click.Context, name: str, command: click.Command) -> click.Context:
    return command.context_class(command, parent=context, info_name=name)


ROOT_CONTEXT = cli.context_class(cli, info_name="licsync")
ALL = list(contexts(cli, ROOT_CONTEXT))
LINES = [line for context in ALL for line in getattr(context.command, "examples", ())]


def words_of(line: str) -> list[str]:
    return shlex.split(line.partition(" >")[0])[1:]


def test_every_command_has_examples_of_itself() -> None:
    for context in ALL:
        if not isinstance(context.command, click.Group):
            assert isinstance(context.command, Command), context.command_path
            lines = context.command.examples
            assert 1 <= len(lines) <= 5, context.command_path
            path = context.command_path.removesuffix(" list")  # the default of history
            assert all(f"{line} ".startswith(f"{path} ") for line in lines), lines
            shown = context.command.get_help(context)
            assert all(f"  {line}\n" in shown for line in lines)


def test_an_example_is_a_command_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Options, choices and arguments are there; what a command itself checks is not."""
    monkeypatch.chdir(tmp_path)
    for name in ("account.yaml", "fleet.yaml", "exports", "users.csv", "inventory.json", "hr.csv"):
        Path(name).touch()
    for line in LINES:
        command: click.Command = cli
        context, words = ROOT_CONTEXT, words_of(line)
        if words == ["history"]:
            words += ["list"]
        while isinstance(command, click.Group):
            name = words.pop(0)
            found = command.get_command(context, name)
            assert found is not None, line
            command, context = found, _below(context, name, found)
        command.make_context(context.info_name, words, parent=context.parent).close()


@pytest.mark.slow
@pytest.mark.untraced
def test_examples_do_what_they_say(acme: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shutil.copytree(acme, acme.parent / "others" / "acme")
    monkeypatch.chdir(acme)
    run("plan", "--out", "plan.json")
    shutil.copy("inventory.json", acme.parent / "others")
    for line in LINES:
        words = words_of(line)
        if not line.startswith(tuple(f"licsync {start}" for start in NOT_RUN)):
            monkeypatch.chdir(acme.parent / "others" if "acme" in words else acme)
            run(*words, code=ENDS.get(words[0], 0))


def test_what_is_not_run_has_examples() -> None:
    assert all(any(line.startswith(f"licsync {start}") for line in LINES) for start in NOT_RUN)


def test_every_argument_and_option_says_what_it_is_for() -> None:
    for context in ALL:
        for parameter in context.command.params:
            record = parameter.get_help_record(context)
            assert record is None or record[1].strip(), f"{context.command_path}: {record}"


@pytest.mark.parametrize("columns", [40, 80, 200])
def test_help_keeps_within_the_terminal(columns: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", str(columns))
    for context in ALL:
        lines = context.command.get_help(context).splitlines()
        long = [line for line in lines if len(line) > columns and "  licsync" not in line]
        assert not long, context.command_path


def test_the_one_line_help_stands_by_task() -> None:
    listed = run("--help", COLUMNS="120").stdout
    for task, commands in TASKS.items():
        section = listed.partition(f"\n{task}:\n")[2].partition("\n\n")[0]
        assert [line.split()[0] for line in section.splitlines()] == list(commands)


def test_the_version_has_one_source() -> None:
    assert run("--version").stdout == run("version").stdout


@pytest.mark.skipif(shutil.which("mandoc") is None, reason="mandoc is not installed")
def test_manual_pages_are_as_man_wants_them() -> None:
    """Only their date is missing, so that they are the same whenever they are written."""
    pages = sorted((ROOT / "man").glob("*.1"))
    command = ["mandoc", "-T", "lint", "-W", "style", *map(str, pages)]
    found = subprocess.run(command, capture_output=True, text=True, check=False)
    lines = (found.stdout + found.stderr).splitlines()
    assert len(lines) == len(pages) > len(COMMANDS)
    assert all("missing date" in line for line in lines), found.stdout
