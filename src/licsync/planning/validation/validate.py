"""Checks the desired state as a whole, against itself and against the last inventory.

Errors within one entry are found when the files are read. These checks find the errors that only
all files together, the catalog and the inventory show. One run reports all of them.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import UTC, datetime, time
from itertools import chain

from licsync.diagnostics import (
    Code,
    Diagnostic,
    Severity,
    cap_diagnostics,
    error,
    info,
    sort_diagnostics,
    warning,
)
from licsync.model.account_declarations import BACKENDS_OF_SETTINGS
from licsync.model.backend_types import API, CONSOLE, LOCAL, UNKNOWN
from licsync.model.declarations import KINDS, PLAIN
from licsync.model.desired import Desired
from licsync.model.durations import duration
from licsync.model.fields import IMMUTABLE, fields_of
from licsync.model.inventory import Inventory
from licsync.model.labels import postal, sentence
from licsync.model.places import address_key, place_key
from licsync.model.secret_keys import redact_url
from licsync.model.secret_origins import read_address
from licsync.planning.calendar import account_day
from licsync.planning.dates import is_dated, later_days
from licsync.planning.validation import doubts, licenses, names, numbers, references
from licsync.planning.validation.context import Context


def check_offboarding(context: Context) -> Iterator[Diagnostic]:
    """Check the order of offboarding: users are deleted after their licenses are unassigned."""
    rules = context.desired.account.get("offboarding") or {}
    if {"unassign_after", "delete_after"} <= rules.keys():
        unassign, delete = rules["unassign_after"], rules["delete_after"]
        if duration(delete) < duration(unassign):
            message = f"delete_after {delete} is shorter than unassign_after {unassign}."
            span = context.source("account", "offboarding", "delete_after")
            yield error(
                Code.INVALID_VALUE, message, span, "Set delete_after to at least unassign_after."
            )


def check_dates(context: Context) -> Iterator[Diagnostic]:
    """Check that users do not leave before they start, and that licenses end after they begin."""
    for name, user in context.whole.users.items():
        if not is_dated(user):
            continue
        start, leave = user.get("start_on"), user.get("offboard_on")
        if start and leave and leave <= start:
            message = f"'{name}' leaves on {leave}, but starts on {start}."
            span = context.whole.where("users", name, "offboard_on")
            yield error(Code.INVALID_VALUE, message, span, "Correct one of the two days.")
        for index, entry in enumerate(user.get("licenses") or ()):
            first, last = entry.get("from"), entry.get("until")
            if first and last and last < first:
                title = context.whole.catalog.title(entry["type"])
                message = f"{title} of '{name}' ends on {last}, before it begins on {first}."
                span = context.whole.where("users", name, "licenses", index, "until")
                yield error(Code.INVALID_VALUE, message, span, "Correct one of the two days.")
    for index, pool in enumerate(context.desired.pools):
        if "notice" in pool and "renews_on" not in pool:
            span = context.source("licenses", index, "notice")
            hint = "Add renews_on, the day on which the licenses renew."
            message = "'notice' has no effect without renews_on."
            yield warning(Code.INVALID_VALUE, message, span, hint)


def check_departed(context: Context) -> Iterator[Diagnostic]:
    """Report users who are not created because their day of leaving has passed."""
    for subject in context.declared_users if context.is_known else ():
        if subject.has_left:
            day = subject.user["offboard_on"]
            message = f"Not creating '{subject.name}': offboard_on {day} has passed."
            span = context.source("users", subject.name, "offboard_on")
            yield info(
                Code.LEFT_AS_IS,
                message,
                span,
                "Remove the user from the files, or change the date.",
            )


def check_account(context: Context) -> Iterator[Diagnostic]:
    """Check that the inventory belongs to the account."""
    if context.is_seen:
        yield from other_account(context.inventory.account, context.desired)


def other_account(account: str, desired: Desired) -> Iterator[Diagnostic]:
    """Warn of an inventory of another account, which may have been loaded by mistake."""
    if account != desired.name:
        message = f"The inventory belongs to '{account}', not to '{desired.name}'."
        hint = "Load the right one with: licsync inventory load DIR FILE"
        yield warning(Code.INVENTORY_INVALID, message, desired.where("account", "name"), hint)


def check_address(context: Context) -> Iterator[Diagnostic]:
    """Check the addresses of 8x8's APIs; warn of one that is not 8x8's."""
    backend = context.desired.account.get("backend") or {}
    kind, scim = backend.get("type"), backend.get("scim")
    if kind == API.name and "base_url" in backend:
        hint = "Remove base_url to connect to 8x8."
        yield from _check_url(context, backend["base_url"], ("base_url",), hint)
    if kind == CONSOLE.name and isinstance(scim, Mapping):
        hint = "Write the '8x8 URL' that the console shows under Home > Identity and Security."
        yield from _check_url(context, scim["url"], ("scim", "url"), hint)


def _check_url(
    context: Context, url: str, path: tuple[str, ...], hint: str
) -> Iterator[Diagnostic]:
    place, address = context.source("account", "backend", *path), read_address(url)
    if address is None:
        message = f"'{redact_url(url)}' is not a server address."
        hint = "Write https://HOST/PATH, without user, password, query or fragment."
        yield error(Code.INVALID_VALUE, message, place, hint)
    elif not address.is_vendor:
        message = f"licsync connects to {address}, which is not 8x8's address."
        yield warning(Code.OTHER_ADDRESS, message, place, hint)


def check_settings(context: Context) -> Iterator[Diagnostic]:
    """Report settings of another type of backend, which would be ignored.

    An account may keep them while it tries licsync on the sandbox.
    """
    kind = context.desired.backend
    settings = context.desired.account.get("backend") or {}
    for name in settings if kind not in (LOCAL.name, UNKNOWN.name) else ():
        kinds = BACKENDS_OF_SETTINGS.get(name)
        if kinds is not None and kind not in kinds:
            message = f"'{name}' has no effect: the type of the backend is '{kind}'."
            hint = f"Remove it, or write type: {sentence(kinds)}."
            place = context.source("account", "backend", name)
            yield warning(Code.INVALID_VALUE, message, place, hint)


def check_spellings(context: Context) -> Iterator[Diagnostic]:
    """Tell which declared addresses are read as an existing one that is spelled differently."""
    there = context.inventory.service_addresses
    for slug, address in context.desired.service_addresses.items():
        same = context.inventory.address_ids.get(place_key(address)) if address else None
        if address and same and address_key(address) != address_key(there[same]):
            message = f"The service address '{slug}' is read as '{postal(there[same])}'."
            hint = "If it is another place, write what tells the two apart. Else spell it so."
            place = context.source("service_addresses", slug)
            yield info(Code.LEFT_AS_IS, message, place, hint)


def check_fixed(context: Context) -> Iterator[Diagnostic]:
    """Check that the files do not change immutable fields, such as the PBX of a site."""
    for kind in map(KINDS.__getitem__, PLAIN):
        fixed = [name for name, marks in fields_of(kind.declaration).items() if IMMUTABLE in marks]
        there = getattr(context.inventory, kind.section)
        for name, record in getattr(context.desired, kind.section).items() if fixed else ():
            for field in fixed:
                value = there.get(name, {}).get(field)
                if value is not None and record is not None and record.get(field, value) != value:
                    message = (
                        f"The {field} of {kind.title} '{name}' is '{value}' and cannot be changed."
                    )
                    hint = f"Declare a {kind.title} with another name, and change the references."
                    yield error(
                        Code.INVALID_VALUE, message, context.source(kind.section, name, field), hint
                    )


CHECKS = (
    check_account,
    check_address,
    check_settings,
    licenses.check_upload_licenses,
    check_spellings,
    check_fixed,
    check_offboarding,
    check_departed,
    references.check_references,
    references.check_deletions,
    references.check_protected_users,
    references.check_license_types,
    references.check_inventory_licenses,
    references.check_suspensions,
    references.check_catalog,
    names.check_names,
    names.check_policy_settings,
    names.check_external_ids,
    names.check_renames,
    licenses.check_combinations,
    licenses.check_capabilities,
    licenses.check_places,
    licenses.check_prices,
    numbers.check_numbers,
    references.check_countries,
    references.check_account_timezone,
    references.check_approvals,
    references.check_channels,
    check_dates,
)
"""Every check: a function from the two sides to the faults it finds."""

DOUBTS = (
    doubts.licenses_abroad,
    doubts.pools_abroad,
    doubts.numbers_abroad,
    doubts.unknown_timezones,
    doubts.shared_emails,
    doubts.shared_devices,
    numbers.forwarding,
)
"""Every doubt: a function from the two sides to what is doubtful in them."""


def check(
    desired: Desired, inventory: Inventory | None, *, now: datetime, is_planned: bool = False
) -> list[Diagnostic]:
    """Find all errors and warnings of the desired state as a whole.

    Args:
        desired: what the files declare; each file is valid by itself.
        inventory: the last inventory; None if there is none yet. Then unknown references are
            warnings, and checks of existing users do not run.
        now: the instant at which offboarding stages are evaluated.
        is_planned: whether a plan is made, too. It assumes an empty account without an inventory,
            and reports itself what depends on its actions.

    Returns:
        The diagnostics, errors first, each with its place in the files.
    """
    context = Context(desired, inventory, now, is_planned=is_planned)
    found = cap_diagnostics(diagnostic for find in CHECKS for diagnostic in find(context))
    found = [*found, *_later_errors(context, found, now)]
    acknowledgements = context.acknowledgements
    reported = acknowledgements.reported(doubt for find in DOUBTS for doubt in find(context))
    unused = acknowledgements.unused(is_seen=context.is_seen)
    return sort_diagnostics([*found, *cap_diagnostics(chain(reported, unused))])


_LATER, _LATER_USERS = 12, 20_000
"""How many later days are checked, and how many users in all. Other days follow as they come."""


def _later_errors(
    context: Context, found: Iterable[Diagnostic], now: datetime
) -> Iterator[Diagnostic]:
    """List the errors that the files will have on the next days that they name."""
    named = later_days(context.whole, account_day(context.whole, now))
    known = {(d.code, d.message) for d in found}
    most = max(1, min(_LATER, _LATER_USERS // max(1, len(context.whole.users))))
    for day in named[:most]:
        noon = datetime.combine(day, time(12), UTC)  # of the same day in almost all zones
        seen = context.inventory if context.is_seen else None
        later = Context(context.whole, seen, noon, is_planned=context.is_known)
        for diagnostic in (one for find in CHECKS for one in find(later)):
            key = diagnostic.code, diagnostic.message
            if diagnostic.severity is Severity.ERROR and key not in known:
                known.add(key)
                yield replace(diagnostic, message=f"From {day} on: {diagnostic.message}")
