"""Names of license units for people.

Exports may show no ids of units. licsync makes some up, so that units keep their identity from one
export to the next (`importing.unit_matching`), but nobody can find such an id in the console.
"""

from __future__ import annotations

from licsync.model.catalog import Catalog
from licsync.model.inventory import Inventory
from licsync.model.labels import postal
from licsync.model.license import has_console_id


def unit_name(unit_id: str, inventory: Inventory, catalog: Catalog) -> str:
    """Name a unit: by its id, or by type, country and address if licsync made the id up."""
    unit = inventory.licenses.get(unit_id)
    if unit is None or has_console_id(unit):
        return unit_id
    name = catalog.pool_name(unit["type"], unit["country"])
    place = inventory.service_addresses.get(unit.get("service_address") or "")
    return f"{name}, at {postal(place)}" if place else name
