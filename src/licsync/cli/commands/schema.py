"""`licsync schema`."""

from __future__ import annotations

from pathlib import Path

import click

from licsync.cli import output as console
from licsync.cli.help import Command
from licsync.config.json_schema import schema_files
from licsync.diagnostics.exit_codes import Exit
from licsync.workflows.files import write_new


@click.command(
    "schema",
    cls=Command,
    examples={
        "licsync schema > account.schema.json": "Write the schema for an editor.",
        "licsync schema --out schemas": "Write all schemas into a folder.",
    },
)
@click.option(
    "--out",
    type=click.Path(path_type=Path, file_okay=False),
    help="Write all schemas into this folder.",
)
@click.argument(
    "name",
    type=click.Choice(
        ["account", "fleet", "inventory", "notification", "people", "plan", "report", "usage"]
    ),
    default="account",
    help="The kind of file.  [default: account]",
)
def command(out: Path | None, name: str) -> Exit:
    """Print a JSON Schema (draft-07) of one kind of file.

    account: the files of an account. fleet: the fleet file. inventory: inventory documents.
    notification: what a webhook gets. people: lists of people that a command prints. plan: plan
    documents. report: the report of a period. usage: who uses their licenses, as a command prints
    it.
    """
    files = schema_files()
    if out is None:
        console.print_result(files[f"{name}.schema.json"], "json")
        return Exit.DONE
    for file, text in files.items():
        write_new(out / file, text, overwrite=True)
        console.print_message(f"Wrote {out / file}")
    return Exit.DONE
