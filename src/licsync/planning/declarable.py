"""Which parts of an inventory's records the files can declare."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from functools import cache
from typing import TypeVar, cast

from pydantic import TypeAdapter, ValidationError

from licsync.model.fields import fields_of
from licsync.model.scalars import find_forbidden_character
from licsync.model.text_normalization import normalized

_EMPTY: tuple[object, ...] = (None, "", [], {})


_adapter = cache(TypeAdapter[object])


Declaration = TypeVar("Declaration")


def declarable(
    declaration: type[Declaration], record: Mapping[str, object]
) -> tuple[Declaration, list[str]]:
    """Return the fields of a record that a declaration accepts, and the names of the others.

    Empty fields are left out of both: an absent key is unmanaged.
    """
    filled = {key: value for key, value in record.items() if value not in _EMPTY}
    # mypy takes a class for hashable, but not that of a TypedDict.
    hashable = cast(type, declaration)
    known = {key: filled[key] for key in fields_of(hashable) if key in filled}
    refused = {key for key, value in known.items() if not is_visible(value)}
    try:
        _adapter(hashable).validate_python(known)
    except ValidationError as faults:
        refused |= {str(fault["loc"][0]) for fault in faults.errors()} & known.keys()
    declared = {key: value for key, value in known.items() if key not in refused}
    # The adapter has just checked every key of it against the declaration.
    return cast(Declaration, declared), sorted(refused | (filled.keys() - known.keys()))


def is_visible(value: object) -> bool:
    """Tell whether a value can stand in a file.

    Control, direction and zero-width characters cannot.
    """
    if isinstance(value, dict):
        return all(is_visible(inner) for pair in value.items() for inner in pair)
    if isinstance(value, list):
        return all(map(is_visible, value))
    return not (isinstance(value, str) and find_forbidden_character(value))


def slug(text: str) -> str:
    """Spell a name with lower-case ASCII letters, digits and hyphens."""
    plain = (
        normalized("NFKD", text.replace("ß", "ss")).encode("ascii", "ignore").decode().casefold()
    )
    return "-".join("".join(c if c.isalnum() else " " for c in plain).split())


def unused(name: str, taken: Collection[str]) -> str:
    """Return a name that is not taken: the name itself, or the name with a number."""
    found, number = name, 1
    while found in taken:
        number += 1
        found = f"{name}-{number}"
    return found
