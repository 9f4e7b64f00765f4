"""The text of a file: what licsync refuses before parsing, and how it words parser errors."""

from __future__ import annotations

import codecs
import re
from io import StringIO
from itertools import islice
from typing import TYPE_CHECKING, Any

from licsync.diagnostics import Code, Diagnostic, Span, error

if TYPE_CHECKING:
    from yaml import YAMLError

MAX_BYTES = 20_000_000
MAX_MARKS = 4_000_000
"""How many characters that can begin a value a file may have: bounds many tiny values."""
MAX_DEPTH = 64
TOO_DEEP = f"The nesting is deeper than {MAX_DEPTH} levels."

_ORDINARY = bytes(sorted({9, 10, 13, *range(0x20, 0x7F)} - set(b"&*!\\<")))
_BEYOND_ASCII = bytes(range(0x80, 0x100))

_NODE_MARKS = b"&*!"
_NODE = re.compile(rb"[&*!](?<=[\s\[\]{},:\"'?-][&*!])")
"""A sign of an anchor, alias or tag, where a value may begin."""
_COMPOSED = re.compile("[&*!<\xa1-\xac\xae-\u02ff\u0400-\u0482\u2010-\u2027\u20a0-\u20bf]*")
"""Latin and Cyrillic letters, punctuation and currencies: none is invisible, or composes."""

_MARKS = b"\n,[{:-?"
_CONFLICT = re.compile(rb"^(?:<{7}|[|]{7}|={7}|>{7})(?: |\r?$)", re.MULTILINE)
_CONFLICT_BEGINS = re.compile(rb"^<{7}(?: |\r?$)", re.MULTILINE)
"""Merge markers at the start of a line. YAML may read the rest of the line as text."""
_UNRESOLVED = "This is an unresolved merge conflict of two branches."
_RESOLVE = (
    "Keep one side or both, and remove the lines that begin with <<<<<<<, ======= and >>>>>>>."
)
_TAB = re.compile(r" *\t")
_LINE_END = re.compile(r"\r\n?|\n")
_NOT_YAML = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u2028\u2029\ufffe\uffff]")
_OTHER_ENCODINGS = (
    codecs.BOM_UTF32_LE,
    codecs.BOM_UTF32_BE,
    codecs.BOM_UTF16_LE,
    codecs.BOM_UTF16_BE,
)
_SAVE_AS_UTF_8 = "Save the file as UTF-8."

_HINTS = (
    (
        "mapping values are not allowed",
        "Quote a value that contains ': '. If the line above is a key, end it with ':'. "
        "Indent the line like its siblings.",
    ),
    (
        "did not find expected ',' or ']'",
        "Close the list with ], or put a comma between its items.",
    ),
    (
        "did not find expected ',' or '}'",
        "Close the mapping with }, or put a comma between its entries.",
    ),
    (
        "could not find expected ':'",
        "Put ': ' after the key, or quote a text that continues on the next line.",
    ),
    (
        "did not find expected key",
        "Indent the line like its siblings, and close every quotation mark.",
    ),
    (
        "did not find expected '-' indicator",
        "Begin every item of the list with '- ' in the same column.",
    ),
    ("found character that cannot start any token", "Quote a value that begins with @, ` or %."),
    ("found unexpected end of stream", "Close the quotation mark."),
    ("found unknown escape character", r"Write \\ for a backslash, or use single quotes."),
)
"""Parser messages, and what to do about them."""


class FileRefused(Exception):
    """A file cannot be read as text, with the reason, the position and a hint."""

    def __init__(self, message: str, place: tuple[int, int] = (1, 1), hint: str | None = None):
        super().__init__(message)
        self.message = message
        self.place = place
        self.hint = hint


def check_size(data: bytes) -> None:
    """Check that a file is small enough to parse.

    Raises:
        FileRefused: it is too large, or has too many values.
    """
    if len(data) > MAX_BYTES:
        raise FileRefused(
            f"The file is larger than {MAX_BYTES // 1_000_000} MB.",
            hint="Split it into several files.",
        )
    if len(data) > MAX_MARKS and sum(data.count(mark) for mark in _MARKS) > MAX_MARKS:
        raise FileRefused("The file contains too many values.", hint="Split it into several files.")


def unusual_bytes(data: bytes) -> bytes:
    """Return all bytes of a file that the parser may have to look at, in their order.

    The others are printable ASCII and line breaks, without what can begin an anchor, alias, tag,
    escape or merge key.
    """
    return data.translate(None, _ORDINARY)


