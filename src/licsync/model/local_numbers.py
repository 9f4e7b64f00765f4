"""Local numbers: the units that phone numbers need, and the units that a change adds or removes.

A local number (8x8's DID license) is bound to its country. The console attaches it when an
extension gets a phone number (domain.md, sections 1.1 and 4, T2). Each X Series license includes
one number of its country. Each further number needs a unit, and the console refuses it if no unit
is free (NUMLIC in domain.md, section 1.3). The catalog defines the automatic types, the included
numbers, and the countries in which the rule is enforced. The console and the planner both count
with `balances`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cache
from typing import NamedTuple

from licsync.model.catalog import Catalog
from licsync.model.license import Pool


class PhoneLicense(NamedTuple):
    """An assigned license, with the phone numbers of its extension."""

    type: str
    country: str
    phones: Sequence[str] = ()


class NumberUse(NamedTuple):
    """A user's phone numbers of one country, and the number that the licenses include."""

    numbers: int
    included: int

    @property
    def needed(self) -> int:
        """The number of units that the phone numbers need."""
        return max(0, self.numbers - self.included)


@cache
def country_of(number: str, carrier: str) -> str | None:
    """Find the country whose local number a phone number needs.

    Args:
        number: in E.164 form.
        carrier: the country of the license that has the number. It decides if several countries
            share the calling code (+1), or if the number gives no country.

    Returns:
        A country code. None for a number without a local number, such as a toll-free one.
    """
    import phonenumbers  # slow to import, and only local numbers need it

    try:
        parsed = phonenumbers.parse(number)
    except phonenumbers.NumberParseException:
        return carrier
    if phonenumbers.number_type(parsed) == phonenumbers.PhoneNumberType.TOLL_FREE:
        return None
    sharing = phonenumbers.region_codes_for_country_code(parsed.country_code or 0)
    found = phonenumbers.region_code_for_number(parsed) or (
        carrier if carrier in sharing else sharing[0]
    )
    return str(found) if found != phonenumbers.REGION_CODE_FOR_NON_GEO_ENTITY else None


def count_numbers(catalog: Catalog, carriers: Iterable[PhoneLicense]) -> dict[str, NumberUse]:
    """Count a user's phone numbers and the included numbers, by country."""
    numbers: Counter[str] = Counter()
    included: Counter[str] = Counter()
    for carrier in carriers:
        included[carrier.country] += catalog.included_numbers(carrier.type)
        numbers.update(
            c for phone in carrier.phones if (c := country_of(phone, carrier.country)) is not None
        )
    return {
        country: NumberUse(numbers[country], included[country])
        for country in numbers.keys() | included.keys()
    }


def balance(held: int, before: NumberUse, after: NumberUse) -> int:
    """Count the units that a change adds (positive) or removes (negative).

    The function corrects only the effects of the change itself. A user who had too few or too many
    units before, according to the inventory, keeps the difference.
    """
    lacking = after.needed - held
    if lacking > 0:
        return min(lacking, max(0, after.needed - before.needed))
    return -min(-lacking, max(0, before.needed - after.needed, before.numbers - after.numbers))


def is_enforced(catalog: Catalog, pool: Pool, is_owned: Callable[[Pool], bool]) -> bool:
    """Tell whether phone numbers need units of an automatic type in a country.

    Args:
        catalog: defines where the type is enforced.
        pool: the type and the country.
        is_owned: tells whether the account owns units of a pool.
    """
    rule = catalog.enforcement(pool[0])
    return rule == "always" or (rule == "where_owned" and is_owned(pool))


def balances(
    catalog: Catalog,
    before: Sequence[PhoneLicense],
    after: Sequence[PhoneLicense],
    held: Mapping[Pool, int],
    is_owned: Callable[[Pool], bool],
) -> dict[Pool, int]:
    """Count the automatic units that a change of licenses or phone numbers adds or removes.

    Args:
        catalog: defines the automatic types, the included numbers, and where they are enforced.
        before: a user's licenses with their phone numbers before the change. Automatic licenses may
            be left out.
        after: the licenses after the change.
        held: the number of automatic units that the user has, by pool.
        is_owned: tells whether the account owns units of a pool.

    Returns:
        The number of units by pool; negative if the user loses units. Pools without a change are
        left out.
    """
    if before == after:
        return {}
    was, will, none = count_numbers(catalog, before), count_numbers(catalog, after), NumberUse(0, 0)
    found = {}
    for key in catalog.automatic_types():
        for country in sorted(was.keys() | will.keys()):
            pool = key, country
            number = balance(held.get(pool, 0), was.get(country, none), will.get(country, none))
            is_there = is_owned if number > 0 else lambda _: True  # the user holds the units
            if number and is_enforced(catalog, pool, is_there):
                found[pool] = number
    return found
