"""Compares declared values with those of the inventory, field by field, as their declarations say.

Only what is declared is compared (an absent key is unmanaged). An empty value removes, so empty and
absent are equal. What means the same is said by `equivalence`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cache
from typing import Annotated, Any, NotRequired, Required, get_args, get_origin

from typing_extensions import get_type_hints, is_typeddict

from licsync.model.fields import DIRECTIVE, fields_of, mappings_of
from licsync.model.inventory import SPELLED
from licsync.planning.equivalence import EMPTY, equivalent

_WRAPPERS: tuple[Any, ...] = (Annotated, Required, NotRequired)

Leaf = tuple[str, Any, tuple[Any, ...]]
"""A value of a record: dotted path, value (`None` for an empty one), markers of its field."""


@cache
def _structures(declaration: type) -> dict[str, type]:
    """The fields of a declaration that are declarations themselves."""
    found = {}
    for name, hint in get_type_hints(declaration, include_extras=True).items():
        while get_origin(hint) in _WRAPPERS:
            hint = get_args(hint)[0]
        if is_typeddict(hint):
            found[name] = hint
    return found


def flatten(declaration: type, values: Mapping[str, Any], prefix: str = "") -> Iterator[Leaf]:
    """List the values of a record in the order of its declaration; structures are looked into.

    A structure that is there and empty is one of which every value is empty.
    """
    fields, structures = fields_of(declaration), _structures(declaration)
    for name in fields:
        if name not in values or DIRECTIVE in fields[name]:
            continue
        value = values[name]
        if name in structures:
            inner = structures[name]
            yield from flatten(inner, value or dict.fromkeys(fields_of(inner)), f"{prefix}{name}.")
        elif name in mappings_of(declaration):
            for key, entry in sorted((value or {}).items()):
                yield f"{prefix}{name}.{key}", None if entry in EMPTY else entry, fields[name]
        else:
            yield f"{prefix}{name}", None if value in EMPTY else value, fields[name]


def lookup(record: Mapping[str, Any], path: str) -> Any:
    """Read a value by its dotted path; `None` where there is none or it is empty.

    A key may have dots itself.
    """
    if path in record:
        return None if record[path] in EMPTY else record[path]
    name, _, rest = path.partition(".")
    inner = record.get(name)
    return lookup(inner, rest) if rest and isinstance(inner, Mapping) else None


def differences(
    declaration: type, declared: Mapping[str, Any], current: Mapping[str, Any]
) -> Iterator[tuple[str, Any, Any]]:
    """Yield path, value before and value after of everything declared that is otherwise in the inventory."""
    if declared.items() <= current.items():  # as most are, most of the time
        return
    for name in mappings_of(declaration) & declared.keys():
        if not declared[name]:  # an explicit empty value removes
            declared = {**declared, name: dict.fromkeys(current.get(name) or ())}
    spelled = current.get(SPELLED) or {}
    for path, after, marks in flatten(declaration, declared):
        before = lookup(current, path)
        if not equivalent(before, after, marks) and spelled.get(path) != {
            "asked": after,
            "stored": before,
        }:
            yield path, before, after
