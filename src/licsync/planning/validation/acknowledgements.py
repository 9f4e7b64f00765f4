"""Doubts that the files acknowledge: `acknowledge: [code: reason]` below the account, a user, a pool or a site.

An acknowledged doubt is not said any more; one line counts them all. An acknowledgement that
matches nothing is told, for it would hide the next doubt of its kind.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, NamedTuple

from licsync.diagnostics import Code, Diagnostic, did_you_mean, error, info, warning
from licsync.planning.validation.context import Context

Owner = tuple[str | int, ...]
"""Where an owner stands in the files: `("users", NAME)`, `("licenses", POSITION)`, `("sites", NAME)`."""

DOUBTFUL = (
    Code.LICENSE_ABROAD,
    Code.ADDRESS_ABROAD,
    Code.NUMBER_ABROAD,
    Code.UNKNOWN_TIME_ZONE,
    Code.DUPLICATE_NAME,
    Code.DUPLICATE_DEVICE,
    Code.FORWARDING_LOOP,
    Code.FORWARDING_TARGET,
)
"""The codes that can be acknowledged."""

_UNTIL_SEEN = frozenset((Code.UNKNOWN_TIME_ZONE,))
"""What is said only until the inventory has it: then its acknowledgement matches nothing, and hides nothing."""

_ACCOUNT: Owner = ("account",)


class Doubt(NamedTuple):
    """What is doubtful about an owner."""

    owner: Owner
    diagnostic: Diagnostic


class _Acknowledgement(NamedTuple):
    owner: Owner
    position: int
    code: str


def unacknowledged(context: Context, doubts: Iterable[Doubt]) -> Iterator[Diagnostic]:
    """Give the doubts that nobody acknowledges, and say what became of the acknowledgements."""
    said = list(_acknowledgements(context))
    by = {(one.owner, one.code): one for one in reversed(said)}
    used: set[tuple[Owner, str]] = set()
    count: Counter[str] = Counter()
    for doubt in doubts:
        code = str(doubt.diagnostic.code)
        keys = {(doubt.owner, code), (_ACCOUNT, code)} & by.keys()
        used |= keys
        if keys and code in DOUBTFUL:
            count[code] += 1
        else:
            yield doubt.diagnostic
    if count:
        parts = ", ".join(f"{code} {number:,}" for code, number in sorted(count.items()))
        yield info(Code.ACKNOWLEDGED, f"What the files acknowledge is not said again: {parts}.")
    yield from _unused_acknowledgements(
        context,
        [one for one in said if (one.owner, one.code) not in used or by[one[0], one[2]] != one],
    )


def _unused_acknowledgements(
    context: Context, idle: Iterable[_Acknowledgement]
) -> Iterator[Diagnostic]:
    """Tell of acknowledgements of what there is not; where no inventory was seen, little is known to be wrong."""
    for owner, position, code in idle:
        span = context.source(str(owner[0]), *owner[1:], "acknowledge", position, code)
        if code not in DOUBTFUL:
            message = f"'{code}' is nothing that can be acknowledged."
            hint = did_you_mean(code, DOUBTFUL) or f"There are: {', '.join(DOUBTFUL)}."
            yield error(Code.INVALID_VALUE, message, span, hint)
        elif context.is_seen and code not in _UNTIL_SEEN:
            message = f"The acknowledgement of {code} matches nothing."
            yield warning(Code.ACKNOWLEDGED, message, span, "Remove it, or it hides the next one.")


def _acknowledgements(context: Context) -> Iterator[_Acknowledgement]:
    desired = context.desired
    for owner, record in (
        (_ACCOUNT, desired.account),
        *((("users", name), user) for name, user in desired.users.items() if "acknowledge" in user),
        *((("licenses", index), pool) for index, pool in enumerate(desired.pools)),
        *((("sites", name), site or {}) for name, site in desired.sites.items()),
    ):
        yield from _of(owner, record)


def _of(owner: Owner, record: Mapping[str, Any]) -> Iterator[_Acknowledgement]:
    for position, one in enumerate(record.get("acknowledge") or ()):
        yield from (_Acknowledgement(owner, position, code) for code in one)
