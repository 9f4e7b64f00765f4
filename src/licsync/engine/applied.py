"""What an account looked like after it was applied last, put together from a snapshot and the journals since."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from licsync.engine.ports import Run
from licsync.engine.progress import Progress
from licsync.model.inventory import SECTIONS, Inventory, Record
from licsync.planning.plan import Plan
from licsync.planning.way_back import Effect


def last_applied(snapshot: Mapping[str, Any] | None, runs: Iterable[Run], seen: Inventory) -> Inventory:
    """Give the inventory as the last apply left it.

    Args:
        snapshot: the inventory document of when everything was applied last; None where that never was: then what no
            run has touched counts as it is now.
        runs: the runs since, with their journals, the oldest first.
        seen: the inventory as it is now. A service address that a run made is known from it.
    """
    document = snapshot or seen.to_document()
    sections: dict[str, dict[str, Record]] = {name: dict(document.get(name) or {}) for name in SECTIONS}
    sections["service_addresses"] = seen.service_addresses | sections["service_addresses"]
    for run in runs:
        for entry in run.entries:
            for key, record in (entry.after or {}).items() if entry.state == "done" else ():
                section, _, name = key.partition("/")
                if record is None:
                    sections[section].pop(name, None)
                else:
                    sections[section][name] = record
    return Inventory.from_document({"account": seen.account, "as_of": document.get("as_of", ""), **sections})


def effect(run: Run) -> Effect:
    """Give what a run did, from its journal."""
    before: dict[str, Record | None] = {}
    after: dict[str, Record | None] = {}
    for entry in run.entries:
        if entry.state in ("done", "partly"):
            for key, record in (entry.after or {}).items():
                before.setdefault(key, entry.before.get(key))
                after[key] = record
    done = {entry.action for entry in Progress.of(run).done.values()}
    return Effect(before, after, [action for action in Plan.from_json(run.plan).actions if action.id in done])
