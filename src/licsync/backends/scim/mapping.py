"""Turns SCIM users into records of the inventory, and steps into SCIM users: pure.

licsync maps what 8x8 documents (domain.md, section 9), except `externalId` and contact numbers,
which it keeps, and language and time zone, whose form at 8x8 is not documented.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from licsync.backends.api.effect_check import markers_of, missing_effects
from licsync.backends.scim.resources import Directory, Email, Name, Place, ScimUser
from licsync.engine.ports import StepRefused
from licsync.model.console.step import Step
from licsync.model.inventory import Record
from licsync.planning.comparison import EMPTY, equivalent

PLACEHOLDER_EMAIL = "noreply@8x8.com"
"""The address that 8x8 gives a user without one."""

WRITABLE = ("first_name", "last_name", "email", "job_title", "department")
"""The fields of an existing user that SCIM changes."""

SHOWN = (*WRITABLE, "status")
"""The fields that SCIM shows of every user."""

OPERATIONS = frozenset(("user.create", "user.update", "user.suspend", "user.reactivate"))
"""The operations of steps that SCIM can do."""

_WORK = "work"


def record_of(user: ScimUser) -> Record:
    """Give what SCIM shows of a user, as a record of the inventory; empty fields are left out."""
    name, directory, place = user.name, user[Directory], user[Place]
    found: Record = {
        "first_name": name and name.given_name,
        "last_name": name and name.family_name,
        "email": _email_of(user),
        "job_title": user.title,
        "department": directory and directory.department,
        "site": place and place.site,
    }
    if user.active is not None:
        found["status"] = "active" if user.active else "inactive"
    return {path: value for path, value in found.items() if value not in EMPTY}


def _email_of(user: ScimUser) -> str | None:
    entry = _work_email(user)
    value = entry.value if entry is not None else None
    return None if value is None or value.casefold() == PLACEHOLDER_EMAIL else value


def _work_email(user: ScimUser) -> Email | None:
    """Find the one address that 8x8 has: of the type `work`, else the only one without a type."""
    emails = user.emails or []
    for entry in emails:
        if (entry.type or "").casefold() == _WORK:
            return entry
    return next((entry for entry in emails if not entry.type), None)


# --- steps ----------------------------------------------------------------------------------------


def new_user(step: Step) -> ScimUser:
    """Make the user that a step creates.

    Raises:
        StepRefused: SCIM cannot create such a user.
    """
    values = dict(step.args.get("set", {}))
    site, status = values.pop("site", None), values.pop("status", "active")
    user = ScimUser(user_name=step.name, active=status != "inactive")
    _set_values(user, {path: value for path, value in values.items() if value not in EMPTY})
    if site:
        user[Place] = Place(site=site)
    return user


def changed_user(step: Step, user: ScimUser) -> ScimUser:
    """Give a user as a step of the operation `user.update` changes it.

    Args:
        step: the step.
        user: the user as it was just read; it is not changed.

    Raises:
        StepRefused: SCIM cannot make this change.
    """
    if step.args.get("extensions") or step.args.get("addresses"):
        raise StepRefused(
            "SCIM cannot change extensions and licenses: do it in 8x8's Admin Console."
        )
    changed = user.model_copy(deep=True)
    _set_values(changed, step.args.get("set", {}))
    return changed


def _set_values(user: ScimUser, values: Mapping[str, object]) -> None:
    for path, value in values.items():
        text = None if value in EMPTY else str(value)
        if path == "email":
            _set_email(user, text)
        elif path == "job_title":
            user.title = text
        elif path == "department":
            directory = user[Directory] or Directory()
            directory.department = text
            user[Directory] = directory
        elif path in ("first_name", "last_name"):
            _set_name(user, path, text)
        else:
            raise StepRefused(
                f"SCIM cannot change '{path}' of a user: do it in 8x8's Admin Console."
            )


def _set_name(user: ScimUser, path: str, text: str | None) -> None:
    name = user.name or Name()
    is_derived = name.formatted == _formatted(name)
    if path == "first_name":
        name.given_name = text
    else:
        name.family_name = text
    if name.formatted is not None and is_derived:
        name.formatted = _formatted(name)
    user.name = name


def _formatted(name: Name) -> str:
    return " ".join(part for part in (name.given_name, name.family_name) if part)


def _set_email(user: ScimUser, text: str | None) -> None:
    emails, entry = list(user.emails or []), _work_email(user)
    if text is None:
        emails = [other for other in emails if other is not entry]
    elif entry is not None:
        entry.value = text
    else:
        emails.append(Email(value=text, type=_WORK, primary=True))
    user.emails = emails or None


# --- effects --------------------------------------------------------------------------------------


def missing_of(step: Step, before: Record | None, user: ScimUser | None) -> list[str]:
    """List what of a step's effect a user does not show, in words.

    Args:
        step: the step.
        before: the record before the step; None if there was none.
        user: the user as it is now; None if there is none.
    """
    now = record_of(user) if user is not None else None
    shown = {**step.args, "set": _shown_values(step, now)} if "set" in step.args else step.args
    name = (user.user_name or "") if user is not None else ""
    return list(missing_effects(Step(step.op, step.target, shown), now, name, before))


def _shown_values(step: Step, now: Record | None) -> dict[str, object]:
    """Leave out the site of a server that shows no site."""
    values = dict(step.args.get("set", {}))
    if now is not None and "site" not in now:
        values.pop("site", None)
    return values


def changed_elsewhere(step: Step, before: Record, user: ScimUser) -> Iterator[str]:
    """List what a step would overwrite although nobody has recorded it, in words.

    A record may come from an export that is days old. A field that the step sets must be as
    recorded, or be already as the step sets it.
    """
    now = record_of(user)
    for path, wanted in step.args.get("set", {}).items():
        marks, value = markers_of(path), now.get(path)
        if not (equivalent(value, before.get(path), marks) or equivalent(value, wanted, marks)):
            yield f"{path} is {value!r}, not {before.get(path)!r}"


def is_untouched(step: Step, before: Record, user: ScimUser) -> bool:
    """Tell whether a user still is as recorded in everything that a step sets."""
    now = record_of(user)
    return all(
        equivalent(now.get(path), before.get(path), markers_of(path))
        for path in step.args.get("set", {})
    )
