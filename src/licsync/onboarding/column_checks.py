"""Reports columns that no row can be read without, and mapping files that name unknown fields."""

from __future__ import annotations

import re
from collections.abc import Iterator

from licsync.diagnostics import Code, Diagnostic, did_you_mean, error
from licsync.model.desired import SourceLookup
from licsync.model.people_declarations import ListMapping
from licsync.spreadsheets.columns import FIELDS, STATES, Columns, column_title
from licsync.spreadsheets.sheet import Sheet

NAME_PARTS = ("first_name", "last_name", "first", "last")
"""What a rule for user names may have in braces. `first` and `last` are initials."""


def check_columns(
    columns: Columns,
    mapping: ListMapping,
    where: SourceLookup,
    sheet: Sheet,
    *,
    is_update: bool = False,
) -> list[Diagnostic]:
    """Report faults of the columns or the mapping file that make every row unreadable.

    Args:
        columns: which column is which field.
        mapping: how to read the list.
        where: finds positions in the mapping.
        sheet: the sheet.
        is_update: whether most people are declared, so that a row needs only a key.
    """
    faults: list[Diagnostic] = []
    hint = f"Fields: {', '.join(FIELDS)}."
    named = (
        *(("columns", name) for name in mapping.get("columns", ())),
        *(("values", name) for name in mapping.get("values", ())),
        *(("defaults", name) for name in mapping.get("defaults", ())),
    )
    for key, name in named:
        if name not in FIELDS:
            message = f"The mapping file maps '{name}', which is not a field."
            faults.append(error(Code.UNKNOWN_KEY, message, where(key, name), hint))
    for name, heading in mapping.get("columns", {}).items():
        if name in FIELDS and name not in columns.fields:
            message = f"The mapping file maps {name} to the column '{heading}', which is missing."
            faults.append(error(Code.INVALID_VALUE, message, where("columns", name)))
    faults += _unknown_blanks(mapping.get("user_name", ""), where)
    known = columns.fields.keys() | mapping.get("defaults", {}).keys()
    keys = {"user", "email", "external_id"} if is_update else {"user", "email"}
    if not known & keys and "user_name" not in mapping:
        hint = (
            "Map one in a mapping file (columns: {user: HEADING}),"
            " or define how to build them (user_name: …)."
        )
        faults.append(
            error(
                Code.INVALID_VALUE,
                "No column holds the user names.",
                sheet.span(columns.header),
                hint,
            )
        )
    if not is_update and "full_name" not in known and not known >= {"first_name", "last_name"}:
        hint = "Map them in a mapping file: columns: {first_name: HEADING, last_name: HEADING}."
        faults.append(
            error(
                Code.INVALID_VALUE,
                "No columns hold the first and last names.",
                sheet.span(columns.header),
                hint,
            )
        )
    faults += [
        _ambiguous(columns, position, name, sheet)
        for position, name in columns.repeated.items()
        if name not in STATES
    ]
    return faults


def _unknown_blanks(rule: str, where: SourceLookup) -> Iterator[Diagnostic]:
    """Report braces in the rule of user names that name no part of a person's name."""
    for text in re.findall(r"\{[^{}]*\}?|\}", rule):
        name = text.strip("{}")
        if text != f"{{{name}}}" or name not in NAME_PARTS:
            message = f"The rule for user names has '{text}', which is not a part of a name."
            blanks = ", ".join(f"{{{part}}}" for part in NAME_PARTS)
            near = did_you_mean(name, NAME_PARTS)
            hint = f"Write one of {blanks}."
            place = where("user_name")
            yield error(Code.INVALID_VALUE, message, place, f"{near} {hint}" if near else hint)


def _ambiguous(columns: Columns, position: int, name: str, sheet: Sheet) -> Diagnostic:
    heading = columns.header.cells[position]
    nth = column_title(columns.header, position)
    message = f"'{heading}' means the same as '{columns.heading(name)}', but their values differ."
    hint = (
        f"Choose one in a mapping file, columns: {{{name}: '{nth}'}},"
        f" or ignore this one: --ignore-column '{nth}'."
    )
    return error(Code.INVALID_VALUE, message, sheet.span(columns.header, position), hint)
