"""Local numbers: how many units phone numbers need beyond those included, and what a change brings and takes.

A local number (the vendor's DID license) is bound to its country and attached by the console itself
when a phone number is put on an extension (domain.md, sections 1.1 and 4, T2). Each X Series
license includes one number of its country; what goes beyond that needs a unit each, and is refused
where there is none (NUMLIC in domain.md, section 1.3). Which types come and go like that, what
includes how many, and in which countries it is enforced is the catalogue's to say. The console and
the planner both count with `balances`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cache
from typing import NamedTuple

from licsync.model.catalog import Catalog

Pool = tuple[str, str]
"""A license type and a country."""


class PhoneLicense(NamedTuple):
    """A license that somebody holds, with the phone numbers on its extension."""

    type: str
    country: str
    phones: Sequence[str] = ()


class NumberUse(NamedTuple):
    """What one user has of one country: phone numbers, and how many of them the licenses include."""

    numbers: int
    included: int

    @property
    def needed(self) -> int:
        """Units that are needed beyond what is included."""
        return max(0, self.numbers - self.included)


@cache
def country_of(number: str, carrier: str) -> str | None:
    """Say which country a phone number belongs to, as far as a local number is concerned.

    Args:
        number: in E.164 form.
        carrier: country of the license that carries it; it decides where the number itself leaves
            several countries open (+1), or says nothing.

    Returns:
        a country code; None for a number that no country's local number stands for, such as a
        toll-free one.
    """
    import phonenumbers  # only who has local numbers waits for it

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
    """Count a user's phone numbers and what the licenses include, by country."""
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
    """Say how many units come (positive) or go (negative) with a change.

    Only what the change itself brings about is put right: a user who had too few or too many
    before, as an inventory may say, keeps the difference.
    """
    lacking = after.needed - held
    if lacking > 0:
        return min(lacking, max(0, after.needed - before.needed))
    return -min(-lacking, max(0, before.needed - after.needed, before.numbers - after.numbers))


def is_enforced(catalog: Catalog, pool: Pool, is_owned: Callable[[Pool], bool]) -> bool:
    """Tell whether phone numbers need units of an automatic type in a country.

    Args:
        catalog: says where the type is enforced.
        pool: the type and the country.
        is_owned: tells whether the account owns units of that type there.
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
    """Say what comes to a user and goes from it by itself when its licenses or phone numbers change.

    Args:
        catalog: which types come and go, what includes how many, where it is enforced.
        before: the licenses with their phone numbers as they were; those that come and go may be
            left out.
        after: as they will be.
        held: how many units of automatic types the user has, by type and country.
        is_owned: tells whether the account owns units of a type in a country.

    Returns:
        number of units by type and country, negative where they go; nothing where nothing does.
    """
    if before == after:
        return {}
    was, will, none = count_numbers(catalog, before), count_numbers(catalog, after), NumberUse(0, 0)
    found = {}
    for key in catalog.automatic_types():
        for country in sorted(was.keys() | will.keys()):
            pool = key, country
            number = balance(held.get(pool, 0), was.get(country, none), will.get(country, none))
            is_there = is_owned if number > 0 else lambda _: True  # what goes is there
            if number and is_enforced(catalog, pool, is_there):
                found[pool] = number
    return found
