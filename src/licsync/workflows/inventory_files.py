"""Reads inventory documents, and reports all errors of one."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from errno import EPERM
from math import isfinite
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn, cast

from licsync.diagnostics import (
    MAX_FAULTS,
    Code,
    Diagnostic,
    InputInvalid,
    Span,
    as_warnings,
    cap_diagnostics,
    error,
    sort_diagnostics,
)

if TYPE_CHECKING:
    from licsync.model.catalog import Catalog
    from licsync.model.inventory_consistency import Fault


MAX_BYTES = 150_000_000
MAX_VALUES = 10_000_000
"""The most values of an inventory document: three times those of 100,000 users.

Bytes alone do not limit memory: an empty list takes 25 times its bytes.
"""
_MAX_DIGITS = 1_000


Report = Callable[[Sequence[Diagnostic]], None]
"""Receives warnings about a document."""


def read_document(
    path: Path, display_name: str, catalog: Catalog | None, report: Report | None = None
) -> dict[str, Any]:
    """Read and check an inventory document.

    Args:
        path: the file.
        display_name: its name for people.
        catalog: the license types.
        report: receives warnings about keys that are probably misspelled.

    Raises:
        InputInvalid: the document cannot be read, is not JSON, or is inconsistent. The exception
            lists all errors.
    """
    try:
        with path.open("rb") as file:
            data = file.read(MAX_BYTES + 1)
    except OSError as fault:
        raise _unreadable(display_name, fault, None) from fault
    return checked_document(data, display_name, catalog, report)


def read_seed(
    directory: Path,
    name: str,
    catalog: Catalog,
    span: Span | None = None,
    report: Report | None = None,
) -> dict[str, Any]:
    """Read and check the inventory document that an account names as its seed.

    Raises:
        InputInvalid: as `read_document`. `span` is the place of the error if the file cannot be
            read.
    """
    try:
        data = seed_bytes(directory, name)
    except OSError as fault:
        raise _unreadable(name, fault, span) from fault
    return checked_document(data, name, catalog, report)


def seed_bytes(directory: Path, name: str) -> bytes:
    """Read the seed of an account, which must be in the account directory.

    Otherwise whoever writes the account's files could read other files of the machine.

    Raises:
        OSError: the file cannot be read, or is elsewhere.
    """
    from licsync.config.files import read_within

    return read_within(directory, name, MAX_BYTES + 1)


def _unreadable(display_name: str, fault: OSError, span: Span | None) -> InputInvalid:
    reason = f"The inventory '{display_name}' cannot be read: {fault.strerror or fault}."
    hint = "Put the document into the account directory." if fault.errno == EPERM and span else None
    return InputInvalid(error(Code.INVENTORY_INVALID, reason, span, hint))


def checked_document(
    data: bytes, display_name: str, catalog: Catalog | None, report: Report | None = None
) -> dict[str, Any]:
    """Parse and check the content of an inventory document. The arguments are as `read_document`'s.

    Raises:
        InputInvalid: as `read_document`.
    """
    from licsync.model.inventory_validation import faults_of, misspelled_keys, with_holders
    from licsync.model.json_places import place_of_refusal
    from licsync.model.text_normalization import compose_all, is_surely_composed

    def invalid(reason: str, place: Span | None = None, hint: str | None = None) -> InputInvalid:
        message = f"The inventory '{display_name}' {reason}."
        return InputInvalid(
            error(Code.INVENTORY_INVALID, message, place or Span(display_name), hint)
        )

    if len(data) > MAX_BYTES:
        raise invalid(f"is larger than {MAX_BYTES // 1_000_000} MB")
    # an upper bound of the number of values
    if sum(map(data.count, (b",", b"[", b"{"))) > MAX_VALUES:
        raise invalid(f"has more than {MAX_VALUES // 1_000_000} million values")
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as fault:
        before = data[: fault.start].decode("utf-8-sig")
        place = Span(display_name, before.count("\n") + 1, len(before) - before.rfind("\n"))
        raise invalid("is not UTF-8 from here on", place, "Save it as UTF-8.") from fault
    try:
        document = _DECODER.decode(text)
        document = document if is_surely_composed(data) else compose_all(document)
    except json.JSONDecodeError as fault:
        raise invalid(
            f"is not JSON: {fault.msg}", Span(display_name, fault.lineno, fault.colno)
        ) from fault
    except RecursionError as fault:
        raise invalid("has too many lists and objects inside each other") from fault
    except ValueError as fault:
        place = Span(display_name, *place_of_refusal(text, _LOCATING_DECODER))
        raise invalid(f"is not valid JSON: {fault}", place) from fault
    document = with_holders(document)
    if faults := faults_of(document, catalog, may_spell_surrogates=b"\\u" in data):
        raise InputInvalid(*_diagnostics(faults, text, display_name))
    valid = cast(dict[str, Any], document)  # a valid document is an object
    if report is not None and (misspelled := misspelled_keys(valid)):
        report(as_warnings(_diagnostics(misspelled, text, display_name)))
    return dict(valid)


def _diagnostics(faults: Sequence[Fault], text: str, display_name: str) -> list[Diagnostic]:
    """Give the faults of a document with line and column."""
    from licsync.model.json_places import places_of

    places = places_of(text, [fault.path for fault in faults[:MAX_FAULTS]])
    return sort_diagnostics(
        cap_diagnostics(
            fault.diagnostic(display_name, places.get(fault.path, (1, 1))) for fault in faults
        )
    )


def without_repeats(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Make an object of JSON of its members.

    Raises:
        ValueError: a key stands twice.
    """
    found = dict(pairs)
    if len(found) != len(pairs):
        known: set[str] = set()
        repeated = next(key for key, _ in pairs if key in known or known.add(key))  # type: ignore[func-returns-value]
        raise ValueError(f"the key '{repeated}' stands twice in one object")
    return found


def _without_composed_repeats(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    from licsync.model.text_normalization import compose

    return without_repeats([(compose(key), value) for key, value in pairs])


def _whole(text: str) -> int:
    if len(text) > _MAX_DIGITS:
        raise ValueError(f"a number has {len(text):,} digits, more than {_MAX_DIGITS:,}")
    return int(text)


def _finite(text: str) -> float:
    value = float(text)
    return value if isfinite(value) else _no_number(text)


def _no_number(text: str) -> NoReturn:
    raise ValueError(f"{text} is not a number that JSON can write")


_NUMBERS: dict[str, Any] = {
    "parse_float": _finite,
    "parse_int": _whole,
    "parse_constant": _no_number,
}
_DECODER = json.JSONDecoder(object_pairs_hook=without_repeats, **_NUMBERS)
_LOCATING_DECODER = json.JSONDecoder(object_pairs_hook=_without_composed_repeats, **_NUMBERS)
"""Refuses the same, and keys that only composing makes equal."""
