"""Help of commands: examples, and lines that keep within the terminal."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import Any

import click

from licsync.cli.encoding import in_ascii, is_ascii

_NONE: Mapping[str, str] = MappingProxyType({})
_LEAST, _MOST = 30, 100
"""The columns of a line of help."""


class Formatter(click.HelpFormatter):
    """Keeps help within narrow terminals, too."""

    def __init__(
        self, indent_increment: int = 2, width: int | None = None, max_width: int | None = None
    ):
        columns = min(shutil.get_terminal_size().columns, max_width or _MOST)
        super().__init__(indent_increment, width or max(_LEAST, columns - 2))

    def getvalue(self) -> str:
        """Give the help; click would write UTF-8 where ASCII is asked for."""
        text = super().getvalue()
        return in_ascii(text) if is_ascii(sys.stdout.encoding) else text

    def write_dl(
        self, rows: Iterable[tuple[str, str]], col_max: int = 30, col_spacing: int = 2
    ) -> None:
        """Write a list of terms; their column takes at most a third of the width."""
        terms = [(self._broken(term), about) for term, about in rows]
        super().write_dl(terms, min(col_max, self.width // 3), col_spacing)

    def _broken(self, term: str) -> str:
        """Break an option with many choices between them."""
        space = self.width - self.current_indent
        if len(term) <= space:
            return term
        lines = [""]
        for choice in term.split("|"):
            if lines[-1] and len(lines[-1]) + len(choice) + 2 > space:
                lines[-1] += "|"
                lines.append(" " * (self.current_indent + 4) + choice)
            else:
                lines[-1] += f"|{choice}" if lines[-1] else choice
        return "\n".join(lines)


class _Context(click.Context):
    formatter_class = Formatter


class Command(click.Command):
    """A command that knows examples of itself.

    Attributes:
        examples: command lines, each with what it does. Help, man pages and the reference show
            them, and a test runs or parses them.
    """

    context_class = _Context

    def __init__(self, *args: Any, examples: Mapping[str, str] = _NONE, **attributes: Any):
        super().__init__(*args, **attributes)
        self.examples = examples

    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the examples. Their command lines never break, so that they can be copied."""
        if self.examples:
            with formatter.section("Examples"):
                for line, about in self.examples.items():
                    formatter.write(f"{'':{formatter.current_indent}}{line}\n")
                    with formatter.indentation(), formatter.indentation():
                        formatter.write_text(about)
        super().format_epilog(ctx, formatter)


class Group(click.Group):
    """A group of such commands."""

    context_class = _Context
    command_class = Command
