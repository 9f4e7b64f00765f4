"""Moving in: reads what an account holds from files, writes the tree of an account, and proves it before."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from licsync.diagnostics import (
    Code,
    Diagnostic,
    InputInvalid,
    Span,
    error,
    has_errors,
    sort_diagnostics,
    warning,
)
from licsync.model.catalog import Catalog
from licsync.model.inventory import Inventory
from licsync.model.license import format_instant
from licsync.spreadsheets.sheet import Row, Sheet
from licsync.workflows.output import Output

_TABLES = (".csv", ".tsv", ".txt", ".xlsx", ".xlsm", ".xlsb", ".xls", ".ods")


@dataclass(frozen=True, slots=True)
class Sources:
    """What the command line says of the files that an account moves in from.

    Attributes:
        paths: one JSON document; or CSV and Excel files, or folders of them.
        encoding: of CSV files that do not say it.
        ignored: columns and sheets that are not to be read.
        country: that of licenses of which nothing else says it.
    """

    paths: Sequence[Path]
    encoding: str | None = None
    ignored: tuple[str, ...] = ()
    country: str | None = None


def read_inventory(
    sources: Sources, catalog: Catalog, name: str, now: datetime, output: Output
) -> dict[str, Any]:
    """Read an inventory document, or make one of tables, and say what each table and column was taken for.

    Args:
        sources: what to read.
        catalog: the license types.
        name: the account's name, where tables are read.
        now: the instant that tables are taken to be of.
        output: shows what each table and column was taken for.

    Raises:
        InputInvalid: something cannot be read, is inconsistent, or would be lost; every fault is
            named.
    """
    from licsync.importing.cell_accounting import faults_of_tables, find_unaccounted, group_faults
    from licsync.importing.from_tables import InventoryBuilder
    from licsync.importing.table_detection import find_tables, heading_score
    from licsync.spreadsheets.cell_values import CellRefused, country_code
    from licsync.views.escaping import escape_terminal
    from licsync.workflows.inventory_files import read_document

    paths = sources.paths
    if len(paths) == 1 and paths[0].suffix.casefold() == ".json":
        return read_document(paths[0], str(paths[0]), catalog)
    try:
        country = country_code(sources.country) if sources.country else None
    except CellRefused as refused:
        raise InputInvalid(error(Code.INVALID_VALUE, str(refused), hint=refused.hint)) from None
    sheets = [
        sheet
        for file in _files(paths, output)
        for sheet in read_table(file, sources.encoding, output, heading_score)
    ]
    found = find_tables(sheets, catalog, sources.ignored)
    for line in found.remarks:
        output.message(escape_terminal(line))
    if not any(True for _ in found.rows_of("users")):
        hint = "A table of users has the columns user (or login) and first name at least; see docs/moving-in.md."
        message = f"No table of users was found in {', '.join(map(str, paths))}."
        raise InputInvalid(
            error(Code.INVALID_VALUE, message, hint=hint), *group_faults(found.faults)
        )
    tabular = InventoryBuilder(found, catalog, format_instant(now), country)
    document = tabular.document(name)
    faults = [*found.faults, *tabular.rows.faults]
    told = {(fault.span.file, fault.span.line) for fault in faults if fault.span}
    of_document = faults_of_tables(document, tabular.rows.places, found, catalog)
    faults += [
        fault
        for fault in of_document
        if not fault.span or (fault.span.file, fault.span.line) not in told
    ]
    if not has_errors(faults):
        faults += find_unaccounted(found, document, catalog)
    faults = group_faults(sort_diagnostics([*faults, *found.notes, *tabular.rows.conclusions]))
    if has_errors(faults):
        raise InputInvalid(*faults)
    output.diagnostics(faults)
    return document


def _files(paths: Sequence[Path], output: Output) -> list[Path]:
    """List the files with tables, and say which others there are."""
    from licsync.views.escaping import escape_terminal

    files = []
    for path in paths:
        for file in sorted(path.iterdir()) if path.is_dir() else [path]:
            if file == path or (
                file.suffix.casefold() in _TABLES and not file.name.startswith(("~$", "."))
            ):
                files.append(file)
            else:
                output.message(escape_terminal(f"{file}: not read: it is no table."))
    return list(dict.fromkeys(files))


def read_table(
    path: Path,
    encoding: str | None,
    output: Output,
    meaning: Callable[[Row], int] | None = None,
) -> list[Sheet]:
    """Read the sheets of a CSV or Excel file, and say what of them is not seen by a person, or not by licsync.

    Args:
        path: the file.
        encoding: of a CSV file that does not say it.
        output: shows what of it is hidden.
        meaning: how much a row means, taken for a row of headings.

    Raises:
        InputInvalid: it cannot be read.
    """
    from licsync.spreadsheets.reader import read_sheets

    try:
        data = path.read_bytes()
    except OSError as fault:
        message = f"'{path}' cannot be read: {fault.strerror or fault}."
        raise InputInvalid(error(Code.INVALID_VALUE, message)) from fault
    sheets = read_sheets(data, str(path), encoding, meaning)
    output.diagnostics([found for sheet in sheets for found in hidden_parts(sheet)])
    return sheets


def hidden_parts(sheet: Sheet) -> Iterator[Diagnostic]:
    """Say which parts of a sheet a spreadsheet program hides, and what licsync cannot see."""
    rows = [row.line for row in sheet.rows if row.line in sheet.hidden_rows]
    if rows and not sheet.is_hidden:
        said = ", ".join(map(str, rows[:10])) + (", …" if len(rows) > 10 else "")
        verb = "hidden or filtered row is" if len(rows) == 1 else "hidden or filtered rows are"
        message = f"{len(rows):,} {verb} read like the others: {said}."
        yield warning(
            Code.INVALID_VALUE,
            message,
            Span(sheet.file, rows[0], 1),
            "Delete them where they do not count.",
        )
    columns = [
        at
        for at in sorted(sheet.hidden_columns)
        if any(row.cells[at : at + 1] for row in sheet.rows)
    ]
    if columns and not sheet.is_hidden:
        said = ", ".join(str(at + 1) for at in columns[:10])
        yield warning(
            Code.INVALID_VALUE,
            f"Hidden columns are read like the others: {said}.",
            Span(sheet.file, 1, 1),
        )
    if sheet.is_blind:
        message = "Of this kind of file, licsync sees neither error values nor the zeros that a number format shows."
        yield warning(
            Code.INVALID_VALUE,
            message,
            Span(sheet.file, 1, 1),
            "Save it as .xlsx where that matters.",
        )


def verify_import(
    contents: dict[str, bytes], inventory: Inventory, now: datetime
) -> list[Diagnostic]:
    """Prove that files say what an inventory holds: give what is wrong with them and what a plan of them would do."""
    from licsync.config.assembly import build_desired
    from licsync.config.files import Files
    from licsync.config.parallel import read_documents
    from licsync.planning.planner import make_plan
    from licsync.planning.validation.validate import check

    contents = dict(sorted(contents.items()))
    loaded = build_desired(Files(contents), read_documents(contents))
    if loaded.desired is None or has_errors(loaded.diagnostics):
        return loaded.diagnostics
    found = [*loaded.diagnostics, *check(loaded.desired, inventory, now=now)]
    plan = make_plan(loaded.desired, inventory, now=now)
    found += [
        error(
            Code.LEFT_OUT,
            f"A plan of the files would {action.verb} {action.resource}.",
            action.source,
        )
        for action in plan.actions
    ]
    return sort_diagnostics(found)


def seed_files(document: dict[str, Any]) -> dict[str, str]:
    """Give the files that a new account has beside its YAML: what its store is filled from, and the schema."""
    from licsync.config.json_schema import account_schema
    from licsync.config.scaffold import GITIGNORE, SCHEMA_FILE
    from licsync.views.json_documents import inventory_json

    schema = json.dumps(account_schema(), indent=2, ensure_ascii=False) + "\n"
    return {
        "inventory.json": inventory_json(document),
        SCHEMA_FILE: schema,
        ".gitignore": GITIGNORE,
    }


def check_free(directory: Path, names: Sequence[str], *, overwrite: bool) -> None:
    """Raise InputInvalid where files are there already and may not be replaced."""
    from licsync.views.phrases import count

    present = [name for name in names if (directory / name).exists()]
    if present and not overwrite:
        faults = [
            error(Code.INVALID_VALUE, "The file is there already; nothing was written.", Span(name))
            for name in present
        ]
        hint = "Choose another directory, or replace them with --overwrite."
        raise InputInvalid(
            *faults,
            error(
                Code.INVALID_VALUE, f"{count(len(present), 'file')} would be replaced.", hint=hint
            ),
        )
