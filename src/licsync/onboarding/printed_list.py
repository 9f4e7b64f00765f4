"""Reads the list of people that a command prints as JSON, and names its parts by path."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

from licsync.config.printed_documents import read_printed_document
from licsync.diagnostics import Code, Diagnostic, InputInvalid, Span, error
from licsync.model.fields import fields_of
from licsync.model.people_declarations import PrintedList, PrintedPerson
from licsync.spreadsheets.sheet import Row, Sheet

FIELDS = tuple(fields_of(PrintedPerson))
"""The keys of a person, in the order of the columns."""


def read_printed(document: Any, place: Span | None) -> Sheet:
    """Read the list that a command printed.

    Args:
        document: the parsed JSON.
        place: where the files say the command.

    Returns:
        a sheet with a column for each key, and a row for each person by its index.

    Raises:
        InputInvalid: the document is of another form; all faults are reported by path.
    """
    printed: PrintedList = read_printed_document(
        PrintedList, PrintedPerson, document, "people", place
    )
    if not printed["people"]:
        hint = "Check that it does not fail without saying so."
        message = "The command printed no people."
        raise InputInvalid(error(Code.INVALID_VALUE, message, place, hint))
    rows = [_row(index, person) for index, person in enumerate(printed["people"])]
    empty = [row.line for row in rows if not any(row.cells)]
    if empty:
        message = "people[{}] says nothing."
        raise InputInvalid(
            *(error(Code.INVALID_VALUE, message.format(index), place) for index in empty)
        )
    header = Row(-1, FIELDS)
    return Sheet("people", (header, *rows), row_format="people[{}]")


def _row(index: int, person: Mapping[str, Any]) -> Row:
    return Row(index, tuple(_cell(person.get(name)) for name in FIELDS))


def _cell(value: Any) -> str:
    if isinstance(value, list):
        return "\n".join(value)
    return "" if value is None else str(value).strip()


def by_path(diagnostics: Iterable[Diagnostic], sheet: Sheet) -> list[Diagnostic]:
    """Name the cells of a printed list by their path in it."""
    return [_by_path(diagnostic, sheet) for diagnostic in diagnostics]


def _by_path(diagnostic: Diagnostic, sheet: Sheet) -> Diagnostic:
    span = diagnostic.span
    if span is None or span.file != sheet.file:
        return diagnostic
    name = FIELDS[span.column - 1]
    message = diagnostic.message.removeprefix(f"{name}: ")
    path = f"{sheet.row_title(span.line)}.{name}" if span.line >= 0 else "people"
    return replace(diagnostic, message=f"{path}: {message}", span=None)
