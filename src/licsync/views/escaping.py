r"""Escapes untrusted text, with one function for each medium.

Names, addresses and messages from files, the inventory or 8x8 can contain terminal sequences,
bidirectional and invisible controls, Markdown, HTML or spreadsheet formulas. Controls are shown as
escapes (`\x1b`, `\u202e`) and never dropped, so that a reviewer notices them.
"""

from __future__ import annotations

import csv
import json
import re
from collections.abc import Iterable, Sequence
from io import StringIO
from typing import TYPE_CHECKING, Any

from licsync.spreadsheets.cells import escape_formula

if TYPE_CHECKING:
    from jinja2 import Environment

_UNSAFE = re.compile(
    "["
    "\x00-\x1f\x7f-\x9f"  # C0 and C1 controls: ESC, CSI, OSC, line breaks
    "\xad\u0600-\u0605\u061c\u06dd\u070f\u0890\u0891\u08e2\u180b-\u180f"  # format characters
    "\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff0-\uffff"  # zero width, bidi, separators
    "\U000110bd\U000110cd\U00013430-\U0001345f\U0001bca0-\U0001bca3\U0001d173-\U0001d17a"
    "\u034f\u115f\u1160\u17b4\u17b5\u2800\u3164\ufe00-\ufe0f\uffa0"  # invisible letters
    "\U000e0000-\U000e0fff"  # tags, variation selectors
    "\ud800-\udfff\ue000-\uf8ff\U000f0000-\U0010ffff"  # surrogates, private use
    "]"
)
_SHORT = {"\n": "\\n", "\r": "\\r", "\t": "\\t"}


def _escape(match: re.Match[str]) -> str:
    char = match[0]
    code = ord(char)
    if code < 0x100:
        return _SHORT.get(char, f"\\x{code:02x}")
    return f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"


_COMMANDS = re.compile(r"(?<!\S):(?=:)|#(?=#\w*\[)")
"""The start of a command in a CI log: `::error::` at a line start, `##[…]`, `##vso[…]`."""


def escape_terminal(text: object) -> str:
    """Escape text for a terminal or a log: one line, no invisible or control characters."""
    text = str(text)
    if not (text.isascii() and text.isprintable()):
        text = _UNSAFE.sub(_escape, text)
    return _COMMANDS.sub(_escape, text) if "::" in text or "##" in text else text


# --- Markdown -------------------------------------------------------------------------------------

_RISKY = re.compile(r"[@#/\\`]|www\.|GH-[0-9]", re.IGNORECASE)
"""Text that GitHub and GitLab turn into mentions, references and links outside code."""

_STEERS = re.compile(r"[*_\[\]<>|~&!$]")
_STARTS_A_BLOCK = re.compile(r"^([0-9]{0,9})([-+=:.)])")
_TRAILING = re.compile(r"[.,;:!?)]+$")


def code_span(text: object) -> str:
    """Make a Markdown code span of any text; not in tables, where `|` would end the cell."""
    safe = escape_terminal(text)
    fence = "`" * (_longest_run(safe) + 1)
    pad = " " if not safe.strip() or safe[0] in " `" or safe[-1] in " `" else ""
    return f"{fence}{pad}{safe}{pad}{fence}"


def escape_markdown(text: object) -> str:
    """Make Markdown prose of any text; also for table cells.

    Markdown punctuation is escaped. Words that a forge would turn into mentions, references or
    links become code spans, because forges ignore backslashes there.
    """
    words = (_word(word) for word in re.split(r"([ |])", escape_terminal(text)))
    return _STARTS_A_BLOCK.sub(r"\1\\\2", "".join(words).strip())


def _word(word: str) -> str:
    if not _RISKY.search(word):
        return _STEERS.sub(r"\\\g<0>", word)
    start = 1 if word[0] in "('" and _RISKY.search(word[1:]) else 0
    tail = _TRAILING.search(word)
    end = tail.start() if tail and _RISKY.search(word[start : tail.start()]) else len(word)
    return word[:start] + code_span(word[start:end]) + _STEERS.sub(r"\\\g<0>", word[end:])


def fence(lines: list[str], info: str = "") -> str:
    """Make a code block of lines; its fence is longer than any run of backticks inside."""
    safe = [escape_terminal(line) for line in lines]
    marks = "`" * max(3, max((_longest_run(line) for line in safe), default=0) + 1)
    return "\n".join((f"{marks}{info}", *safe, marks))


def _longest_run(text: str) -> int:
    return max((len(run) for run in re.findall("`+", text)), default=0)


# --- HTML, JSON, CSV, GitHub ----------------------------------------------------------------------


def html_text(text: object) -> str:
    """Escape text for HTML within Markdown: neither HTML nor Markdown nor mentions are in it."""
    safe = escape_terminal(text)
    return "".join(char if char.isalnum() or char in " -" else f"&#{ord(char)};" for char in safe)


def html_environment() -> Environment:
    """Make the Jinja2 environment of all HTML, which escapes all text."""
    from jinja2 import Environment, PackageLoader, StrictUndefined
    from markupsafe import Markup

    def finalize(value: object) -> object:
        return value if isinstance(value, Markup) else escape_terminal(value)

    return Environment(
        loader=PackageLoader("licsync.web"),
        autoescape=True,
        finalize=finalize,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


_UNSAFE_IN_JSON = _UNSAFE.pattern.replace("\x00-\x1f", "") + r"|#(?=#\w*\[)"


def json_text(document: Any, indent: int | None = 2) -> str:
    """Write JSON without raw control, bidi or invisible characters; it reads back unchanged."""
    text = json.dumps(document, ensure_ascii=False, indent=indent)
    return re.sub(_UNSAFE_IN_JSON, _escape_in_json, text)


def _escape_in_json(match: re.Match[str]) -> str:
    return "\\u0023" if match[0] == "#" else json.dumps(match[0])[1:-1]


def csv_cell(value: object) -> str:
    """Make a CSV cell that spreadsheets do not read as a formula (OWASP); phone numbers stay."""
    return "" if value is None else escape_formula(escape_terminal(value))


def csv_text(columns: Sequence[str], rows: Iterable[Iterable[object]]) -> str:
    """Write a table of `csv_cell`s, with a heading line."""
    out = StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(columns)
    writer.writerows([csv_cell(cell) for cell in row] for row in rows)
    return out.getvalue()


def github_message(text: object) -> str:
    """Escape text for the message of a GitHub workflow command."""
    return escape_terminal(text).replace("%", "%25")


def github_property(text: object) -> str:
    """Escape text for a property (file, title) of a GitHub workflow command."""
    return github_message(text).replace(":", "%3A").replace(",", "%2C")


# --- text of a given length -----------------------------------------------------------------------


def utf16(text: str) -> int:
    """Count UTF-16 units, as GitHub and browsers do."""
    return len(text) if text.isascii() else len(text.encode("utf-16-le", "surrogatepass")) // 2


def byte_length(text: str) -> int:
    """Count the bytes of text in UTF-8."""
    return len(text) if text.isascii() else len(text.encode("utf-8", "surrogatepass"))


def clip(text: str, most: int) -> str:
    """Cut text to a number of characters, marked by an ellipsis."""
    return text if len(text) <= most else f"{text[: most - 1]}…"
