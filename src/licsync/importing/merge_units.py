"""Merges the license units of an export into the previous inventory."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from licsync.importing.exported import ExportedAccount
from licsync.importing.merged import MergedInventory
from licsync.importing.one_line_addresses import is_same_place
from licsync.importing.unit_matching import MatchableUnit, match_units, matchable, new_ids
from licsync.model.inventory import Inventory, Record
from licsync.model.license import parse_instant

_AT_SITE = "Newly assigned licenses are assumed to be at the address of their user's site"
_FREED = "Licenses that users no longer hold are assumed to be unassigned"


def merge_units(
    merged: MergedInventory,
    previous: Inventory,
    exported: ExportedAccount,
    addresses: Mapping[str, str],
    *,
    is_complete: bool,
) -> None:
    """Merge the units, by id where the export has ids (`unit_matching` for the others).

    Args:
        merged: the inventory to fill; its users, sites and addresses are merged.
        previous: the previous inventory.
        exported: the export.
        addresses: the ids of service addresses, by the ids in the export.
        is_complete: whether a license table lists all units.
    """
    _UnitMerge(merged, previous, exported, addresses, is_complete).run()


class _UnitMerge:
    def __init__(
        self,
        merged: MergedInventory,
        previous: Inventory,
        exported: ExportedAccount,
        addresses: Mapping[str, str],
        is_complete: bool,
    ) -> None:
        self._merged = merged
        self._exported = exported
        self._addresses = addresses
        self._is_complete = is_complete
        renamed = merged.renamed["users"]
        users = merged.document["users"]
        self._old: dict[str, Record] = {}
        for unit_id, unit in previous.licenses.items():
            record: Record = dict(unit)
            if record.get("user"):
                record["user"] = renamed.get(record["user"], record["user"])
            if record.get("service_address") in addresses:
                record["service_address"] = addresses[record["service_address"]]
            self._old[unit_id] = record
        self._users: Mapping[str, Record] = users
        self._names = merged.ids["users"]
        self._exported_users = frozenset(self._names.values())

    def run(self) -> None:
        """Fill the units of the merged document."""
        reported = {
            unit_id: self._translated(unit_id, unit)
            for unit_id, unit in self._exported.document["licenses"].items()
        }
        ids = self._ids(reported)
        units: dict[str, Record] = {}
        for unit_id, unit in reported.items():
            was = self._old.get(self._before.get(unit_id, ids[unit_id]))
            units[ids[unit_id]] = record = self._merged_unit(unit_id, unit, was)
            if unit_id not in self._exported.unnamed_units:
                if unit_id not in self._old:  # else it may be the id that licsync made up
                    record.pop("unnamed", None)
            elif was is None:
                record["unnamed"] = True
        for unit_id, unit in self._old.items():
            if unit_id not in units and unit_id not in self._merged.same_units:
                retained = self._kept_unit(unit)
                if retained is not None:
                    units[unit_id] = retained
        self._merged.document["licenses"] = dict(sorted(units.items()))
        self._merged.ids["licenses"] = ids

    def _translated(self, unit_id: str, unit: Record) -> Record:
        """Return a unit of the export with the names of the merged document."""
        record = dict(unit)
        if user := record.get("user"):
            record["user"] = self._names.get(user, user)
        address = record.get("service_address") or ""
        if address in self._addresses:
            record["service_address"] = self._addresses[address]
        return record

    # --- ids --------------------------------------------------------------------------------------

    def _ids(self, reported: Mapping[str, Record]) -> dict[str, str]:
        """Return the id in the merged document of each unit of the export."""
        unnamed = self._exported.unnamed_units
        ids = {unit_id: unit_id for unit_id in reported if unit_id not in unnamed}
        unknown = [
            unit_id for unit_id in reported if unit_id in unnamed or unit_id not in self._old
        ]
        after = [self._matchable(unit_id, reported[unit_id]) for unit_id in unknown]
        before = [
            matchable(unit_id, unit, _holder(unit))
            for unit_id, unit in self._old.items()
            if unit_id not in ids and self._may_change(unit)
        ]
        matched = match_units(before, after)
        self._before = matched
        self._merged.same_units = {
            was: unit_id for unit_id, was in matched.items() if unit_id not in unnamed
        }
        new = [unit for unit in after if unit.id in unnamed and unit.id not in matched]
        basis = [self._merged.document["as_of"], sorted(self._old.items())]
        made = new_ids(new, basis, (*self._old, *reported)) if new else {}
        return ids | {unit: was for unit, was in matched.items() if unit in unnamed} | made

    def _matchable(self, unit_id: str, unit: Record) -> MatchableUnit:
        settings = None
        if user := self._exported.document["licenses"][unit_id].get("user"):
            services = self._exported.document["users"].get(user, {}).get("services") or ()
            settings = next((s.get("extension") for s in services if s["license"] == unit_id), None)
        return matchable(unit_id, unit, _holder(unit), settings)

    def _may_change(self, unit: Record) -> bool:
        """Tell whether the export says anything about a unit, if not by its id."""
        if self._is_complete:
            return True
        if unit.get("user"):
            return self._is_reported(unit["user"])
        return unit["status"] == "unassigned" or "licenses" in self._exported.complete

    def _is_reported(self, user: str) -> bool:
        """Tell whether the export lists the licenses of a user of the merged document."""
        return user not in self._users or (
            self._exported.users_say_licenses and user in self._exported_users
        )

    # --- records ----------------------------------------------------------------------------------

    def _merged_unit(self, unit_id: str, unit: Record, was: Record | None) -> Record:
        columns = self._exported.fields("licenses", unit_id)
        record: Record = dict(was or {})
        record |= {"type": unit["type"], "country": unit["country"], "status": unit["status"]}
        if "user" in columns or unit.get("user") or unit.get("holder"):
            record.pop("user", None)
            record.pop("holder", None)
            record |= {key: unit[key] for key in ("user", "holder") if key in unit}
        elif unit["status"] == "unassigned":
            record.pop("user", None)
            record.pop("holder", None)
        is_held_as_before = was is not None and _holder(record) == _holder(was)
        if was is not None and is_held_as_before and "status" not in columns:
            record["status"] = was["status"]
        elif unit["status"] == "suspended":
            reported, known = unit.get("suspended") or {}, record.get("suspended") or {}
            is_other = reported.get("reason", known.get("reason")) != known.get("reason")
            known = known if is_held_as_before and not is_other else {}
            record["suspended"] = {**known, **reported}
            if _is_same_day(reported.get("at"), known.get("at")):
                record["suspended"]["at"] = known["at"]
        else:
            record.pop("suspended", None)
        self._set_address(record, unit_id, unit, was, columns)
        return record

    def _set_address(
        self,
        record: Record,
        unit_id: str,
        unit: Record,
        was: Record | None,
        columns: frozenset[str],
    ) -> None:
        if "service_address" in columns:
            address = unit.get("service_address")
            old = (was or {}).get("service_address") or ""
            if not address:
                record.pop("service_address", None)
            elif not self._is_same_line(unit_id, old, address):
                record["service_address"] = address
        elif record.get("user") and record["user"] != (was or {}).get("user"):
            site = self._users.get(record["user"], {}).get("site")
            address = self._merged.document["sites"].get(site, {}).get("service_address")
            if address and address != record.get("service_address"):
                record["service_address"] = address
                self._merged.conclusions[_AT_SITE] += 1

    def _is_same_line(self, unit_id: str, old: str, address: str) -> bool:
        """Tell whether an address that is written out reads as the previous one."""
        addresses: Mapping[str, Any] = self._merged.document["service_addresses"]
        if unit_id not in self._exported.written_out or old not in addresses:
            return False
        return is_same_place(addresses[old], addresses[address])

    def _kept_unit(self, unit: Record) -> Record | None:
        """Return a unit that the export does not name; None if it is gone."""
        if self._is_complete:
            return None
        user = unit.get("user")
        if not user or not self._is_reported(user):
            return unit
        self._merged.conclusions[_FREED] += 1
        rest = {key: value for key, value in unit.items() if key not in ("user", "suspended")}
        return {**rest, "status": "unassigned"}


def _is_same_day(reported: str | None, known: str | None) -> bool:
    """Tell whether an instant is known more precisely than the table has it."""
    if not reported or not known:
        return False
    instants = [parse_instant(text) for text in (reported, known)]
    is_day = len(reported) == len("2026-11-24") or reported.endswith("T00:00:00Z")
    return instants[0] == instants[1] or (is_day and instants[0].date() == instants[1].date())


def _holder(unit: Record) -> str:
    if user := unit.get("user"):
        return f"user {user}"
    other = unit.get("holder")
    return f"{other['kind']} {other['name']}" if other else ""
