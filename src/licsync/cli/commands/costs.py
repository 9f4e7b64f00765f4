"""`licsync costs`."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, datetime
from pathlib import Path
from typing import Any, cast

import click

from licsync.cli import dates, options
from licsync.cli import output as console
from licsync.cli.help import Command
from licsync.cli.sessions import make_session, open_for_command
from licsync.diagnostics import Code, InputInvalid, error
from licsync.diagnostics.exit_codes import Exit
from licsync.planning.costs import DIMENSIONS, Dimension
from licsync.spreadsheets.writer import csv_text, xlsx_bytes
from licsync.views import phrases as words
from licsync.views.costs import (
    TITLES,
    cost_table,
    costs_json,
    costs_text,
    past_lines,
    unpriced_line,
)
from licsync.views.terminal import PLAIN
from licsync.workflows.costs import CostReport, load_costs
from licsync.workflows.files import write_new

_SEEN = "licenses_as_of"

_BY: dict[str, Dimension] = {name.replace("_", "-"): name for name in DIMENSIONS}


@click.command(
    "costs",
    cls=Command,
    examples={
        "licsync costs": "Show what each cost center pays this month.",
        "licsync costs --by department --months 3": "Show three months, by department.",
        "licsync costs --format xlsx --out costs.xlsx": "Write all groupings to an Excel file.",
    },
)
@options.directory
@click.option(
    "--by",
    type=click.Choice([*_BY]),
    multiple=True,
    help="Group by this; repeat it for combinations.  [default: cost-center, else department]",
)
@click.option("--month", type=dates.Month(), help="The first month.  [default: the current one]")
@click.option(
    "--months",
    type=click.IntRange(1, 120),
    default=1,
    show_default=True,
    metavar="N",
    help="How many months, each with its prices.",
)
@options.formats("text", "json", "csv", "xlsx")
@click.option("--out", type=click.Path(path_type=Path, dir_okay=False), help="Write to this file.")
@options.read_only
@options.state
@options.now
@options.no_color
def command(
    directory: Path,
    by: tuple[str, ...],
    month: date | None,
    months: int,
    format_: str,
    out: Path | None,
    state: str | None,
    now: datetime | None,
) -> Exit:
    """Show what the licenses of the account in DIR cost per month, and who pays.

    Prices and cost centers come from the files, everything else from the inventory last seen.
    Unassigned licenses and those of inactive users have columns of their own. An Excel file has a
    sheet for each grouping. By type, country and month, a past month counts the licenses that were
    recorded in it, as report --month does. Nobody knows who had them: other groupings, and months
    of which nothing was recorded, count the inventory last seen, and every format says so.
    """
    account = open_for_command(make_session(directory, state, now))
    report = load_costs(account, month, months)
    chosen = [_BY[name] for name in dict.fromkeys(by)] or [report.by_default]
    if format_ == "xlsx" and out is None:
        hint = "Name the Excel file: --out FILE.xlsx"
        raise InputInvalid(error(Code.INVALID_VALUE, "No destination for the file.", hint=hint))
    written = _render(report, chosen, format_, asked=bool(by), is_file=out is not None)
    if out is None:
        console.print_result(cast("str", written), format_)
    else:
        write_new(out, written, overwrite=True, private=True)
        console.print_message(f"Wrote {out}")
    if format_ in ("csv", "xlsx"):  # a table has no place for it
        groupings = [chosen] if format_ == "csv" else _groupings(chosen, asked=bool(by))
        for note in _notes(report, groupings):
            console.print_message(note)
    return Exit.DONE


def _groupings(by: Sequence[Dimension], *, asked: bool) -> list[Sequence[Dimension]]:
    """Name the groupings of an Excel file, each on a sheet of its own."""
    return [by] if asked else [(name,) for name in DIMENSIONS]


def _notes(report: CostReport, groupings: Iterable[Sequence[Dimension]]) -> list[str]:
    """Say from what past months are counted, and which licenses have no price."""
    notes = []
    for by in groupings:
        past = report.counted_for(by)[: len(report.past)]
        unpriced = unpriced_line(report.costs(by), report.desired.catalog)
        notes += [*past_lines(past, report.as_of), *([unpriced] if unpriced else [])]
    return list(dict.fromkeys(notes))


def _table(report: CostReport, by: Sequence[Dimension]) -> tuple[list[str], list[dict[str, Any]]]:
    """Give the costs for a spreadsheet. Each row says from when its licenses are."""
    columns, rows = cost_table(report.costs(by), by)
    seen = {month.first.isoformat()[:7]: month.at for month in report.counted_for(by)}
    every = " ".join(sorted(set(seen.values())))
    return [*columns, _SEEN], [
        {**row, _SEEN: seen[str(row["month"])] if "month" in row else every} for row in rows
    ]


def _render(
    report: CostReport, by: Sequence[Dimension], format_: str, *, asked: bool, is_file: bool
) -> str | bytes:
    costs, catalog = report.costs(by), report.desired.catalog
    counted = report.counted_for(by)
    past = counted[: len(report.past)]
    names = [month.isoformat()[:7] for month in report.months]
    if format_ == "json":
        head = {
            "account": report.desired.name,
            "as_of": report.as_of,
            "months": names,
            "computed_from_now": [
                month.first.isoformat()[:7] for month in past if month.source == "inventory"
            ],
            "counted": [
                {"month": month.first.isoformat()[:7], "licenses": month.source, "at": month.at}
                for month in counted
            ],
            "notes": _notes(report, [by]),
        }
        return costs_json(costs, by, head)
    if format_ == "csv":
        return csv_text(*_table(report, by))
    if format_ == "xlsx":
        sheets = _groupings(by, asked=asked)
        tables = [(" ".join(TITLES[name] for name in one), *_table(report, one)) for one in sheets]
        notes = ("Notes", ["note"], [{"note": note} for note in _notes(report, sheets)])
        return xlsx_bytes([*tables, notes] if notes[2] else tables)
    period = names[0] if len(names) == 1 else f"{names[0]} to {names[-1]}"
    return costs_text(
        costs,
        by,
        catalog,
        notes=past_lines(past, report.as_of),
        head=(report.desired.name, period, *_seen_at(month.at for month in counted)),
        options=PLAIN if is_file else console.render_options(),
    )


def _seen_at(instants: Iterable[str]) -> list[str]:
    """Say from when the licenses are, if all are from one instant."""
    found = set(instants)
    return [f"licenses {words.as_of(found.pop())}"] if len(found) == 1 else []
