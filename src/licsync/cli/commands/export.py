"""`licsync export`."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import click

from licsync.cli import options
from licsync.cli import output as console
from licsync.cli.help import Command
from licsync.cli.sessions import make_session, open_for_command
from licsync.diagnostics import Code, InputInvalid, error
from licsync.diagnostics.exit_codes import Exit
from licsync.spreadsheets.writer import csv_bytes, csv_text, xlsx_bytes
from licsync.views.export import export_json, export_tables
from licsync.workflows.backends import inventory_now
from licsync.workflows.files import write_new
from licsync.workflows.inventory import empty_inventory

_TABLES = (
    "users",
    "pool",
    "unassigned",
    "suspended",
    "licenses",
    "sites",
    "service_addresses",
    "policies",
)


@click.command(
    "export",
    cls=Command,
    examples={
        "licsync export --out tables": "Write all tables as CSV files.",
        "licsync export --format xlsx --out acme.xlsx": "Write one Excel file.",
        "licsync export --table unassigned": "Print one table.",
    },
)
@options.directory
@options.formats("csv", "xlsx", "json")
@click.option(
    "--out",
    type=click.Path(path_type=Path),
    metavar="PATH",
    help="Where to write: a folder for csv, a file for xlsx or json.",
)
@click.option("--table", type=click.Choice(_TABLES), help="Print one table as CSV.")
@options.read_only
@options.state
@options.now
@options.no_color
def command(
    directory: Path,
    format_: str,
    out: Path | None,
    table: str | None,
    state: str | None,
    now: datetime | None,
) -> Exit:
    """Write the current content of the account in DIR as tables.

    The tables list users with their licenses, the pool by type and country, unassigned and
    suspended units with the days left to reinstate them, all units, sites, service addresses and
    policy profiles. No cell contains a formula. `licsync import --from` reads the tables.
    """
    account = open_for_command(make_session(directory, state, now))
    inventory = inventory_now(account) or empty_inventory(account)
    tables = export_tables(inventory, account.desired.catalog, account.session.now())
    files: dict[Path, bytes] = {}
    if table is not None:
        console.print_result(csv_text(tables[table].columns, tables[table].rows), "csv")
    elif format_ == "json":
        text = export_json(inventory, tables)
        if out is None:
            console.print_result(text, format_)
        else:
            files[out] = text.encode()
    elif out is None:
        hint = "Name a folder for the CSV files: --out FOLDER; or print one of them: --table users"
        if format_ == "xlsx":
            hint = "Name the Excel file: --out FILE.xlsx"
        raise InputInvalid(error(Code.INVALID_VALUE, "No destination for the tables.", hint=hint))
    elif format_ == "csv":
        files = {
            out / f"{name}.csv": csv_bytes(found.columns, found.rows)
            for name, found in tables.items()
        }
    else:
        files[out] = xlsx_bytes((name, found.columns, found.rows) for name, found in tables.items())
    for path, content in files.items():
        write_new(path, content, overwrite=True, private=True)
        console.print_message(f"Wrote {path}")
    return Exit.DONE
