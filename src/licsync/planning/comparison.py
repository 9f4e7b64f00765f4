"""Compares declared values with those of the inventory, field by field, as their declarations say.

Only declared fields are compared: an absent key is unmanaged. An empty value removes, so empty and
absent are equal. Planning, the effect check and drift share this comparison.

A vendor stores values tidied: without spaces at the ends, e-mail addresses in lower case, time
zones by another of their names. Values that differ only in that way are equivalent.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterator, Mapping
from functools import cache
from typing import Annotated, NotRequired, Required, get_args, get_origin

from typing_extensions import get_type_hints, is_typeddict

from licsync.model.canonical import FieldValue
from licsync.model.declarations import Device
from licsync.model.fields import (
    CASELESS,
    DIRECTIVE,
    FIRST_LEADS,
    LOCALE,
    SET_LIKE,
    ZONE,
    fields_of,
    mappings_of,
)
from licsync.model.inventory import SPELLED
from licsync.model.text_normalization import normalized
from licsync.model.time_zones import RENAMED

EMPTY: tuple[object, ...] = (None, "", [], {})
"""Values that mean nothing: an empty value removes, so empty and absent are the same."""

_SHORTEST = 8
"""Characters that a truncated text has at least; a shorter one is a different text."""


def removes(declared: object) -> bool:
    """Tell whether an entry removes something: whether one of its values means nothing."""
    if not declared:
        return declared in EMPTY
    if isinstance(declared, dict):
        declared = declared.values()
    elif not isinstance(declared, list):
        return False
    for value in declared:  # noqa: SIM110 - `any` of this takes twice the time
        if removes(value):
            return True
    return False


def equivalent(one: object, other: object, marks: tuple[object, ...] = ()) -> bool:
    """Tell whether two values of a field mean the same.

    Args:
        one: a value.
        other: another.
        marks: the field's markers.
    """
    if one == other:
        return True
    if one in EMPTY or other in EMPTY:
        return one in EMPTY and other in EMPTY
    if isinstance(one, str) and isinstance(other, str):
        return spelling(one, marks) == spelling(other, marks)
    if FIRST_LEADS in marks and isinstance(one, list) and isinstance(other, list):
        return bool(one[0] == other[0] and sorted(one[1:]) == sorted(other[1:]))
    if not isinstance(one, list | dict):
        return False
    one, other = _normal(one), _normal(other)
    if one == other or SET_LIKE not in marks:
        return bool(one == other)
    from deepdiff import DeepDiff  # only here: it takes longer to import than most plans to make

    return not DeepDiff(one, other, ignore_order=True, threshold_to_diff_deeper=0)


def may_be_tidied(stored: object, asked: object, marks: tuple[object, ...] = ()) -> bool:
    """Tell whether a value that is read back may be the vendor's form of a written one.

    Goes further than `equivalent`: the vendor may change the case and truncate the end.
    """
    if equivalent(stored, asked, marks):
        return True
    if not (isinstance(stored, str) and isinstance(asked, str)):
        return False
    have, want = (_text(value).casefold() for value in (stored, asked))
    return have == want or (len(have) >= _SHORTEST and want.startswith(have))


def _text(value: str) -> str:
    """Write a text without composition, HTML entities and extra spaces, which never matter."""
    return " ".join(normalized("NFC", html.unescape(value)).split())


def spelling(value: str, marks: tuple[object, ...]) -> str:
    """Normalize a text, so that two texts that mean the same are equal.

    Args:
        value: the text.
        marks: the field's markers.
    """
    text = _text(value)
    if LOCALE in marks:
        return text.replace("_", "-").casefold()
    if ZONE in marks:
        return _ZONES.get(text.casefold(), text).casefold()
    return text.casefold() if CASELESS in marks else text


_ZONES = {name.casefold(): new for name, new in RENAMED.items()}


def _normal(value: object) -> object:
    """Normalize nested values: punctuation and case of MAC addresses make no difference."""
    if isinstance(value, list):
        return [_normal(item) for item in value]
    if isinstance(value, dict):
        marks = fields_of(Device)
        return {
            k: re.sub(r"[:.-]", "", v).casefold()
            if isinstance(v, str) and CASELESS in marks.get(k, ())
            else _normal(v)
            for k, v in value.items()
        }
    return value


_WRAPPERS: tuple[object, ...] = (Annotated, Required, NotRequired)

Leaf = tuple[str, FieldValue, tuple[object, ...]]
"""A value of a record: dotted path, value (`None` for an empty one), markers of its field."""


@cache
def _structures(declaration: type) -> dict[str, type]:
    """Return the fields of a declaration that are declarations themselves."""
    found = {}
    for name, hint in get_type_hints(declaration, include_extras=True).items():
        while get_origin(hint) in _WRAPPERS:
            hint = get_args(hint)[0]
        if is_typeddict(hint):
            found[name] = hint
    return found


def flatten(
    declaration: type, values: Mapping[str, FieldValue], prefix: str = ""
) -> Iterator[Leaf]:
    """List the values of a record, and those of its structures, in the order of its declaration.

    An empty structure counts as one with every value empty.
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


def lookup(record: Mapping[str, object], path: str) -> object:
    """Read a value by its dotted path; `None` if it is absent or empty.

    A key may contain dots.
    """
    if path in record:
        return None if record[path] in EMPTY else record[path]
    name, _, rest = path.partition(".")
    inner = record.get(name)
    return lookup(inner, rest) if rest and isinstance(inner, Mapping) else None


def differences(
    declaration: type, declared: Mapping[str, object], current: Mapping[str, FieldValue]
) -> Iterator[tuple[str, object, object]]:
    """Yield path, value before and value after of every declared value that differs."""
    if declared.items() <= current.items():  # true of most records: the fast path
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
