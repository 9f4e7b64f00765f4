"""Finds the files that an import makes outdated, and replaces the stored inventory."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from typing import TYPE_CHECKING, Any, Final

from licsync.diagnostics import Code, Diagnostic, InputInvalid, Span, error
from licsync.workflows.inventory import last_seen
from licsync.workflows.saved_inventory import replace_inventory
from licsync.workflows.session import owner

if TYPE_CHECKING:
    from licsync.model.inventory import Inventory
    from licsync.workflows.account import Account

SECTIONS: Final = frozenset(
    ("service_addresses", "sites", "licenses", "catalog", "policies", "templates", "users")
)
"""The sections that an import writes."""


def outdated_files(
    existing: Mapping[str, bytes], trees: Mapping[str, Mapping[str, Any]]
) -> list[str]:
    """Name the files that declare only what an import declares again in files with other names.

    Args:
        existing: the contents of the existing files, by name.
        trees: the sections of each file that the import writes, by name.

    Raises:
        InputInvalid: a file also declares something else, which would be lost.
    """
    from licsync.config.parallel import read_documents

    others = {name: data for name, data in existing.items() if name not in trees}
    found, faults = [], list[Diagnostic]()
    for document in read_documents(others):
        repeated = sorted(_repeated(document.root, trees.values()))
        rest = sorted(document.root.keys() - SECTIONS)
        if repeated and rest:
            message = (
                f"The file declares {' and '.join(repeated)}, which the import writes again, "
                f"and {' and '.join(rest)}, which would be lost."
            )
            hint = "Move one of them to another file."
            faults.append(error(Code.DUPLICATE_NAME, message, Span(document.file), hint))
        elif repeated:
            found.append(document.file)
    if faults:
        raise InputInvalid(*faults)
    return found


def _repeated(root: Mapping[str, Any], trees: Collection[Mapping[str, Any]]) -> Iterator[str]:
    """Name the sections of a file that declare something that the import declares too."""
    for section in root.keys() & SECTIONS:
        written = [tree[section] for tree in trees if section in tree]
        if section == "licenses":  # pool entries have no names
            if written and root[section]:
                yield section
        elif isinstance(root[section], dict):
            names = {str(name).casefold() for name in root[section]}
            if any(str(name).casefold() in names for part in written for name in part):
                yield section


def is_other_inventory(account: Account, inventory: Inventory) -> bool:
    """Tell whether the inventory last seen of an account differs from that of an import.

    Raises:
        InputInvalid: the inventory last seen cannot be used.
    """
    from licsync.model.inventory import digest

    stored = last_seen(account)
    if stored is None:
        return False
    now, then = (
        {**each.to_document(), "as_of": "", "observed": {}} for each in (inventory, stored)
    )
    return digest(now) != digest(then)


def is_first_inventory(account: Account) -> bool:
    """Tell whether an account in the console has no inventory yet. A sandbox is filled anyway.

    Raises:
        InputInvalid: the inventory last seen cannot be used.
    """
    return not account.is_sandbox and last_seen(account) is None


def store_inventory(account: Account, inventory: Inventory) -> None:
    """Replace the inventory in the store of an account, as `inventory load` does."""
    with account.storage.runs().lock(account.name, owner()):
        backup = replace_inventory(account, inventory.to_document())
    if backup is not None:
        account.session.output.message(f"The replaced inventory is in {backup}")
