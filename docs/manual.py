"""Generates the manual pages of man/ from the commands: one page for each, with its examples.

`python -m docs.manual` writes them. `--check` only reports whether they are current. click-man
writes neither arguments nor examples, and escapes too little.
"""

from __future__ import annotations

import inspect
import re
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from textwrap import wrap

import click

from licsync.cli.help import Command
from licsync.cli.main import COMMANDS, TASKS, cli
from licsync.diagnostics.exit_codes import Exit
from licsync.version import __version__

HERE = Path(__file__).resolve().parents[1] / "man"
EXITS = {
    Exit.DONE: "Done; a plan with or without changes.",
    Exit.FAILED: "The input or the run failed, and nothing was applied.",
    Exit.CHANGES: "There are changes: only plan --detailed-exitcode and drift.",
    Exit.REFUSED: "Refused: a shortage, a limit, a protected user, or a plan that does not fit.",
    Exit.PARTLY: "Partly applied; apply --resume continues.",
    Exit.LOCKED: "Another run has locked the account.",
    Exit.CREDENTIALS: "Credentials are missing or not accepted.",
    Exit.INTERRUPTED: "Interrupted; the step in flight was finished and recorded.",
}
VARIABLES = {
    "LICSYNC_API_KEY": "The key of 8x8's Administration API.",
    "LICSYNC_STATE": "The store, as --state names it.",
    "LICSYNC_CACHE_DIR": "Where the cache is.",
    "LICSYNC_READ_ONLY": "1: do not write to the store or the cache.",
    "NO_COLOR": "Anything: no color. FORCE_COLOR: color, also without a terminal.",
}


def manual_pages() -> dict[str, str]:
    """Every manual page: file name and text."""
    root = cli.context_class(cli, info_name="licsync", **cli.context_settings)
    found = {_name(context): "\n".join(_page(context)) + "\n" for context in contexts(root)}
    return {f"{name}.1": text for name, text in found.items()}


def contexts(context: click.Context) -> Iterator[click.Context]:
    """Give the context of a command, and those of all commands below it."""
    yield context
    if isinstance(context.command, click.Group):
        for name in context.command.list_commands(context):
            inner = context.command.get_command(context, name)
            assert inner is not None
            yield from contexts(inner.context_class(inner, parent=context, info_name=name))


def _name(context: click.Context) -> str:
    return context.command_path.replace(" ", "-")


def _page(context: click.Context) -> Iterator[str]:
    command, name = context.command, _name(context)
    paragraphs = inspect.cleandoc(command.help or "").split("\n\n")
    yield f'.TH {_text(name.upper())} 1 "" "licsync {__version__}" "licsync"'
    yield from (".SH NAME", _line(f"{name} - {_short(context)}"))
    usage = " ".join(command.collect_usage_pieces(context))
    yield from (".SH SYNOPSIS", f".B {_text(context.command_path)}", _line(usage))
    yield ".SH DESCRIPTION"
    for number, paragraph in enumerate(paragraphs):
        yield from ([".PP"] if number else [])
        yield _line(paragraph)
    if command is cli:
        yield from _tasks()
    elif isinstance(command, click.Group):
        below = {inner.info_name or "": inner for inner in contexts(context)}
        del below[context.info_name or ""]
        yield ".SH COMMANDS"
        yield from _terms({name: _short(inner) for name, inner in below.items()})
    yield from _parameters(context)
    if isinstance(command, Command) and command.examples:
        yield ".SH EXAMPLES"
        yield from _terms(command.examples)
    yield ".SH EXIT STATUS"
    if command is cli:
        yield from _terms({str(int(code)): said for code, said in EXITS.items()})
        yield ".SH ENVIRONMENT"
        yield from _terms(VARIABLES)
    else:
        yield _line("See licsync(1).")
    yield from (".SH SEE ALSO", _see_also(context))


def _tasks() -> Iterator[str]:
    yield ".SH COMMANDS"
    for task, commands in TASKS.items():
        yield f".SS {_text(task)}"
        yield from _terms(commands)


def _parameters(context: click.Context) -> Iterator[str]:
    for heading, kind in (("ARGUMENTS", click.Argument), ("OPTIONS", click.Option)):
        params = [one for one in context.command.get_params(context) if isinstance(one, kind)]
        records = [record for one in params if (record := one.get_help_record(context))]
        if records:
            yield f".SH {heading}"
            yield from _terms(dict(records))


def _see_also(context: click.Context) -> str:
    names = []
    if context.parent is not None:
        names.append(_name(context.parent))
    if isinstance(context.command, click.Group):
        names += [_name(inner) for inner in contexts(context) if inner.parent is context]
    return ",\n".join(f".BR {_text(name)} (1)" for name in names).replace("(1),", "(1) ,")


def _short(context: click.Context) -> str:
    is_listed = context.parent is not None and context.parent.command is cli
    name, command = context.info_name or "", context.command
    return COMMANDS[name] if is_listed else command.get_short_help_str(limit=200)


def _terms(terms: Mapping[str, str]) -> Iterator[str]:
    for term, about in terms.items():
        yield from (".TP", f".B {_text(term)}", _line(" ".join(about.split())))


def _text(text: str) -> str:
    r"""Escape text for roff: hyphens that are typed, backslashes and quotes."""
    text = text.replace("\\", r"\e").replace("-", r"\-").replace('"', r"\(dq")
    text = text.replace("`", r"\(ga").replace("^", r"\(ha").replace("~", r"\(ti")
    return re.sub(r"[^\x00-\x7f]", lambda found: rf"\[u{ord(found[0]):04X}]", text)


def _line(text: str) -> str:
    """Write a paragraph in short lines; none of them is a request of roff."""
    lines = [_text(line) for line in wrap(" ".join(text.split()), 60, break_on_hyphens=False)]
    safe = "\n".join(rf"\&{line}" if line[:1] in ".'" else line for line in lines)
    return re.sub(r"\\\(ga(.*?)\\\(ga", r"\\fB\1\\fR", safe, flags=re.DOTALL)


def main(arguments: list[str]) -> int:
    """Write the pages, or with `--check` name those that are not current."""
    pages = manual_pages()
    there = {path.name: path.read_text(encoding="utf-8") for path in HERE.glob("*.1")}
    stale = sorted(name for name in pages | there if pages.get(name) != there.get(name))
    if "--check" in arguments:
        if stale:
            sys.stderr.write(
                f"Not current: {', '.join(f'man/{n}' for n in stale)}. Run make man.\n"
            )
        return 1 if stale else 0
    HERE.mkdir(exist_ok=True)
    for name in stale:
        if name in pages:
            (HERE / name).write_text(pages[name], encoding="utf-8")
        else:
            (HERE / name).unlink()
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
