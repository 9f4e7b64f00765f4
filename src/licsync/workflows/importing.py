"""The parts of an import: reads inventories from files, and verifies the files that it makes."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

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
from licsync.version import address_of
from licsync.workflows.output import Output

if TYPE_CHECKING:
    from licsync.importing.table_detection import FoundTables

_TABLES = (".csv", ".tsv", ".txt", ".xlsx", ".xlsm", ".xlsb", ".xls", ".ods")


@dataclass(frozen=True, slots=True)
class Sources:
    """The files to import.

    Attributes:
        paths: one JSON document; or CSV and Excel files, or folders of them.
        encoding: the encoding of CSV files that do not state it.
        ignored: columns and sheets to ignore.
        country: the country of licenses for which no table states it.
        headings: the headings that the account declares, by field.
        only: the kinds of tables to read; empty for all.
    """

    paths: Sequence[Path]
    encoding: str | None = None
    ignored: tuple[str, ...] = ()
    country: str | None = None
    headings: Mapping[str, Sequence[str]] = field(default_factory=dict)
    only: tuple[str, ...] = ()


def read_inventory(
    sources: Sources,
    catalog: Catalog,
    name: str,
    now: datetime,
    output: Output,
    on_tables: Callable[[FoundTables], None] = lambda found: None,
) -> dict[str, Any]:
    """Read an inventory document, or make one from tables.

    Args:
        sources: what to read.
        catalog: the license types.
        name: the account's name, for tables.
        now: the instant of the inventory, for tables.
        output: shows how each table and column was interpreted.
        on_tables: is called with the tables.

    Raises:
        InputInvalid: something cannot be read, is inconsistent, or would be lost. The exception
            lists all errors.
    """
    from licsync.importing.cell_accounting import faults_of_tables, find_unaccounted, group_faults
    from licsync.importing.from_tables import InventoryBuilder
    from licsync.workflows.inventory_files import read_document

    paths = sources.paths
    if len(paths) == 1 and paths[0].suffix.casefold() == ".json":
        return read_document(paths[0], str(paths[0]), catalog, output.diagnostics)
    country = country_of(sources)
    found = read_tables(sources, catalog, output)
    require_table(found, sources, ("users",))
    on_tables(found)
    tabular = InventoryBuilder(found, catalog, format_instant(now), country)
    document = tabular.document(name)
    rows = tabular.rows
    faults = [*found.faults, *rows.faults]
    reported = {(fault.span.file, fault.span.line) for fault in faults if fault.span}
    of_document = faults_of_tables(document, rows.places, found, catalog)
    faults += [
        fault
        for fault in of_document
        if not fault.span or (fault.span.file, fault.span.line) not in reported
    ]
    if not has_errors(faults):
        faults += find_unaccounted(found, document, catalog, rows.places, tabular.loose)
    faults = group_faults(sort_diagnostics([*faults, *found.notes, *rows.conclusions]))
    if has_errors(faults):
        raise InputInvalid(*faults)
    output.diagnostics(faults)
    return document


def country_of(sources: Sources) -> str | None:
    """Parse the country of licenses without one.

    Raises:
        InputInvalid: it is not a country.
    """
    from licsync.spreadsheets.cell_values import CellRefused, country_code

    try:
        return country_code(sources.country) if sources.country else None
    except CellRefused as refused:
        raise InputInvalid(error(Code.INVALID_VALUE, str(refused), hint=refused.hint)) from None


def read_tables(sources: Sources, catalog: Catalog, output: Output) -> FoundTables:
    """Find the tables in the files, and report how each table and column was interpreted.

    Raises:
        InputInvalid: a file cannot be read.
    """
    from licsync.importing.table_detection import find_tables, heading_score
    from licsync.views.escaping import escape_terminal

    score = partial(heading_score, own=sources.headings)
    sheets = [
        sheet
        for file in _files(sources.paths, output)
        for sheet in read_table(file, sources.encoding, output, score)
    ]
    found = find_tables(sheets, catalog, sources.ignored, sources.headings, sources.only)
    for line in found.remarks:
        output.message(escape_terminal(line))
    return found


def require_table(found: FoundTables, sources: Sources, kinds: Sequence[str]) -> None:
    """Check that a table of one of these kinds has rows.

    Raises:
        InputInvalid: there is no such table.
    """
    from licsync.importing.cell_accounting import group_faults

    if any(True for kind in kinds for _ in found.rows_of(kind)):
        return
    hint = (
        "A table of users has at least the columns user (or login) and first name; "
        f"see {address_of('how-to/moving-in')}."
    )
    wanted = [kind for kind in kinds if kind in sources.only] or kinds
    names = [kind.replace("_", " ") for kind in wanted]
    listed = names[0] if len(names) == 1 else f"{', '.join(names[:-1])} or {names[-1]}"
    message = f"No table of {listed} was found in {', '.join(map(str, sources.paths))}."
    raise InputInvalid(error(Code.INVALID_VALUE, message, hint=hint), *group_faults(found.faults))


def _files(paths: Sequence[Path], output: Output) -> list[Path]:
    """List the files with tables, and report the others."""
    from licsync.views.escaping import escape_terminal

    files = []
    for path in paths:
        for file in sorted(path.iterdir()) if path.is_dir() else [path]:
            if file == path or (
                file.suffix.casefold() in _TABLES and not file.name.startswith(("~$", "."))
            ):
                files.append(file)
            else:
                output.message(escape_terminal(f"{file}: not read: it is not a table."))
    return list(dict.fromkeys(files))


def read_table(
    path: Path,
    encoding: str | None,
    output: Output,
    meaning: Callable[[Row], int] | None = None,
) -> list[Sheet]:
    """Read the sheets of a CSV or Excel file, and report parts that people or licsync cannot see.

    Args:
        path: the file.
        encoding: the encoding of a CSV file that does not state it.
        output: shows the hidden parts.
        meaning: counts the known headings in a row.

    Raises:
        InputInvalid: the file cannot be read.
    """
    from licsync.spreadsheets.reader import MAX_BYTES, read_sheets

    try:
        with path.open("rb") as file:
            data = file.read(MAX_BYTES + 1)  # a device may never end
    except OSError as fault:
        message = f"'{path}' cannot be read: {fault.strerror or fault}."
        raise InputInvalid(error(Code.INVALID_VALUE, message)) from fault
    sheets = read_sheets(data, str(path), encoding, meaning)
    output.diagnostics([found for sheet in sheets for found in hidden_parts(sheet)])
    return sheets


def hidden_parts(sheet: Sheet) -> Iterator[Diagnostic]:
    """Report which parts of a sheet a spreadsheet program hides, and what licsync cannot see."""
    rows = [row.line for row in sheet.rows if row.line in sheet.hidden_rows]
    if rows and not sheet.is_hidden:
        lines = ", ".join(map(str, rows[:10])) + (", …" if len(rows) > 10 else "")
        verb = "hidden or filtered row is" if len(rows) == 1 else "hidden or filtered rows are"
        message = f"{len(rows):,} {verb} read like the others: {lines}."
        yield warning(
            Code.INVALID_VALUE,
            message,
            Span(sheet.file, rows[0], 1),
            "Delete them if they do not count.",
        )
    columns = [
        at
        for at in sorted(sheet.hidden_columns)
        if any(row.cells[at : at + 1] for row in sheet.rows)
    ]
    if columns and not sheet.is_hidden:
        numbers = ", ".join(str(at + 1) for at in columns[:10])
        yield warning(
            Code.INVALID_VALUE,
            f"Hidden columns are read like the others: {numbers}.",
            Span(sheet.file, 1, 1),
        )
    if sheet.is_blind:
        message = (
            "In this kind of file, licsync sees neither error values, nor zeros that only a number "
            "format shows, nor which rows and columns are hidden."
        )
        yield warning(
            Code.INVALID_VALUE,
            message,
            Span(sheet.file, 1, 1),
            "Save it as .xlsx if that matters.",
        )


def verify_import(
    contents: dict[str, bytes], inventory: Inventory, now: datetime
) -> list[Diagnostic]:
    """Verify that files match an inventory: list their errors and the actions of their plan."""
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
    """Return the files of a new account besides its YAML: seed, schema and .gitignore."""
    from licsync.config.json_schema import account_schema_file
    from licsync.config.scaffold import GITIGNORE, SCHEMA_FILE
    from licsync.views.json_documents import inventory_json

    return {
        "inventory.json": inventory_json(document),
        SCHEMA_FILE: account_schema_file(),
        ".gitignore": GITIGNORE,
    }


def check_free(directory: Path, names: Sequence[str], *, overwrite: bool) -> None:
    """Check that no file would be replaced without consent.

    Raises:
        InputInvalid: files exist and must not be replaced.
    """
    from licsync.views.phrases import count

    present = [name for name in names if (directory / name).exists()]
    if present and not overwrite:
        faults = [
            error(Code.INVALID_VALUE, "The file exists; nothing was written.", Span(name))
            for name in present
        ]
        hint = "Choose another directory, or replace the files with --overwrite."
        raise InputInvalid(
            *faults,
            error(
                Code.INVALID_VALUE, f"{count(len(present), 'file')} would be replaced.", hint=hint
            ),
        )
