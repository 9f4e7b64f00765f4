r"""Output to streams whose encoding lacks a character, such as a Windows pipe.

Text for people uses ASCII spellings (`→` as `->`) or escapes (`\u0141`), never a similar letter.
Documents for programs are written in ASCII by the rules of their format, so that every encoding
reads them alike.
"""

from __future__ import annotations

import codecs
from typing import Final

SPELLINGS: Final = {
    "→": "->", "←": "<-", "↓": "v", "↑": "^", "↺": "@", "▶": ">", "‖": "=", "✓": "+", "✗": "x",
    "…": "...", "·": "-", "–": "-", "—": "-", "−": "-", "‘": "'", "’": "'", "“": '"', "”": '"',
    "─": "-", "×": "x", "\u00a0": " ", "\u202f": " ",
}  # fmt: skip
"""What licsync's own symbols are written as where the encoding lacks them."""

_JSON_FORMATS = ("json", "sarif", "gitlab")
_XML_FORMATS = ("html", "runbook-html", "junit")
_TABLE_FORMATS = ("csv",)

_ERRORS = "licsync.spelled"


def ascii_spelling(fault: UnicodeError) -> tuple[str, int]:
    """Replace characters by their ASCII spelling or escape: an error handler of codecs."""
    if not isinstance(fault, UnicodeEncodeError):
        raise fault
    part = fault.object[fault.start : fault.end]
    return "".join(SPELLINGS.get(char) or _escaped(char) for char in part), fault.end


codecs.register_error(_ERRORS, ascii_spelling)


def is_ascii(encoding: str | None) -> bool:
    """Tell whether an encoding has nothing but ASCII."""
    return codecs.lookup(encoding or "ascii").name == "ascii"


def in_ascii(text: str) -> str:
    """Write a text with ASCII spellings and escapes."""
    return text.encode("ascii", _ERRORS).decode("ascii")


def tolerate(stream: object) -> None:
    """Make a standard stream write ASCII spellings where its encoding lacks a character."""
    reconfigure = getattr(stream, "reconfigure", None)
    if reconfigure is not None:  # a test's own stream may have none
        reconfigure(errors=_ERRORS)


def as_portable(text: str, format_: str, encoding: str) -> str:
    """Write a document in ASCII where the stream that takes it is not UTF-8.

    Args:
        text: the document.
        format_: its format, as `--format` names it.
        encoding: of the stream.
    """
    if text.isascii() or codecs.lookup(encoding).name.startswith("utf-"):
        return text
    if format_ in _JSON_FORMATS:
        return "".join(char if char.isascii() else _json_escape(char) for char in text)
    if format_ in _XML_FORMATS:
        return text.encode("ascii", "xmlcharrefreplace").decode("ascii")
    return text


def lost_characters(text: str, format_: str, encoding: str) -> list[str]:
    """List the characters of a table that the stream's encoding lacks, each once, sorted.

    CSV has no escapes: what is written in place of them is not read back as it was.
    """
    if format_ not in _TABLE_FORMATS or text.isascii():
        return []
    return sorted(char for char in set(text) if not _has(encoding, char))


def _has(encoding: str, char: str) -> bool:
    try:
        char.encode(encoding)
    except UnicodeEncodeError:
        return False
    return True


def _escaped(char: str) -> str:
    return char.encode("ascii", "backslashreplace").decode("ascii")


def _json_escape(char: str) -> str:
    units = char.encode("utf-16-be", "surrogatepass")
    return "".join(f"\\u{units[i]:02x}{units[i + 1]:02x}" for i in range(0, len(units), 2))
