"""Reads the list of people that a command prints as JSON, and names its parts by path."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

from pydantic import TypeAdapter, ValidationError

from licsync.diagnostics import Code, Diagnostic, InputInvalid, Span, did_you_mean, error
from licsync.model.fields import fields_of
from licsync.model.people_declarations import PrintedList, PrintedPerson
from licsync.model.text_normalization import compose_all
from licsync.spreadsheets.sheet import Row, Sheet

FIELDS = tuple(fields_of(PrintedPerson))
"""The keys of a person, in the order of the columns."""

_FORMS = {"string_type": "text", "list_type": "a list", "dict_type": "a mapping"}


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
    try:
        printed: PrintedList = TypeAdapter(PrintedList).validate_python(compose_all(document))
    except ValidationError as invalid:
        faults = {
            _path(detail["loc"], document): _fault(detail["type"], _path(detail["loc"], document))
            for detail in invalid.errors(include_url=False, include_input=False)
        }
        raise InputInvalid(*(replace(fault, span=place) for fault in faults.values())) from None
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
    cells = (person.get(name) for name in FIELDS)
    return Row(
        index,
        tuple(
            "\n".join(cell) if isinstance(cell, list) else "" if cell is None else str(cell).strip()
            for cell in cells
        ),
    )


def _path(location: Iterable[str | int], document: Any) -> str:
    """Write the path of a fault, as far as the document has it, and a missing or unknown key."""
    path, value = "", document
    for step in location:
        is_there = (isinstance(value, dict) and step in value) or (
            isinstance(value, list) and isinstance(step, int) and step < len(value)
        )
        if is_there:
            path += f"[{step}]" if isinstance(step, int) else f".{step}" if path else str(step)
            value = value[step]
        elif isinstance(value, dict) and not path:
            return str(step)  # a missing key of the document
    return path or "the document"


def _fault(kind: str, path: str) -> Diagnostic:
    name = path.rpartition(".")[2]
    if kind == "extra_forbidden":
        known = FIELDS if "." in path else tuple(fields_of(PrintedList))
        hint = did_you_mean(name, known) or f"Known keys: {', '.join(known)}."
        return error(Code.UNKNOWN_KEY, f"{path}: '{name}' is no key of this format.", hint=hint)
    if kind == "missing":
        return error(Code.INVALID_VALUE, f"The key '{path}' is missing.")
    form = _FORMS.get(kind, "of another form")
    hint = "The form is that of people.schema.json: licsync schema people"
    return error(Code.INVALID_VALUE, f"{path} must be {form}.", hint=hint)


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
