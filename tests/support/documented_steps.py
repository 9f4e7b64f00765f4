"""The steps of a documentation page: the commands it shows, and the files it writes and edits.

A page is plain Markdown. These fenced blocks are steps, from top to bottom:

- `sh`: commands, one a line. Only their exit codes are compared.
- `console`: commands behind `$ `, each with its output below it. The output is compared, too. A
  line `…` stands for any lines, and `…` within a line for any text.
- any language with a title, such as `yaml title="shop/users.yaml"`: a file to write.
- `diff title="shop/users.yaml"`: an edit of a file. The lines that stay and those that go stand
  there once; a line `…` stands for lines between.

A comment `<!-- today: 2026-12-08 -->` sets the clock for the steps after it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

PROMPT = re.compile(
    r"^(Enter a value:|Done\? \[d/s/f/b/q/\?\]|What happened\?|Confirm\?.*) ?(.*)$", re.M
)
"""A question that licsync asks at a terminal; behind it a page shows what is typed."""

_STEP = re.compile(
    r'^```(?P<language>\w+)(?: title="(?P<title>[^"]+)")?\n(?P<text>.*?)^```$'
    r"|^<!-- today: (?P<day>\S+) -->$",
    re.DOTALL | re.MULTILINE,
)
_COMMAND = re.compile(r"^\$ (?P<line>(?:.*\\\n)*.*)\n(?P<output>(?:(?!\$ ).*\n)*)", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Command:
    """A command of a page.

    Attributes:
        line: as it is typed.
        output: what the page shows below it; None if the page shows only the command.
        start: where the output begins in the page.
    """

    line: str
    output: str | None = None
    start: int = 0

    @property
    def end(self) -> int:
        """Where the output ends in the page."""
        return self.start + len(self.output or "")

    @property
    def words(self) -> str:
        """The command without its comment."""
        return self.line.partition("  #")[0].rstrip()

    @property
    def exit_code(self) -> int:
        """The exit code that its comment names."""
        found = re.search(r"exits (\d+)", self.line.partition("  #")[2])
        return int(found[1]) if found else 0

    @property
    def is_alternative(self) -> bool:
        """Whether it is run as if the command before it had not been."""
        return "# or:" in self.line

    @property
    def answers(self) -> list[str]:
        """What is typed behind each question."""
        return [found[2] for found in PROMPT.finditer(self.output or "")]


@dataclass(frozen=True, slots=True)
class File:
    """A file that a page shows."""

    name: str
    text: str


@dataclass(frozen=True, slots=True)
class Edit:
    """An edit of a file, as lines of a diff."""

    name: str
    text: str

    def apply(self, before: str) -> str:
        """Edit the text of the file.

        Raises:
            ValueError: the lines do not stand there exactly once.
        """
        pattern, added = "", ""
        for line in self.text.splitlines(keepends=True):
            mark, rest = line[:1], line[1:]
            if line.strip() == "…":
                pattern += r"((?:.*\n)*?)"
                added += f"\\g<{pattern.count('((?:')}>"
                continue
            if mark in " -\n":
                pattern += re.escape(rest or "\n")
            if mark in " +\n":
                added += (rest or "\n").replace("\\", r"\\")
        found = re.findall(f"^{pattern}", before, re.MULTILINE)
        if len(found) != 1:
            raise ValueError(f"{self.name}: {len(found)} places for\n{self.text}")
        return re.sub(f"^{pattern}", added, before, count=1, flags=re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Today:
    """Another day for the steps that follow."""

    day: str


Step = Command | File | Edit | Today


def steps_of(text: str) -> Iterator[Step]:
    """Find the steps of a page, from top to bottom."""
    for found in _STEP.finditer(text):
        language, title, block = found["language"], found["title"], found["text"]
        if found["day"]:
            yield Today(found["day"])
        elif title:
            yield Edit(title, block) if language == "diff" else File(title, block)
        elif language == "sh":
            for line in block.replace("\\\n", "").splitlines():
                if line.strip() and not line.startswith("#"):
                    yield Command(line)
        elif language == "console":
            for part in _COMMAND.finditer(block):
                line = re.sub(r"\\\n\s*", "", part["line"])
                yield Command(line, part["output"], found.start("text") + part.start("output"))


def commands_of(page: Path) -> list[Command]:
    """List the commands of a page."""
    return [step for step in steps_of(page.read_text("utf-8")) if isinstance(step, Command)]


def is_shown(shown: str, actual: str) -> bool:
    """Tell whether a page shows an output, with `…` for what it leaves out."""
    pattern = ""
    for line in shown.splitlines():
        if line.strip() == "…":
            pattern += r"(?:.*\n)*?"
        else:
            pattern += r"[^\n]*".join(map(re.escape, line.split("…"))) + r"\n"
    return re.fullmatch(pattern, actual) is not None
