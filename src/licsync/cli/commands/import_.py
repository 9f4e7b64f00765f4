"""`licsync import`."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from pathlib import Path

import click

from licsync.cli import options
from licsync.cli import output as console
from licsync.cli.exit_codes import Exit


@click.command("import")
@options.directory
@click.option(
    "--from",
    "sources",
    multiple=True,
    metavar="FILE",
    type=click.Path(path_type=Path, exists=True),
    help="An inventory document, or CSV or Excel files with users and licenses, or a folder of them.",
)
@click.option(
    "--name", help="Short name of a new account.  [default: the document's, or the directory's]"
)
@click.option("--encoding", help="Of CSV files that are neither UTF-8 nor UTF-16, such as cp1252.")
@click.option("--ignore-column", "ignored", multiple=True, metavar="HEADING",
              help="A column of the tables, or a sheet or file by its name, that is not to be read.")  # fmt: skip
@click.option(
    "--country", metavar="CC", help="Country of the licenses of which the tables do not say it."
)
@click.option("--license-type", "license_types", multiple=True, metavar="NAME=TYPE",
              help="What an unknown license is: a key of the catalog, or uc, cc, uc+cc, number, addon.")  # fmt: skip
@click.option(
    "--overwrite",
    is_flag=True,
    help="Replace the files, and the inventory of a sandbox, that are there already.",
)
@options.state
@options.now
@options.no_color
def command(
    directory: Path,
    sources: tuple[Path, ...],
    name: str | None,
    encoding: str | None,
    ignored: tuple[str, ...],
    country: str | None,
    license_types: tuple[str, ...],
    overwrite: bool,
    state: str | None,
    now: datetime | None,
) -> Exit:
    """Write the files of an account that exists already into DIR, from its backend or from FILE.

    They say what is there, as a person would have written it: templates for what users have in
    common, a file for each department or site. Before anything is written it is proved that a plan
    of them is empty; what they cannot say is listed, and stays as it is.
    """
    from licsync.config.catalog import load_catalog
    from licsync.config.edit.writer import write_yaml
    from licsync.config.files import ACCOUNT_FILE, read_files
    from licsync.config.scaffold import SCHEMA_FILE
    from licsync.diagnostics import Code, InputInvalid, error, has_errors
    from licsync.importing.adopt import adopt
    from licsync.importing.file_layout import layout_files
    from licsync.importing.license_types import declared_types, with_known_types
    from licsync.model.catalog import Catalog, merge_types
    from licsync.model.inventory import Inventory, holder_title
    from licsync.views.json_documents import inventory_json
    from licsync.views.phrases import count
    from licsync.workflows import account as accounts
    from licsync.workflows.backends import inventory_now
    from licsync.workflows.drift import adopt_baseline
    from licsync.workflows.files import write_new
    from licsync.workflows.identity import print_identity
    from licsync.workflows.importing import (
        Sources,
        check_free,
        read_inventory,
        seed_files,
        verify_import,
    )
    from licsync.workflows.overwrite import (
        back_up_files,
        is_other_inventory,
        outdated_files,
        replace_sandbox,
    )
    from licsync.workflows.storage import clock

    console.use_directory(directory)
    existing = read_files(directory).contents if directory.is_dir() else {}
    account, desired = (
        accounts.open_valid_account(directory, state, now)
        if ACCOUNT_FILE in existing
        else (None, None)
    )
    moment = account.now() if account else now or clock()
    known = desired.catalog if desired else load_catalog()
    own = declared_types(license_types, known)
    catalog = Catalog(merge_types(known.types, own))
    if account is not None and desired is not None:
        account.desired = desired = replace(desired, catalog=catalog)
    if sources:
        title = name or (desired.name if desired else directory.resolve().name)
        document = read_inventory(
            Sources(sources, encoding, ignored, country), catalog, title, moment
        )
        print_identity(document, account, ", ".join(map(str, sources)))
    elif account is not None:
        seen = inventory_now(account)
        if seen is None:
            message = "Nothing is known yet of what the account holds."
            raise InputInvalid(
                error(
                    Code.INVALID_VALUE,
                    message,
                    hint="Name a document: licsync import DIR --from FILE",
                )
            )
        document = seen.to_document()
    else:
        message = f"'{directory}' is no account, so it has no backend to import from."
        hint = f"Name a document: licsync import {directory} --from FILE; or write an {ACCOUNT_FILE} with its backend."
        raise InputInvalid(error(Code.INVALID_VALUE, message, hint=hint))

    inventory = Inventory.from_document(
        {**with_known_types(document, catalog), "account": name or document["account"]}
    )
    adopted = adopt(inventory, catalog, desired.account if desired else None, moment)
    files: dict[str, str] = {}
    if desired is None:
        adopted.desired.account = {
            **adopted.desired.account,
            "backend": {"type": "local", "seed": "inventory.json"},
        }
        files = seed_files(inventory.to_document())
    trees = layout_files(adopted.desired, own, has_account=desired is not None)
    for file, sections in trees.items():
        schema = "../" * file.count("/") + SCHEMA_FILE if desired is None else None
        files[file] = write_yaml(sections, schema)
    check_free(directory, list(files), overwrite=overwrite)
    outdated = outdated_files(existing, trees) if overwrite else []
    is_sandbox = account is not None and account.backend_type == "local" and bool(sources)
    is_other = is_sandbox and account is not None and is_other_inventory(account, inventory)
    if is_other and not overwrite:
        message = f"The account in {directory} has another inventory than what is imported."
        hint = "Replace it with --overwrite; what is there is kept in DIR/.licsync."
        raise InputInvalid(error(Code.INVALID_VALUE, message, hint=hint))
    kept = {name: data for name, data in existing.items() if name not in outdated}
    faults = verify_import(
        {**kept, **{file: files[file].encode() for file in trees}}, inventory, moment
    )
    if has_errors(faults):
        raise InputInvalid(
            *faults,
            error(
                Code.INVALID_VALUE, "The files would not say what is there; nothing was written."
            ),
        )
    seed = str(account.settings.get("seed") or "") if is_other and account is not None else ""
    if seed:
        files[seed] = inventory_json(inventory.to_document())
    back_up_files(directory, [*files, *outdated])
    for file, text in files.items():
        write_new(
            directory / file, text, overwrite=overwrite, private=file in ("inventory.json", seed)
        )
        console.print_message(f"Wrote {directory / file}")
    for file in outdated:
        (directory / file).unlink()
        console.print_message(f"Removed {directory / file}")
    if is_other and account is not None and desired is not None:
        replace_sandbox(account, desired.name, inventory)
    console.show_diagnostics(adopted.left_out)
    holders = (unit.get("holder") for unit in inventory.licenses.values())
    if held := [holder for holder in holders if holder]:
        names = ", ".join(dict.fromkeys(map(holder_title, held)))
        verb = "license is held by what is" if len(held) == 1 else "licenses are held by what is"
        console.print_message(f"{len(held):,} {verb} no user, and no file declares: {names}.")
    if not sources or desired is None or is_sandbox:  # else 8x8 may say otherwise than the tables
        adopt_baseline(*accounts.open_valid_account(directory, state, now))
    made = (
        count(len(adopted.desired.users), "user"),
        count(len(trees.get("policies.yaml", {}).get("templates", {})), "template"),
        count(len(trees), "file"),
    )
    console.print_result(f"{', '.join(made)}. A plan of them is empty.")
    return Exit.DONE
