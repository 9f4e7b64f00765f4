"""Merges what licenses carry: the settings that an export says into those that were known."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from licsync.importing.exported import ExportedAccount
from licsync.importing.merged import MergedInventory
from licsync.importing.unit_rows import carrier
from licsync.model.catalog import Catalog
from licsync.model.console.records import set_value
from licsync.model.declarations import Extension
from licsync.model.inventory import Inventory, Record, is_filled
from licsync.model.inventory_document import GROUPS
from licsync.planning.comparison import equivalent, flatten, lookup
from licsync.planning.licenses.settings import MARKS, fallback

_CARRIED = "Settings of licenses that changed their type are kept as far as the new type has them"

_LEFT_GROUPS = "Users who lost their extension are no longer in ring groups and call queues"


class ServiceMerge:
    """Gives each user of the merged document the services of the units that it holds."""

    def __init__(
        self,
        merged: MergedInventory,
        previous: Inventory,
        exported: ExportedAccount,
        catalog: Catalog,
    ) -> None:
        self._merged = merged
        self._previous = previous
        self._exported = exported
        self._catalog = catalog
        self._units: Mapping[str, Record] = merged.document["licenses"]
        self._exported_users = {
            name: exported_name for exported_name, name in merged.ids["users"].items()
        }
        self._old_names = {new: old for old, new in merged.renamed["users"].items()}
        self._old_units = {new: old for old, new in merged.same_units.items()}
        self._exported_units = {
            name: exported_name for exported_name, name in merged.ids["licenses"].items()
        }

    def run(self) -> None:
        """Fill the services of all users."""
        held: dict[str, list[str]] = {}
        for unit_id, unit in self._units.items():
            if unit.get("user"):
                held.setdefault(unit["user"], []).append(unit_id)
        for name, user in self._merged.document["users"].items():
            services = self._services(name, held.get(name, []))
            self._leave_groups(name, user, services)
            if services or user.get("services") or name in held:
                user["services"] = services
            else:
                user.setdefault("services", [])

    def _services(self, name: str, unit_ids: list[str]) -> list[Record]:
        old_name = self._old_names.get(name, name)
        known: Mapping[str, Any] = self._previous.users
        before: dict[str, Record] = {
            service["license"]: service
            for service in (known.get(old_name) or {}).get("services") or ()
        }
        order = {unit_id: at for at, unit_id in enumerate(before)}
        old_id: Mapping[str, str] = self._old_units
        unit_ids = sorted(
            unit_ids, key=lambda unit: (order.get(old_id.get(unit, unit), len(order)), unit)
        )
        left = [unit for unit in before if unit not in {old_id.get(new, new) for new in unit_ids}]
        services = []
        for unit_id in unit_ids:
            was: Record | None = before.get(old_id.get(unit_id, unit_id))
            if was is None:
                was = self._carried_service(unit_id, left, before)
            services.append(
                {"license": unit_id, **{k: v for k, v in was.items() if k != "license"}}
            )
        exported_name = self._exported_users.get(name)
        if exported_name is not None:
            self._apply_settings(exported_name, services)
        return services

    def _leave_groups(self, name: str, user: Record, services: list[Record]) -> None:
        """Let a user whose last extension is gone leave the groups, as the console does (T3)."""
        exported_name = self._exported_users.get(name, "")
        stated = self._exported.fields("users", exported_name) if exported_name else ()
        known: Mapping[str, Any] = self._previous.users
        before = (known.get(self._old_names.get(name, name)) or {}).get("services") or ()
        had_extension, has_extension = (
            any(is_filled(service.get("extension")) for service in side)
            for side in (before, services)
        )
        left = [group for group in GROUPS if user.get(group) and group not in stated]
        if had_extension and not has_extension and left:
            user |= {group: [] for group in left}
            self._merged.conclusions[_LEFT_GROUPS] += 1

    def _carried_service(
        self, unit_id: str, left: list[str], before: Mapping[str, Record]
    ) -> Record:
        """Return the service of a new license: with what the license it replaces carried."""
        kind = self._units[unit_id]["type"]
        if not self._catalog.is_single(kind):
            return {}
        for old in left:
            old_type = self._previous.pool_of(old)[0]
            if self._catalog.planes(old_type) & self._catalog.planes(kind):
                left.remove(old)
                extension: Record = {}
                for path, value, _ in flatten(Extension, before[old].get("extension") or {}):
                    after = fallback(self._catalog, kind, path, value)
                    if after is not None:
                        set_value(extension, path, after)
                if extension and old_type != kind:
                    self._merged.conclusions[_CARRIED] += 1
                return {"extension": extension} if extension else {}
        return {}

    def _apply_settings(self, exported_name: str, services: list[Record]) -> None:
        """Write the settings that the rows of a user say."""
        by_unit = {service["license"]: service for service in services}
        exported: Mapping[str, Any] = self._exported.document["users"][exported_name]
        extensions = {
            service["license"]: service.get("extension") or {}
            for service in exported.get("services") or ()
        }
        for unit_id in by_unit:
            exported_unit = self._exported_units.get(unit_id)
            if exported_unit is not None:
                paths = self._exported.settings.get((exported_name, exported_unit), ())
                _write(by_unit[unit_id], extensions.get(exported_unit, {}), paths)
        loose = self._exported.settings.get((exported_name, ""), ())
        extension = self._exported.loose.get(exported_name, {})
        if services:
            ids = list(by_unit)
            _write(by_unit[carrier(dict(self._units), ids, self._catalog)], extension, loose)
        elif extension:
            self._merged.add_fault(
                ("users", exported_name),
                f"'{exported_name}' has an extension or settings here, but held no license for "
                "them when the licenses were last read",
                "Add the licenses to the export, or clear the cells.",
            )


def _write(service: Record, exported: Mapping[str, Any], paths: Iterable[str]) -> None:
    """Write settings into the extension of a service; an empty one is removed."""
    changed = {
        path: value
        for path in paths
        if not equivalent(
            lookup(service.get("extension") or {}, path),
            value := lookup(exported, path),
            MARKS.get(path, ()),
        )
    }
    if not changed:
        return
    extension: Record = {**(service.get("extension") or {})}
    if "features" in extension:
        extension["features"] = dict(extension["features"])
    for path, value in changed.items():
        set_value(extension, path, value)
    service["extension"] = extension
