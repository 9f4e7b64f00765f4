"""What the files acknowledge: doubts that are then counted, and no longer reported.

A doubt is plausible, and wrong more often than not. The files acknowledge it with
`acknowledge: [code: reason]` below the account, a user, a pool or a site. An acknowledgement that
matches nothing is reported, because it would hide the next doubt of its kind.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from typing import NamedTuple

from licsync.diagnostics import Code, Diagnostic, did_you_mean, error, info, warning
from licsync.model.canonical import FieldValue
from licsync.model.desired import Desired

Owner = tuple[str | int, ...]
"""Place of an owner in the files: `("users", NAME)`, `("licenses", POSITION)`, …"""

DOUBTFUL = (
    Code.LICENSE_ABROAD,
    Code.ADDRESS_ABROAD,
    Code.NUMBER_ABROAD,
    Code.UNKNOWN_TIME_ZONE,
    Code.DUPLICATE_NAME,
    Code.DUPLICATE_DEVICE,
    Code.FORWARDING_LOOP,
    Code.FORWARDING_TARGET,
    Code.PROBABLE_RENAME,
)
"""The codes that can be acknowledged."""

_NOT_ALWAYS_FOUND = frozenset((Code.UNKNOWN_TIME_ZONE, Code.PROBABLE_RENAME))
"""Codes that end once the inventory has the value, or that only a plan finds: an acknowledgement
that matches nothing is harmless."""

_ACCOUNT: Owner = ("account",)


class Doubt(NamedTuple):
    """A doubt about an owner."""

    owner: Owner
    diagnostic: Diagnostic


class _Acknowledgement(NamedTuple):
    owner: Owner
    position: int
    code: str


class Acknowledgements:
    """What the files acknowledge, and what of it matches a doubt."""

    def __init__(self, desired: Desired):
        self._desired = desired
        self._all = list(_acknowledgements(desired))
        self._by = {(one.owner, one.code): one for one in reversed(self._all)}
        self._used: set[tuple[Owner, str]] = set()

    def has(self, owner: Owner, code: str) -> bool:
        """Tell whether the files acknowledge a code, for an owner or for the whole account."""
        return bool(self._matching(owner, code))

    def reported(self, doubts: Iterable[Doubt]) -> Iterator[Diagnostic]:
        """Yield the doubts that nobody acknowledges, and a line that counts the others."""
        count: Counter[str] = Counter()
        for doubt in doubts:
            code = str(doubt.diagnostic.code)
            keys = self._matching(doubt.owner, code)
            self._used |= keys
            if keys and code in DOUBTFUL:
                count[code] += 1
            else:
                yield doubt.diagnostic
        if count:
            parts = ", ".join(f"{code} {number:,}" for code, number in sorted(count.items()))
            yield info(Code.ACKNOWLEDGED, f"Acknowledged in the files and not reported: {parts}.")

    def unused(self, *, is_seen: bool) -> Iterator[Diagnostic]:
        """Report what matches none of the reported doubts.

        Args:
            is_seen: whether there is an inventory; without one, only unknown codes are reported.
        """
        for one in self._all:
            key = one.owner, one.code
            if key in self._used and self._by[key] == one:
                continue
            place = (*one.owner[1:], "acknowledge", one.position, one.code)
            span = self._desired.where(str(one.owner[0]), *place)
            if one.code not in DOUBTFUL:
                message = f"'{one.code}' cannot be acknowledged."
                hint = did_you_mean(one.code, DOUBTFUL)
                hint = hint or f"Choose one of: {', '.join(DOUBTFUL)}."
                yield error(Code.INVALID_VALUE, message, span, hint)
            elif is_seen and one.code not in _NOT_ALWAYS_FOUND:
                message = f"The acknowledgement of {one.code} matches nothing."
                hint = "Remove it; it would hide the next one."
                yield warning(Code.ACKNOWLEDGED, message, span, hint)

    def _matching(self, owner: Owner, code: str) -> set[tuple[Owner, str]]:
        return {(owner, code), (_ACCOUNT, code)} & self._by.keys()


def _acknowledgements(desired: Desired) -> Iterator[_Acknowledgement]:
    for owner, record in (
        (_ACCOUNT, desired.account),
        *((("users", name), user) for name, user in desired.users.items() if "acknowledge" in user),
        *((("licenses", index), pool) for index, pool in enumerate(desired.pools)),
        *((("sites", name), site or {}) for name, site in desired.sites.items()),
    ):
        yield from _of(owner, record)


def _of(owner: Owner, record: Mapping[str, FieldValue]) -> Iterator[_Acknowledgement]:
    for position, one in enumerate(record.get("acknowledge") or ()):
        yield from (_Acknowledgement(owner, position, code) for code in one)
