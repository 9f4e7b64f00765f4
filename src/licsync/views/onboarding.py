"""The result of onboarding a list: new users, their files, and the licenses they need."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator
from typing import Any

from licsync.model.catalog import Catalog
from licsync.onboarding.onboard import Onboarding
from licsync.onboarding.outcomes import RowOutcome
from licsync.spreadsheets.columns import STATES, Columns
from licsync.spreadsheets.sheet import Sheet
from licsync.views import phrases as words
from licsync.views.escaping import escape_terminal
from licsync.views.plan.action_phrases import CONTACT
from licsync.views.terminal import table

RESULT = (
    "row", "user", "result", "file", "template", "first_name", "last_name", "job_title",
    "department", "site", "policy", "licenses", "country", "service_address", "extension",
    "phone_numbers", "message",
)  # fmt: skip
"""Columns of the result per row: the resolved values of a user, of all licenses in order."""

_SAID = ("template", "first_name", "last_name", "job_title", "department", "site", "policy")

_STATES = {
    "new": "new",
    "adopted": "adopted (in the inventory but not in the files)",
    "present": "already declared",
    "differs": "already declared with different values",
    "skipped": "skipped",
    "faulty": "invalid",
}


def columns_text(columns: Columns, sheet: Sheet) -> str:
    """List the field of each column of a sheet."""
    found = (f"'{columns.heading(name)}' is {name}" for name in columns.fields)
    ignored = f" Ignored: {', '.join(map(repr, columns.ignored))}." if columns.ignored else ""
    counted = "".join(
        f" '{columns.header.cells[at]}' is also {name}."
        for at, name in columns.repeated.items()
        if name in STATES
    )
    where = f" of the sheet '{sheet.name}'" if sheet.name else ""
    return escape_terminal(f"Columns{where}: {', '.join(found)}.{counted}{ignored}")


def joiner_columns_text(columns: Columns, fields: Collection[str]) -> str:
    """Name the columns that licsync reads for joiners only; empty without such columns."""
    found = [repr(columns.heading(name)) for name in columns.fields if name in fields]
    return escape_terminal(f"Read for joiners only: {', '.join(found)}.") if found else ""


def onboarding_text(found: Onboarding, catalog: Catalog, *, is_written: bool) -> str:
    """Summarize the rows, and compare the licenses they need with the pool."""
    return "\n".join(_lines(found, catalog, is_written)) + "\n"


def _lines(found: Onboarding, catalog: Catalog, is_written: bool) -> Iterator[str]:
    states = Counter(outcome.state for outcome in found.outcomes)
    counts = [f"{states[state]:,} {text}" for state, text in _STATES.items() if states[state]]
    yield f"{words.count(len(found.outcomes), 'row')}: {', '.join(counts) or 'no users'}."
    if contacts := sum(o.state == "new" and not o.resolved.get("licenses") for o in found.outcomes):
        yield (
            f"{contacts:,} of them would be created as {CONTACT}: "
            "neither the row nor a template has a license."
        )
    files = Counter(outcome.file for outcome in found.outcomes if outcome.is_written)
    if files and not states["faulty"]:
        yield ""
        yield "Written to:" if is_written else "Would be written to:"
        yield from table(
            [
                [escape_terminal(file), words.count(count, "user")]
                for file, count in sorted(files.items())
            ],
            indent=2,
        )
    if found.needed:
        yield ""
        yield from needed_lines(found, catalog)


def needed_lines(found: Onboarding, catalog: Catalog, width: int | None = None) -> Iterator[str]:
    """Compare the licenses that new users need with the pool."""
    rows = [["licenses", "needed", "unassigned", ""]]
    for row in found.pool:
        needed = found.needed[row.type, row.country]
        spare = f"short by {row.short_by:,}" if row.short_by else "enough"
        rows.append(
            [
                catalog.pool_name(row.type, row.country),
                f"{needed:,}",
                f"{row.unassigned_before:,}",
                spare,
            ]
        )
    yield from table(rows, indent=2, width=width, headings=True)
    if any(row.short_by for row in found.pool):
        yield (
            "The shortage covers everything that the files declare. "
            "Planning fails until you add licenses."
        )


def result_rows(found: Onboarding) -> list[dict[str, Any]]:
    """Give the result of each row, by the columns in `RESULT`."""
    return [_result(outcome) for outcome in found.outcomes]


def _result(outcome: RowOutcome) -> dict[str, Any]:
    attributes = {**outcome.person.user, **outcome.resolved}
    entries = attributes.get("licenses") or []
    extensions = [entry.get("extension") or {} for entry in entries]
    row = {
        "row": outcome.person.row.line,
        "user": outcome.person.name,
        "result": outcome.state,
        "file": outcome.file,
        **{key: attributes.get(key) for key in _SAID},
        "licenses": [entry["type"] for entry in entries],
        **{
            key: [entry.get(key) or "" for entry in entries]
            for key in ("country", "service_address")
        },
        "extension": next(
            (one["number"] for one in extensions if "number" in one), outcome.person.extension
        ),
        "phone_numbers": [phone for one in extensions for phone in one.get("phone_numbers", ())],
        "message": outcome.message,
    }
    return {
        key: escape_terminal(value) if isinstance(value, str) else value
        for key, value in row.items()
    }
