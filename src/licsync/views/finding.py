"""Finds users and licenses by name, number and place."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from difflib import get_close_matches

from licsync.diagnostics import Code, Diagnostic, did_you_mean, error
from licsync.model.catalog import Catalog, type_of
from licsync.model.inventory import Inventory, numbers_of
from licsync.model.inventory_document import InventoryUser
from licsync.views.phrases import first_few, person_name
from licsync.views.word_search import contains, fold, names_and_numbers_of

_MOST_NAMES = 50_000
"""How many names a search compares with one that nobody has."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """What to find. All given criteria must match.

    Attributes:
        words: parts of names, e-mail addresses, numbers or ids, in any case and without accents.
        site: the user's site.
        department: the user's department.
        type: the name of a license type.
        country: the country of a license.
        status: the user's status.
        unlicensed: whether to find only users without a license.
    """

    words: tuple[str, ...] = ()
    site: str | None = None
    department: str | None = None
    type: str | None = None
    country: str | None = None
    status: str | None = None
    unlicensed: bool = False


EVERYBODY = Wanted()


def find_users(inventory: Inventory, catalog: Catalog, wanted: Wanted) -> list[str]:
    """List the names of the users that are wanted, sorted."""
    words, types = names_and_numbers_of(wanted.words), _types(wanted.type, catalog)
    found = []
    for name, user in inventory.users.items():
        if wanted.status and (user.get("status") or "active") != wanted.status:
            continue
        if not (_is(wanted.site, user.get("site")) and _is(wanted.department, _department(user))):
            continue
        units = [service["license"] for service in user.get("services") or ()]
        pools = map(inventory.pool_of, units)
        if (wanted.unlicensed and units) or not _has_unit(pools, types, wanted.country):
            continue
        ids = "\n".join(units).casefold()
        if not words or contains(words, f"{_text_of_user(name, user)}\n{ids}"):
            found.append(name)
    return sorted(found, key=str.casefold)


def is_named(wanted: Wanted, *texts: str) -> bool:
    """Tell whether texts contain the words, and nothing but words is asked for."""
    is_words_only = wanted == Wanted(wanted.words)
    return is_words_only and contains(names_and_numbers_of(wanted.words), fold("\n".join(texts)))


def find_units(inventory: Inventory, wanted: Wanted) -> frozenset[str]:
    """List the ids of the licenses that match, or whose holder matches."""
    words = names_and_numbers_of(wanted.words)
    held_by = {
        name: _text_of_user(name, user)
        for name, user in inventory.users.items()
        if _is(wanted.site, user.get("site")) and _is(wanted.department, _department(user))
    }
    found = set()
    for unit_id, unit in inventory.licenses.items():
        user, holder = unit.get("user") or "", unit.get("holder")
        if user not in held_by and (wanted.site or wanted.department):
            continue
        text = f"{unit_id.casefold()}\n{held_by.get(user, '')}"
        if holder:
            text += fold(f"\n{holder['kind'].replace('_', ' ')}\n{holder['name']}")
        if contains(words, text):
            found.add(unit_id)
    return frozenset(found)


def unknown_values(inventory: Inventory, catalog: Catalog, wanted: Wanted) -> list[Diagnostic]:
    """Report values that nothing in the inventory has: they are likely misspelled."""
    users = inventory.users.values()
    known: list[tuple[str, str | None, Iterable[str]]] = [
        ("site", wanted.site, {*inventory.sites, *(str(user.get("site") or "") for user in users)}),
        ("department", wanted.department, {_department(user) for user in users}),
        ("country", wanted.country, {unit["country"] for unit in inventory.licenses.values()}),
    ]
    if wanted.type and type_of(wanted.type, catalog) is None:
        types = {unit["type"] for unit in inventory.licenses.values()}
        known.append(("license type", wanted.type, {*catalog.types, *types}))
    return [
        _unknown(what, value, sorted(filter(None, names)))
        for what, value, names in known
        if value is not None and not any(_is(value, name) for name in names)
    ]


def nobody_found(inventory: Inventory, words: Sequence[str], what: str = "user") -> Diagnostic:
    """Report that nothing matches, and suggest users with similar names."""
    sought = " ".join(words)
    near = _similar(inventory, names_and_numbers_of(words))
    hint = f"Did you mean {first_few(near, 3)}?" if near else f"List all: licsync {what}s DIR"
    message = f"There is no {what} '{sought}' in the inventory."
    return error(Code.UNKNOWN_REFERENCE, message, hint=hint)


def _unknown(what: str, value: str, names: list[str]) -> Diagnostic:
    hint = did_you_mean(value, names) or (f"Known: {first_few(names, 5)}." if names else None)
    message = f"The inventory has no {what} '{value}'."
    return error(Code.UNKNOWN_REFERENCE, message, hint=hint)


def _similar(inventory: Inventory, words: Sequence[str]) -> list[str]:
    """List users with a part of a name that is similar to one of the words."""
    names: dict[str, list[str]] = {}
    for name, user in inventory.users.items():
        if len(names) > _MOST_NAMES:
            break
        for part in set(fold(f"{person_name(user)} {name.partition('@')[0]}").split()):
            names.setdefault(part, []).append(name)
    # without the domain, which would make any two names of a company similar
    near = [part for word in words for part in get_close_matches(word.partition("@")[0], names, 3)]
    return list(dict.fromkeys(f"'{name}'" for part in near for name in names[part]))


def _types(name: str | None, catalog: Catalog) -> frozenset[str] | None:
    if name is None:
        return None
    return frozenset(key for key in (name.casefold(), type_of(name, catalog)) if key)


def _has_unit(
    held: Iterable[tuple[str, str]], types: frozenset[str] | None, country: str | None
) -> bool:
    """Tell whether one unit is of the type and the country."""
    if types is None and country is None:
        return True
    return any((types is None or kind in types) and _is(country, place) for kind, place in held)


def _is(wanted: str | None, value: str | None) -> bool:
    return wanted is None or fold(wanted) == fold(value or "")


def _department(user: InventoryUser) -> str:
    return str(user.get("department") or "")


def _text_of_user(name: str, user: InventoryUser) -> str:
    texts = [name, person_name(user), str(user.get("email") or "")]
    return fold("\n".join([*texts, *(number for _, number in numbers_of(user))]))
