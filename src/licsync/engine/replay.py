"""The inventory after the last apply, from a snapshot and the journals since."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from licsync.engine.journal_state import JournalState
from licsync.engine.ports import Run
from licsync.model.console.step import Json
from licsync.model.inventory import SECTIONS, Inventory, Record, services_of
from licsync.planning.plan import Plan
from licsync.planning.undo.effect import RunEffect


def last_applied(snapshot: Json | None, runs: Iterable[Run], seen: Inventory) -> Inventory:
    """Give the inventory as the last apply left it.

    Args:
        snapshot: the inventory document after the last complete apply; None if there was none: then
            records that no run touched count as they are now.
        runs: the runs since, with their journals, oldest first.
        seen: the current inventory. It shows service addresses that a run made, and units that came
            automatically with a phone number, which no step names.
    """
    changed: dict[str, Record | None] = {}
    for run in runs:
        for entry in run.entries:
            changed |= (entry.after or {}) if entry.state == "done" else {}
    return with_records(snapshot or seen.to_document(), changed, seen)


def with_records(
    document: Json, records: Mapping[str, Record | None], seen: Inventory
) -> Inventory:
    """Give the inventory of a document with other records.

    Args:
        document: an inventory document.
        records: the records by key; None for one that does not exist.
        seen: the current inventory; see `last_applied`.
    """
    sections: dict[str, dict[str, Record]] = {
        name: dict(document.get(name) or {}) for name in SECTIONS
    }
    known: Json = seen.service_addresses
    sections["service_addresses"] = {**known, **sections["service_addresses"]}
    for key, record in records.items():
        section, _, name = key.partition("/")
        if record is None:
            sections[section].pop(name, None)
        else:
            sections[section][name] = record
    for name, user in sections["users"].items():
        sections["users"][name] = _with_units(name, user, sections["licenses"], seen)
    return Inventory.from_document(
        {"account": seen.account, "as_of": document.get("as_of", ""), **sections}
    )


def _with_units(name: str, user: Record, units: dict[str, Record], seen: Inventory) -> Record:
    """Add the units of a user that no step named, unless they no longer exist."""
    services = services_of(user)
    held = [service["license"] for service in services]
    for unit in [name for name in held if name not in units and name in seen.licenses]:
        units[unit] = {**seen.licenses[unit], "status": "assigned", "user": name}
    known = [service for service in services if service["license"] in units]
    return user if len(known) == len(services) else {**user, "services": known}


def run_effect(run: Run) -> RunEffect:
    """Give the effect of a run, from its journal."""
    before: dict[str, Record | None] = {}
    after: dict[str, Record | None] = {}
    for entry in run.entries:
        if entry.state in ("done", "partly"):
            for key, record in (entry.after or {}).items():
                before.setdefault(key, entry.before.get(key))
                after[key] = record
    done = {entry.action for entry in JournalState.from_run(run).done.values()}
    return RunEffect(
        before, after, [action for action in Plan.from_json(run.plan).actions if action.id in done]
    )
