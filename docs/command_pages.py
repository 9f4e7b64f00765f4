"""The pages of the commands, made of what the commands themselves say: `reference/commands/`."""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterator

import click

from docs.command_exits import ENDINGS
from licsync.cli.main import COMMANDS, TASKS, cli

FOLDER = "reference/commands"
EVERYWHERE = ("--help", "--profile")
"""Options that the overview explains."""


def command_pages() -> Iterator[tuple[str, list[str]]]:
    """Give each page of a command, and the overview."""
    assert ENDINGS.keys() == COMMANDS.keys()
    yield f"{FOLDER}/index.md", [*overview()]
    for name in COMMANDS:
        yield f"{FOLDER}/{name}.md", [*page(name)]


def overview() -> Iterator[str]:
    """List the commands by task."""
    yield "# Commands"
    yield from (
        "",
        "`licsync COMMAND` works on the account in the current directory, or on the directory that "
        "is named. Results go to standard output, everything else to standard error. "
        "[Exit codes](../exit-codes.md) tell scripts what happened.",
    )
    for task, commands in TASKS.items():
        yield from ("", f"## {task}", "", "| command | what it does |", "|---|---|")
        yield from (f"| [`{name}`]({name}.md) | {about} |" for name, about in commands.items())
    yield from (
        "",
        "## Options of every command",
        "",
        "- `-h`, `--help`: Show the help, with examples.",
        "- `--profile`: Print the time of each phase and the memory to standard error.",
    )


def page(name: str) -> Iterator[str]:
    """Describe a command and its subcommands."""
    command = cli.get_command(click.Context(cli), name)
    assert command is not None
    yield from (f"# licsync {name}", "", "GENERATED")
    yield from described(command, f"licsync {name}", "##")
    if isinstance(command, click.Group):
        for inner, subcommand in command.commands.items():
            yield from ("", f"## licsync {name} {inner}", "")
            yield from described(subcommand, f"licsync {name} {inner}", "###")
    yield from ("", "## Exit codes", "", "| exit | meaning |", "|---:|---|")
    yield from (f"| {int(code)} | {meaning} |" for code, meaning in ENDINGS[name].items())


def described(command: click.Command, name: str, heading: str) -> Iterator[str]:
    """Give the help of a command as Markdown: what it does, usage, options and examples."""
    context = click.Context(command, info_name=name, terminal_width=100)
    yield from paragraphs(command.help or "")
    usage = command.get_usage(context).removeprefix("Usage: ")
    yield from ("", "```text", *map(str.rstrip, inspect.cleandoc(usage).splitlines()), "```")
    options = [record for record in records(command, context) if record[0]]
    if options:
        yield from ("", f"{heading} Arguments and options", "")
        yield from (f"- `{signature}`: {about}" for signature, about in options)
    examples = getattr(command, "examples", {})
    if examples:
        yield from ("", f"{heading} Examples", "", "```text")
        longest = max(map(len, examples))
        yield from (f"$ {line:{longest}}  # {about}" for line, about in examples.items())
        yield "```"


def records(command: click.Command, context: click.Context) -> Iterator[tuple[str, str]]:
    """Give each option as people write it, and what it does."""
    for parameter in command.params:
        record = parameter.get_help_record(context)
        if record is not None and not record[0].endswith(EVERYWHERE):
            yield record[0].replace("\n", ""), about(record[1])


def about(help_: str) -> str:
    """Write the help of an option as one line that ends with a full stop."""
    text = " ".join(help_.split())
    if text and not text.endswith((".", "]", ")", ":")):
        text += "."
    return escaped(text)


def paragraphs(help_: str) -> Iterator[str]:
    """Give the paragraphs of a docstring; click's mark for lines that it keeps makes a block."""
    for text in inspect.cleandoc(help_).split("\n\n"):
        yield ""
        if text.startswith("\b"):
            yield from ("```text", *text.splitlines()[1:], "```")
        else:
            yield escaped(" ".join(text.split()))


def escaped(text: str) -> str:
    """Keep Markdown from reading stars and angle brackets outside of code."""
    parts = re.split(r"(`[^`]*`)", text)
    return "".join(
        part if part.startswith("`") else re.sub(r"([*<>])", r"\\\1", part) for part in parts
    )
