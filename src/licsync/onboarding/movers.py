"""Movers: declared users of whom a list says something else than the files."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from itertools import count
from typing import Any, NamedTuple

from licsync.diagnostics import Code, error, info, warning
from licsync.model.declarations import UserAttributes
from licsync.model.field_limits import Accepts, transliterate
from licsync.model.fields import fields_with_marker
from licsync.model.inventory import as_list
from licsync.model.labels import sentence
from licsync.onboarding.matching import KEY_TITLES, RecognizedRow
from licsync.onboarding.name_claims import NameClaims
from licsync.onboarding.outcomes import apply_templates
from licsync.onboarding.proposals import FieldChange
from licsync.onboarding.row_reader import RowReader
from licsync.onboarding.rows import ReadingContext
from licsync.spreadsheets.cell_values import fold

_ACCEPTS = fields_with_marker(UserAttributes, Accepts)

JOINERS_ONLY = ("license", "country", "extension", "phone", "voicemail_email", "template")
"""Fields of a list that are read for joiners only. Declared users keep those of their files."""


class Move(NamedTuple):
    """What a row says differently of a declared user.

    Attributes:
        changes: the keys that change.
        why: how the user was recognized.
        waits: whether the user gets its new name only after another rename is applied.
    """

    changes: list[FieldChange]
    why: str
    waits: bool


class _NewName(NamedTuple):
    """The new user name of a user; empty if the user keeps its name.

    The e-mail address waits with the user name: it is kept until the user has the name of the list.
    """

    name: str = ""
    keeps_email: bool = False
    waits: bool = False


def moved(
    reading: ReadingContext,
    row: RecognizedRow,
    current: Mapping[str, Any],
    written: Mapping[str, Any],
    claims: NameClaims,
) -> Move:
    """List what a row says differently of a declared user.

    Args:
        reading: the table, which takes the faults.
        row: the row.
        current: the user as declared, with what the inventory says where the files say nothing.
        written: the entry in the files, without its templates.
        claims: the user names that the rows claim.
    """
    reader, changes = row.reader, list[FieldChange]()
    name, keeps_email, waits = _new_name(reading, row, current, claims)
    if name:
        changes.append(FieldChange("user", row.name, name))
        before = written.get("previously")
        if not _is_pending(reading, row.name, before):
            changes.append(FieldChange("previously", before, row.name))
    if name and keeps_email and "email" not in reading.resolver.desired.users[row.name]:
        changes.append(FieldChange("email", None, current.get("email") or row.name))
    if reader.external_id and row.key != "external_id":
        changes.append(FieldChange("external_id", None, reader.external_id))
    templates = _templates(reading, row, written)
    if templates is not None:
        changes.append(FieldChange("template", written.get("template"), templates))
        entry = {**written, "template": templates}
        current = {**current, **apply_templates(reading.templates, entry)}
    stated = reader.attributes
    if keeps_email:
        stated = {k: v for k, v in stated.items() if k != "email"}
    if _is_same_name(stated, current):
        stated = {k: v for k, v in stated.items() if k not in ("first_name", "last_name")}
    for field, value in stated.items():
        before = current.get(field) or (row.name if field == "email" else None)
        if not _is_equal(field, value, before):
            changes.append(FieldChange(field, before, value))
    start = current.get("start_on", "")
    if reader.starts_on and start > reading.today.isoformat() and start != reader.starts_on:
        changes.append(FieldChange("start_on", start, reader.starts_on))
    title = KEY_TITLES[row.key]
    return Move(changes, f"recognized by the {title}", waits)


def _new_name(
    reading: ReadingContext, row: RecognizedRow, current: Mapping[str, Any], claims: NameClaims
) -> _NewName:
    """Return the new user name that a row says.

    Without a column of user names, a user whose user name is the e-mail address gets the new one.
    """
    reader = row.reader
    name = reader.user_name()
    if not name and "user_name" not in reading.mapping:
        email = current.get("email") or row.name
        name = reader.email if _is_made_of(row.name, email) else ""
    if not name or name.casefold() == row.name.casefold():
        return _NewName()
    if claims.pending.get(name.casefold()) == row.name:
        message = f"The list still has the previous user name '{name}' of '{row.name}'."
        reading.report(info, reader.row, "user", message, code=Code.LEFT_AS_IS)
        return _NewName(keeps_email=True)
    holder = claims.holder(name)
    if holder is not None and holder != row.name:
        ring = claims.ring(row.name)
        if ring and min(ring, key=str.casefold) == row.name:
            return _NewName(_interim_name(reading, row, ring, claims), keeps_email=True)
        report_waiting(reading, reader, name, holder)
        return _NewName(keeps_email=True, waits=True)
    declared = {other.casefold(): other for other in reading.resolver.desired.users}
    if other := declared.get(name.casefold()):
        message = f"'{row.name}' cannot be renamed to '{name}': the files declare '{other}'."
        hint = f"First rename or remove '{other}'."
        reading.report(error, reader.row, "user", message, hint, Code.DUPLICATE_NAME)
        return _NewName()
    return _NewName(name)


_INTERIM = ".interim"


def _is_made_of(name: str, email: str) -> bool:
    """Tell whether a user name is an e-mail address, or the interim name made of it."""
    local, at, domain = name.casefold().partition("@")
    lasting = re.sub(rf"{re.escape(_INTERIM)}[0-9]*$", "", local)
    return email.casefold() in (name.casefold(), f"{lasting}{at}{domain}")


def _interim_name(
    reading: ReadingContext, row: RecognizedRow, ring: Sequence[str], claims: NameClaims
) -> str:
    """Name a user whose name another user of a ring gets first."""
    users = reading.resolver.desired.users
    taken = {name.casefold() for name in users}
    taken |= {user.get("previously", "").casefold() for user in users.values()}
    taken |= {*reading.resolver.inventory.user_names, *claims.rows}
    local, at, domain = row.name.partition("@")
    tries = (f"{local}{_INTERIM}{n or ''}{at}{domain}" for n in count())
    interim = next(name for name in tries if name.casefold() not in taken)
    names = sentence([f"'{name}'" for name in ring])
    message = f"{names} exchange their user names, so '{row.name}' is first renamed to '{interim}'."
    hint = "Apply the rename, then compare the list again, until it proposes nothing."
    reading.report(warning, row.reader.row, "user", message, hint, Code.LEFT_AS_IS)
    return interim


def _is_pending(reading: ReadingContext, name: str, previously: str | None) -> bool:
    """Tell whether an earlier rename is not applied yet, so that its old name must stay."""
    names = reading.resolver.inventory.user_names
    return bool(previously and name.casefold() not in names and previously.casefold() in names)


def report_waiting(reading: ReadingContext, reader: RowReader, name: str, holder: str) -> None:
    """Report a name that somebody gets only after another rename is applied."""
    message = f"'{name}' waits: it is the user name of '{holder}' until the rename is applied."
    hint = "Apply the rename, then compare the list again."
    reading.report(warning, reader.row, "user", message, hint, Code.LEFT_AS_IS)


def _templates(
    reading: ReadingContext, row: RecognizedRow, written: Mapping[str, Any]
) -> str | list[str] | None:
    """Return the templates that the groups of a row ask for; None if nothing changes.

    Templates that no group of the mapping has stay, behind the others.
    """
    wanted = row.reader.templates_of_groups
    rules = reading.mapping.get("groups", {})
    if not rules or not row.reader.groups:
        return None
    if not wanted:
        message = f"No group of '{row.name}' has a template, so its templates stay."
        reading.report(info, row.reader.row, "groups", message, code=Code.LEFT_AS_IS)
        return None
    managed = {name for names in rules.values() for name in as_list(names)}
    present = list(as_list(written.get("template")))
    if [name for name in present if name in managed] == wanted:
        return None
    found = [*wanted, *(name for name in present if name not in managed)]
    return found[0] if len(found) == 1 else found


def _is_same_name(stated: Mapping[str, str], current: Mapping[str, Any]) -> bool:
    """Tell whether the names differ only in where the first name ends: a full name is split."""
    names = ("first_name", "last_name")
    return fold(" ".join(stated.get(name, "") for name in names)) == fold(
        " ".join(current.get(name) or "" for name in names)
    )


def _is_equal(field: str, stated: str, current: str | None) -> bool:
    """Compare as people do: without case and accents, and in the letters that 8x8 accepts."""
    current = current or ""
    if field == "email":
        return stated.casefold() == current.casefold()
    if fold(stated) == fold(current):
        return True
    accepts = _ACCEPTS.get(field)
    return accepts is not None and fold(transliterate(accepts, stated) or stated) == fold(current)
