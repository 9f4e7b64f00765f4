"""Tells whether two values mean the same, as the field's markers say: for plan, effect check and drift alike.

A vendor stores values tidied: without spaces at the ends, addresses of mail in small letters, time
zones by another of their names. What differs only so is equivalent, and nothing to be changed.
`may_be_tidied` goes one step further, for what was
just written and is read back: letters of another case and a cut end are the vendor's doing then.
"""

from __future__ import annotations

import html
import re
from typing import Any

from licsync.model.declarations import Device
from licsync.model.fields import CASELESS, FIRST_LEADS, LOCALE, SET_LIKE, ZONE, fields_of
from licsync.model.text_normalization import normalized
from licsync.model.time_zones import RENAMED

EMPTY: tuple[Any, ...] = (None, "", [], {})
"""Values that are nothing: an empty value removes, so empty and absent are the same."""

_SHORTEST = 8
"""Characters that a cut text has at least; a shorter one is another text."""


def equivalent(one: Any, other: Any, marks: tuple[Any, ...] = ()) -> bool:
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


def may_be_tidied(stored: Any, asked: Any, marks: tuple[Any, ...] = ()) -> bool:
    """Tell whether a value that is read back may be what the vendor made of one that was written."""
    if equivalent(stored, asked, marks):
        return True
    if not (isinstance(stored, str) and isinstance(asked, str)):
        return False
    have, want = (_text(value).casefold() for value in (stored, asked))
    return have == want or (len(have) >= _SHORTEST and want.startswith(have))


def _text(value: str) -> str:
    """Write a text without what is no difference: composition, entities of HTML, spaces."""
    return " ".join(normalized("NFC", html.unescape(value)).split())


def spelling(value: str, marks: tuple[Any, ...]) -> str:
    """Write a text so that two which mean the same are the same.

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


def _normal(value: Any) -> Any:
    """Take out what makes no difference inside nested values: punctuation and case of MAC addresses."""
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
