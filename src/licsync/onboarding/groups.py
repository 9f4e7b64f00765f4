"""The groups of an identity provider: who is in which, from a table of their own."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from licsync.diagnostics import Code, Diagnostic, error, info, warning
from licsync.onboarding.outcomes import list_names
from licsync.onboarding.row_reader import RowReader
from licsync.onboarding.rows import ReadingContext, cell_at
from licsync.spreadsheets import cell_values as values
from licsync.spreadsheets.cell_values import fold
from licsync.spreadsheets.columns import Columns
from licsync.spreadsheets.headings import HEADINGS
from licsync.spreadsheets.row_checks import data_rows, unreadable_cells
from licsync.spreadsheets.sheet import Row, Sheet

HEADINGS_OF_GROUPS: Mapping[str, str] = {
    "external_id": HEADINGS["external_id"],
    "email": f"{HEADINGS['email']}|member email|user email",
    "user": f"{HEADINGS['user']}|member|member name|mitglied|membre|miembro",
    "groups": f"{HEADINGS['groups']}|group|group name|gruppe|gruppenname|groupe|nom du groupe"
    "|grupo|nombre del grupo",
}
"""The headings of a table of groups, by field."""


def read_memberships(
    sheet: Sheet, columns: Columns, rows: Sequence[Row]
) -> tuple[dict[str, frozenset[str]], list[Diagnostic]]:
    """Read who is in which groups. A person may have several rows, a cell several groups.

    Returns:
        the groups by each key of a person, folded; and errors and remarks, by row and column.
    """
    found: dict[str, frozenset[str]] = {}
    rows, faults = data_rows(sheet, columns, rows)
    faults += unreadable_cells(sheet, columns, rows)
    keys = [at for name, at in columns.fields.items() if name != "groups"]
    column = columns.fields["groups"]
    for row in rows:
        texts = [cell_at(row, at).casefold() for at in keys if cell_at(row, at)]
        groups = frozenset(values.groups(cell_at(row, column)))
        for is_missing, what, at in (
            (not texts, "person", keys[0]),
            (not groups, "group", column),
        ):
            if is_missing:
                place, hint = sheet.span(row, at), "Fill it in, or delete the row."
                message = f"{columns.header.cells[at]}: The row names no {what}."
                faults.append(error(Code.INVALID_VALUE, message, place, hint))
        for key in texts:
            found[key] = found.get(key, frozenset()) | groups
    return found, faults


def group_remarks(reading: ReadingContext, readers: Sequence[RowReader]) -> Iterator[Diagnostic]:
    """Report groups that choose no template, groups of nobody, and members who are not listed."""
    rules = reading.mapping.get("groups", {})
    held = {group for reader in readers for group in reader.groups}
    if held and not rules:
        message = "The groups in the list are not used: no group has a template."
        hint = "Map them in the account, people: {groups: {GROUP: TEMPLATE}}."
        yield info(Code.LEFT_OUT, message, hint=hint)
        return
    folded = {fold(group) for group in held}
    for group in rules:
        if held and fold(group) not in folded:
            message = f"Nobody in the list is in the group '{group}'."
            yield warning(Code.LEFT_OUT, message, reading.where("groups", group))
    mapped = {fold(group) for group in rules}
    others = sorted(group for group in held if fold(group) not in mapped)
    if others:
        yield info(Code.LEFT_OUT, f"Groups without a template: {list_names(others)}.")
    listed = {key for reader in readers for key in reader.keys}
    nobody = sorted(reading.memberships.keys() - listed)
    if nobody and len(nobody) == len(reading.memberships):
        yield warning(Code.LEFT_OUT, "The table of groups is about nobody in the list.")
    elif nobody:
        message = "The table of groups also has people who are not in the list"
        yield info(Code.LEFT_OUT, f"{message}: {list_names(nobody)}.")
