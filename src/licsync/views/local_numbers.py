"""A user's phone numbers compared with the local numbers they need, by country."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

from licsync.model.catalog import Catalog
from licsync.model.inventory import Inventory
from licsync.model.inventory_document import InventoryUser
from licsync.model.local_numbers import NumberUse, PhoneLicense, count_numbers, is_enforced
from licsync.views import phrases as words


@dataclass(frozen=True, slots=True)
class LocalNumbers:
    """For one type and country: phone numbers, included ones, and units held for the others."""

    type: str
    country: str
    phone_numbers: int
    included: int
    held: int

    def describe(self, catalog: Catalog) -> str:
        """Describe the numbers on one line."""
        parts = [f"{self.included} included", f"{self.held} held as {catalog.title(self.type)}"]
        lacking = max(0, self.phone_numbers - self.included) - self.held
        parts += [f"{lacking} without a license"] if lacking > 0 else []
        return f"{words.count(self.phone_numbers, 'phone number')}, {', '.join(parts)}"


def local_numbers(
    inventory: Inventory, catalog: Catalog, user: InventoryUser
) -> list[LocalNumbers]:
    """Compare a user's phone numbers with the included and held ones, if the account uses any."""
    kinds = catalog.automatic_types()
    owned = inventory.owned
    if not any(key in kinds for key, _ in owned) and all(
        catalog.enforcement(key) != "always" for key in kinds
    ):
        return []
    held = Counter((c.type, c.country) for c in _carriers(inventory, user) if not c.phones)
    found = count_numbers(catalog, (c for c in _carriers(inventory, user) if c.type not in kinds))
    rows = []
    for key in kinds:
        for country in sorted(found.keys() | {c for k, c in held if k == key}):
            use, units = found.get(country, NumberUse(0, 0)), held[key, country]
            is_used = bool(use.numbers or units)
            if is_used and is_enforced(catalog, (key, country), owned.__contains__):
                included = min(use.included, use.numbers)
                rows.append(LocalNumbers(key, country, use.numbers, included, units))
    return rows


def _carriers(inventory: Inventory, user: InventoryUser) -> Iterator[PhoneLicense]:
    for service in user.get("services") or ():
        phones = (service.get("extension") or {}).get("phone_numbers") or ()
        yield PhoneLicense(*inventory.pool_of(service["license"]), phones)
