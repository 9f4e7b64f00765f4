"""Notices an export that takes everything back to how it was before an earlier refresh.

Neither the name nor the time of such a file says that it is old: a copy or a download is new. But
if all that it changes is as it was in an inventory that was replaced since, it is likely the export
that was read then, or one of that time.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import islice
from pathlib import Path

from licsync.diagnostics import Code, Diagnostic, warning
from licsync.importing.inventory_changes import EXISTS, RecordChange, inventory_changes
from licsync.model.catalog import Catalog
from licsync.model.inventory import Inventory
from licsync.model.labels import day_and_time
from licsync.workflows.replaced_inventories import replaced_inventories

_MOST = 5
"""How many replaced inventories are compared, the newest."""


def reverting_exports(
    directory: Path, after: Inventory, changes: Sequence[RecordChange], catalog: Catalog
) -> Iterator[Diagnostic]:
    """Warn if an export only takes back what earlier refreshes changed.

    Args:
        directory: the account directory.
        after: the inventory that the export makes.
        changes: what the export changes.
        catalog: the license types.
    """
    if not changes:
        return
    for replaced, inventory in islice(replaced_inventories(directory), _MOST):
        others = inventory_changes(inventory, after, catalog, {})
        paths, records = {(c.resource, c.path) for c in others}, {c.resource for c in others}
        if not any(
            c.resource in records if c.path == EXISTS else (c.resource, c.path) in paths
            for c in changes
        ):
            which = "The only change" if len(changes) == 1 else f"All {len(changes):,} changes"
            verb = "takes" if len(changes) == 1 else "take"
            message = f"{which} of this export {verb} back what changed with the refresh of "
            message += f"{day_and_time(replaced)} or later: this export may be an older one."
            hint = "If it is older, make a new one. If it is new, pass --as-of with its day."
            yield warning(Code.EXPORT_OLDER, message, hint=hint)
            return
