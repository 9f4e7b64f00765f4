"""Imports an existing account: makes files that declare its inventory, verifies and writes them."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from licsync.config.catalog import load_catalog
from licsync.config.edit.writer import write_yaml
from licsync.config.files import ACCOUNT_FILE, read_files
from licsync.config.scaffold import SCHEMA_FILE
from licsync.diagnostics import Code, InputInvalid, error, has_errors
from licsync.importing.adopt import ImportedConfig, adopt
from licsync.importing.file_layout import layout_files
from licsync.importing.license_types import declared_types, with_known_types
from licsync.model.account_declarations import BackendSettings
from licsync.model.catalog import Catalog, merge_types
from licsync.model.inventory import Inventory, holder_title
from licsync.views.json_documents import inventory_json
from licsync.workflows.account import Account, open_account, require_directory
from licsync.workflows.backends import inventory_now
from licsync.workflows.drift import adopt_baseline
from licsync.workflows.export_dates import ExportDate, dates_of_kinds, remember_dates
from licsync.workflows.file_changes import change_files, restore_files
from licsync.workflows.identity_binding import show_identity
from licsync.workflows.importing import (
    Sources,
    check_free,
    read_inventory,
    seed_files,
    verify_import,
)
from licsync.workflows.onboarding import schema_of
from licsync.workflows.overwrite import (
    is_first_inventory,
    is_other_inventory,
    outdated_files,
    store_inventory,
)
from licsync.workflows.session import Session
from licsync.workflows.state import load_config

if TYPE_CHECKING:
    from licsync.importing.table_detection import FoundTables
    from licsync.model.desired import Desired

INVENTORY_FILE = "inventory.json"
"""The seed of a new account."""


@dataclass(frozen=True, slots=True)
class ImportRequest:
    """The options of an import.

    Attributes:
        sources: the files to import; without paths, the backend of the account is read.
        name: the short name of a new account; None for the document's, or the directory's.
        license_types: the types of unknown licenses, as `NAME=TYPE`.
        overwrite: whether files and the stored inventory may be replaced.
    """

    sources: Sources
    name: str | None = None
    license_types: tuple[str, ...] = ()
    overwrite: bool = False


@dataclass(frozen=True, slots=True)
class ImportSummary:
    """The numbers of users, templates and files that an import wrote."""

    users: int
    templates: int
    files: int


@dataclass(frozen=True, slots=True)
class _Target:
    """The directory that an import writes to.

    Attributes:
        existing: the contents of its files.
        account: the account in it; None for a new account.
        desired: what its files declare, with the license types of the import.
        catalog: all license types.
        own_types: the license types of the import.
    """

    existing: Mapping[str, bytes]
    account: Account | None
    desired: Desired | None
    catalog: Catalog
    own_types: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class _Files:
    """What an import writes.

    Attributes:
        texts: the text of each file.
        trees: the sections of each YAML file.
        outdated: the files that it removes.
        seed: the seed of the account, if it is replaced.
    """

    texts: dict[str, str]
    trees: Mapping[str, Mapping[str, Any]]
    outdated: list[str] = field(default_factory=list)
    seed: str = ""


def import_account(session: Session, request: ImportRequest) -> ImportSummary:
    """Write the files of an existing account.

    licsync verifies that a plan of the files is empty before it writes them.

    Raises:
        InputInvalid: a source cannot be read, or the files would not match it. Nothing was written.
        Refused: the source is of another account.
    """
    target = _open_target(session, request)
    try:
        return _import_into(session, request, target)
    finally:
        if target.account is not None:
            target.account.close()


def _import_into(session: Session, request: ImportRequest, target: _Target) -> ImportSummary:
    dates: dict[str, ExportDate] = {}
    kinds: set[str] = set()
    inventory = _read_source(session, request, target, dates, kinds)
    desired, account = target.desired, target.account
    now = session.now()
    section = desired.account if desired else None
    is_listed = not kinds or "licenses" in kinds
    adopted = adopt(inventory, target.catalog, section, now, lists_licenses=is_listed)
    is_stored = account is not None and account.is_stored and bool(request.sources.paths)
    is_other = is_stored and account is not None and is_other_inventory(account, inventory)
    is_new = is_stored and account is not None and is_first_inventory(account)
    files = _make_files(session, request, target, adopted, inventory)
    if is_other and not request.overwrite:
        message = f"The account in {session.directory} has a different inventory than the import."
        hint = "Replace it with --overwrite. licsync keeps the old one in DIR/.licsync."
        raise InputInvalid(error(Code.INVALID_VALUE, message, hint=hint))
    _verify(session, target, files, inventory)
    if is_other and account is not None and (seed := str(account.settings.get("seed") or "")):
        files.texts[seed] = inventory_json(inventory.to_document())
        files = replace(files, seed=seed)
    _write(session, files)
    remember_dates(session.directory, dates)
    if account is not None and (is_other or is_new):
        store_inventory(account, inventory)
    session.output.diagnostics(adopted.left_out)
    _show_other_holders(session, inventory)
    if not request.sources.paths or desired is None or is_stored:
        # otherwise 8x8 may differ from the tables
        with closing(open_account(session)) as imported:
            adopt_baseline(imported)
    templates = files.trees.get("policies.yaml", {}).get("templates", {})
    return ImportSummary(len(adopted.desired.users), len(templates), len(files.trees))


def _open_target(session: Session, request: ImportRequest) -> _Target:
    directory = session.directory
    if directory.is_dir():
        require_directory(directory)
        restore_files(directory, session.output, read_only=session.read_only)
    existing = read_files(directory).contents if directory.is_dir() else {}
    account = open_account(session) if ACCOUNT_FILE in existing else None
    desired = None
    if account is not None:
        desired = load_config(account).required()
    known = desired.catalog if desired else load_catalog()
    own_types = declared_types(request.license_types, known)
    catalog = Catalog(merge_types(known.types, own_types))
    if account is not None and desired is not None:
        desired = replace(desired, catalog=catalog)
        account = replace(account, desired=replace(account.desired, catalog=catalog))
    return _Target(existing, account, desired, catalog, own_types)


def _own_headings(desired: Desired) -> dict[str, list[str]]:
    """Give the headings that the account declares.

    Raises:
        InputInvalid: a heading is declared for two fields.
    """
    from licsync.importing.own_headings import ambiguous_headings

    if faults := [*ambiguous_headings(desired)]:
        raise InputInvalid(*faults)
    return desired.headings


def _read_source(
    session: Session,
    request: ImportRequest,
    target: _Target,
    dates: dict[str, ExportDate],
    kinds: set[str],
) -> Inventory:
    """Read the inventory from the named files, or from the backend of the account.

    Args:
        session: the session.
        request: what to import.
        target: the account.
        dates: the dates of the files, to be filled.
        kinds: the kinds of tables in the files, to be filled; empty for other sources.
    """
    account, directory = target.account, session.directory

    def note_tables(found: FoundTables) -> None:
        kinds.update(table.kind.name for table in found.tables)
        dates.update(dates_of_kinds(found, session.now(), is_simulated=session.at is not None))

    if request.sources.paths:
        title = request.name or (account.name if account else directory.resolve().name)
        headings = _own_headings(target.desired) if target.desired else {}
        document = read_inventory(
            replace(request.sources, headings=headings),
            target.catalog,
            title,
            session.now(),
            session.output,
            note_tables,
        )
        shown = ", ".join(map(str, request.sources.paths))
        show_identity(document, account, shown, session.output)
    elif account is not None:
        current = inventory_now(account)
        if current is None:
            message = "The content of the account is not known yet."
            hint = "Name a document: licsync import DIR --from FILE"
            raise InputInvalid(error(Code.INVALID_VALUE, message, hint=hint))
        document = current.to_document()
    else:
        message = f"'{directory}' is not an account, so it has no backend to import from."
        hint = (
            "Name a document: licsync import DIR --from FILE; "
            f"or write an {ACCOUNT_FILE} with its backend."
        )
        raise InputInvalid(error(Code.INVALID_VALUE, message, hint=hint))
    known = with_known_types(document, target.catalog)
    return Inventory.from_document({**known, "account": request.name or document["account"]})


def _make_files(
    session: Session,
    request: ImportRequest,
    target: _Target,
    adopted: ImportedConfig,
    inventory: Inventory,
) -> _Files:
    texts: dict[str, str] = {}
    is_new = target.desired is None
    if is_new:
        backend: BackendSettings = {"type": "local", "seed": INVENTORY_FILE}
        adopted.desired.account = {**adopted.desired.account, "backend": backend}
        texts = seed_files(inventory.to_document())
    trees = layout_files(adopted.desired, target.own_types, has_account=not is_new)
    for file, sections in trees.items():
        schema = "../" * file.count("/") + SCHEMA_FILE
        texts[file] = write_yaml(sections, schema if is_new else schema_of(target.existing, file))
    check_free(session.directory, list(texts), overwrite=request.overwrite)
    outdated = outdated_files(target.existing, trees) if request.overwrite else []
    return _Files(texts, trees, outdated)


def _verify(session: Session, target: _Target, files: _Files, inventory: Inventory) -> None:
    """Check that a plan of the files is empty.

    Raises:
        InputInvalid: it has changes or errors.
    """
    contents = {n: data for n, data in target.existing.items() if n not in files.outdated}
    contents |= {file: files.texts[file].encode() for file in files.trees}
    faults = verify_import(contents, inventory, session.now())
    if has_errors(faults):
        message = "The generated files would not match the account; nothing was written."
        raise InputInvalid(*faults, error(Code.INVALID_VALUE, message))


def _write(session: Session, files: _Files) -> None:
    directory, output = session.directory, session.output
    contents = {file: text.encode() for file, text in files.texts.items()}
    replaced = change_files(
        directory,
        {**contents, **dict.fromkeys(files.outdated)},
        private=(INVENTORY_FILE, files.seed),
        is_kept=True,
    )
    if replaced is not None:
        output.message(f"The replaced files are in {replaced}")
    for file in files.texts:
        output.message(f"Wrote {directory / file}")
    for file in files.outdated:
        output.message(f"Removed {directory / file}")


def _show_other_holders(session: Session, inventory: Inventory) -> None:
    """Show the licenses that no file declares because no user holds them."""
    holders = (unit.get("holder") for unit in inventory.licenses.values())
    held = [holder for holder in holders if holder]
    if held:
        names = ", ".join(dict.fromkeys(map(holder_title, held)))
        licenses = "1 license is" if len(held) == 1 else f"{len(held):,} licenses are"
        session.output.message(f"{licenses} not held by users and not declared: {names}.")