def has_marks(data: bytes, unusual: bytes) -> bool:
    """Tell whether a file may have an anchor, alias, tag, escape, merge key or control character.

    Without one, only characters that `are_composed` does not know need a closer look.
    """
    signs = unusual.translate(None, _BEYOND_ASCII)
    if signs.translate(None, b"<" + _NODE_MARKS):
        return True
    return bool(signs) and (
        (b"<" in signs and b"<<" in data)
        or data[0] in _NODE_MARKS
        or _NODE.search(data) is not None
    )


def are_composed(unusual: bytes) -> bool:
    """Tell whether the unusual characters of a file are surely visible, and composed (NFC)."""
    return _COMPOSED.fullmatch(unusual.decode()) is not None


def validated_text(data: bytes, unusual: bytes) -> bytes:
    """Return the content without a byte-order mark.

    Args:
        data: the content of a file.
        unusual: its unusual bytes.

    Raises:
        FileRefused: it is not UTF-8, or contains characters that YAML does not allow.
    """
    if data.startswith(_OTHER_ENCODINGS) or (b"\0" in data[:4] and len(data) > 1):
        raise FileRefused("The file is UTF-16 or UTF-32, or not text at all.", hint=_SAVE_AS_UTF_8)
    data = data.removeprefix(codecs.BOM_UTF8)
    if b"<<<<<<<" in unusual and (conflict := _CONFLICT_BEGINS.search(data)):
        raise FileRefused(_UNRESOLVED, (_line_of(data, conflict.start()), 1), _RESOLVE)
    try:
        text = data.decode()
    except UnicodeDecodeError as fault:
        before = data[: fault.start].decode()
        raise FileRefused(
            "The file is not valid UTF-8 from here on.", _end_of(before), _SAVE_AS_UTF_8
        ) from None
    if _NOT_YAML.search(unusual.decode()) and (found := _NOT_YAML.search(text)):
        raise FileRefused(
            f"The character U+{ord(found[0]):04X} is not allowed in a file.",
            _end_of(text[: found.start()]),
            "Remove it.",
        )
    return data


def syntax_fault(
    fault: YAMLError, file: str, data: bytes, quoted: tuple[Any, Any] | None = None
) -> Diagnostic:
    """Turn a parser error into a diagnostic.

    Args:
        fault: the parser error.
        file: the name of the file.
        data: its content.
        quoted: the start and end of the last quoted text of several lines.
    """
    if conflict := _CONFLICT.search(data):
        return error(
            Code.YAML_SYNTAX, _UNRESOLVED, Span(file, _line_of(data, conflict.start()), 1), _RESOLVE
        )
    problem = getattr(fault, "problem", None) or "it cannot be read"
    context, began = getattr(fault, "context", None), getattr(fault, "context_mark", None)
    mark = getattr(fault, "problem_mark", None) or began
    line, column = place_of(mark) if mark else (1, 1)
    if began and "unexpected end of stream" in problem and "quoted scalar" in str(context):
        message = "The quotation mark that opens here is not closed before the end of the file."
        return error(
            Code.YAML_SYNTAX, message, Span(file, *place_of(began)), "Close the quotation mark."
        )
    if quoted and line - 2 <= quoted[1].line < line:
        place = f"line {quoted[1].line + 1}, column {quoted[1].column}"
        message = (
            "The quotation mark that opens here is closed by the next one,"
            f" at {place}, and text follows that one."
        )
        end = Span(file, line, column)
        return error(
            Code.YAML_SYNTAX,
            message,
            Span(file, *place_of(quoted[0])),
            "Close the quotation mark.",
            [end],
        )
    lines = islice(StringIO(data.decode(errors="replace"), newline=None), max(0, line - 2), line)
    has_tab = any(_TAB.match(text) for text in lines)
    hint = (
        "Indent with spaces: YAML does not accept tabs there."
        if has_tab
        else next((hint for part, hint in _HINTS if part in problem), None)
    )
    where = f" {context}" if context else ""
    is_too_deep = "maximum nesting depth" in problem  # libyaml 0.2.6 and newer look ahead that far
    related = (Span(file, *place_of(began)),) if began and place_of(began) != (line, column) else ()
    message = TOO_DEEP if is_too_deep else f"This is not valid YAML: {problem}{where}."
    return error(Code.YAML_SYNTAX, message, Span(file, line, column), hint, related)


def place_of(mark: Any) -> tuple[int, int]:
    """Return line and column of a parser mark, both from 1."""
    return mark.line + 1, mark.column + 1


def _line_of(data: bytes, at: int) -> int:
    return data.count(b"\n", 0, at) + 1


def _end_of(text: str) -> tuple[int, int]:
    lines = _LINE_END.split(text)
    return len(lines), len(lines[-1]) + 1
