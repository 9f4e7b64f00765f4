"""Reads the fleet file. Its faults are diagnostics, all of them at once."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import cast

from licsync.config.positions import DroppedItems
from licsync.config.validation import validate_entries
from licsync.config.yaml.limits import MAX_DEPTH
from licsync.config.yaml.parser import read
from licsync.diagnostics import (
    Code,
    Diagnostic,
    InputInvalid,
    Span,
    did_you_mean,
    error,
    sort_diagnostics,
)
from licsync.model.fleet import PLACEHOLDERS, VARIABLES, placeholders_in
from licsync.model.fleet_declarations import Fleet, FleetEntry, SecretReference
from licsync.model.secret_keys import redact_url
from licsync.model.wrong_values import quote
from licsync.planning.validation.channels import channel_faults

_VARIABLE = re.compile(r"env:[A-Za-z_][A-Za-z0-9_]*")
_KINDS = ("command", "env", "file")

Where = Callable[..., Span]
"""Finds the position of a path below `fleet`."""


@dataclass(frozen=True, slots=True)
class FleetFile:
    """What a fleet file declares.

    Attributes:
        fleet: the fleet.
        where: finds the position of a path below `fleet`.
    """

    fleet: Fleet
    where: Where


def read_fleet_file(data: bytes, file: str) -> FleetFile:
    """Read a fleet file.

    Args:
        data: its bytes.
        file: its name, for diagnostics.

    Raises:
        InputInvalid: the file has faults; all of them are reported.
    """
    document = read(data, file, MAX_DEPTH)
    faults = list(document.faults)
    for key in document.root:
        if key != "fleet":
            hint = did_you_mean(key, ["fleet"]) or "A fleet file has only the key 'fleet'."
            message = f"Unknown key {quote(key)} in the fleet file."
            faults.append(error(Code.UNKNOWN_KEY, message, document.span((key,)), hint))
    declared = None
    if isinstance(document.root.get("fleet"), dict):
        dropped = DroppedItems()
        declared, found = validate_entries("fleet", document.root["fleet"], dropped, {})
        faults += [error(f.code, f.message, document.span(f.path), f.hint) for f in found]
    elif document.is_complete and not faults:
        hint = "Write fleet: {name: …, accounts: {customers/*: {}}}."
        message = f"The file {quote(file)} declares no fleet."
        faults.append(error(Code.INVALID_VALUE, message, document.span(("fleet",)), hint))

    def where(*path: str | int) -> Span:
        return document.span(("fleet", *path))

    if declared is not None:
        fleet = cast(Fleet, declared)
        faults += _state_faults(fleet, where)
        faults += channel_faults(fleet.get("notify", {}), partial(where, "notify"))
        for pattern, entry in fleet.get("accounts", {}).items():
            faults += _pattern_faults(pattern, where)
            faults += _entry_faults(pattern, entry or {}, where)
        if not faults:
            return FleetFile(fleet, where)
    raise InputInvalid(*sort_diagnostics(faults))


def variable_of(state: str) -> str | None:
    """Return the variable that a `state` names; None if it is a URL."""
    return state.removeprefix("env:") if _VARIABLE.fullmatch(state) else None


def _state_faults(fleet: Fleet, where: Where) -> Iterator[Diagnostic]:
    state = fleet.get("state")
    if state is None or variable_of(state) is not None:
        return
    shown = redact_url(state)
    if not state.startswith(("sqlite:///", "postgresql://")):
        message = f"state of the fleet must be env:VARIABLE or the URL of a store, not '{shown}'."
    elif shown != state:
        message = f"state of the fleet must not contain a user, a password or options: '{shown}'."
    else:
        return
    hint = "Put the URL into a variable, such as LICSYNC_STATE, and write state: env:LICSYNC_STATE."
    yield error(Code.INVALID_VALUE, message, where("state"), hint)


def _pattern_faults(pattern: str, where: Where) -> Iterator[Diagnostic]:
    parts = pattern.rstrip("/").split("/")
    if "\\" not in pattern and not {"", ".", ".."} & set(parts):
        return
    message = f"{quote(pattern)} names no directory below the fleet file."
    hint = "Write it relative to the fleet file, such as customers/acme or customers/*."
    yield error(Code.INVALID_VALUE, message, where("accounts", pattern), hint)


def _entry_faults(pattern: str, entry: FleetEntry, where: Where) -> Iterator[Diagnostic]:
    for key in VARIABLES:
        reference = cast(SecretReference | None, entry.get(key))
        if reference is None:
            continue
        place = where("accounts", pattern, key)
        subject = f"{key} of {quote(pattern)}"
        if len(reference) != 1:
            named = " and ".join(reference) or "nothing"
            message = f"{subject} must have one of {', '.join(_KINDS)}; it has {named}."
            yield error(Code.INVALID_VALUE, message, place)
        for name in sorted(placeholders_in(reference) - set(PLACEHOLDERS)):
            message = f"{subject} has the unknown placeholder '{{{name}}}'."
            known = ", ".join(f"{{{one}}}" for one in PLACEHOLDERS)
            hint = did_you_mean(name, ("account", "path")) or f"Known placeholders: {known}."
            yield error(Code.INVALID_VALUE, message, place, hint)
