"""Checks the headings that an account declares for the columns of its exports."""

from __future__ import annotations

from collections.abc import Iterator

from licsync.diagnostics import Code, Diagnostic, Span, error
from licsync.importing.table_kinds import KINDS
from licsync.model.desired import Desired
from licsync.spreadsheets.headings import normalize_heading


def ambiguous_headings(desired: Desired) -> Iterator[Diagnostic]:
    """Report headings that the account declares for two fields of the same table.

    Tables of users and of licenses may use one heading for different fields.
    """
    first: dict[str, list[tuple[str, Span | None]]] = {}
    for place, name, heading in sorted(_declared(desired), key=lambda found: _order(found[0])):
        others = first.setdefault(normalize_heading(heading), [])
        for other, before in others:
            if other != name and _are_in_one_table(other, name):
                yield error(
                    Code.DUPLICATE_NAME,
                    f"The heading '{heading}' is declared for two fields: {other} and {name}.",
                    place,
                    "Keep it at the field that the column holds.",
                    [before] if before else [],
                )
                break
        others.append((name, place))


def _declared(desired: Desired) -> Iterator[tuple[Span | None, str, str]]:
    """List the place, field and text of every heading."""
    for name, headings in desired.headings.items():
        is_list = isinstance(desired.columns.get(name), list)
        for index, heading in enumerate(headings):
            yield desired.where("columns", name, *([index] if is_list else [])), name, heading


def _order(place: Span | None) -> tuple[str, int, int]:
    return (place.file, place.line, place.column) if place else ("", 0, 0)


def _are_in_one_table(one: str, other: str) -> bool:
    return any({one, other} <= kind.headings.keys() for kind in KINDS)
