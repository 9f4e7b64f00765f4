"""Fills in the template of the console's bulk upload with the new users of a plan."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from licsync.diagnostics import Code, Diagnostic, InputInvalid, error
from licsync.model.declarations import USER_NAME, UserAttributes
from licsync.model.desired import Desired
from licsync.model.field_limits import Accepts
from licsync.model.fields import fields_with_marker
from licsync.planning.actions import Action
from licsync.planning.plan import Plan
from licsync.spreadsheets.csv_template import CsvTemplate, read_template

PATHS: Mapping[str, str] = {
    "user": "name",
    **{
        name: name
        for name in (
            "first_name", "last_name", "email", "site", "department", "job_title", "policy",
            "locale", "timezone",
        )
    },
}  # fmt: skip
"""What a column of the template holds, as a path of a plan.

Licenses, extension and phone numbers are not among them: which license names the console takes is
published nowhere, one wrong value refuses the whole file, and a number needs a license.
"""

_LIMITS: Mapping[str, Accepts] = {"name": USER_NAME, **fields_with_marker(UserAttributes, Accepts)}
_REQUIRED = ("first_name", "last_name")
_MAX_BYTES = 1_000_000


@dataclass(frozen=True, slots=True)
class UploadFile:
    """A file for the bulk upload.

    Attributes:
        content: its bytes.
        users: the users that it creates.
        empty: headings that are understood and stay empty.
        unknown: headings that are not understood, and stay empty.
        examples: how many rows of the template were left out.
    """

    content: bytes
    users: list[str] = field(default_factory=list)
    empty: list[str] = field(default_factory=list)
    unknown: list[str] = field(default_factory=list)
    examples: int = 0


def template_of(directory: Path, desired: Desired) -> CsvTemplate | None:
    """Read the template that an account names; None if it names none.

    Raises:
        InputInvalid: it cannot be read.
    """
    from licsync.config.files import read_within

    name = (desired.account.get("backend") or {}).get("bulk_upload")
    if not name:
        return None
    try:
        data = read_within(directory, name, _MAX_BYTES + 1)
    except OSError as fault:
        message = f"The template '{name}' cannot be read: {fault.strerror or fault}."
        hint = "Save the console's template in the account directory."
        place = desired.where("account", "backend", "bulk_upload")
        raise InputInvalid(error(Code.INVALID_VALUE, message, place, hint)) from fault
    return read_template(data, name)


def uploads_of(template: CsvTemplate | None) -> frozenset[str]:
    """Give what a template can set for a new user, as paths of a plan."""
    if template is None:
        return frozenset()
    return frozenset(PATHS[name] for name in template.fields if name in PATHS)


def fill_template(plan: Plan, template: CsvTemplate) -> UploadFile:
    """Fill a template in with the users that people create for a plan.

    Raises:
        InputInvalid: 8x8 does not accept a value; one of them refuses the whole file.
    """
    fields = {path: name for name, path in PATHS.items() if name in template.fields}
    created = [a for a in plan.actions if a.label == "user.create" and a.manual and not a.ring]
    rows, faults = [], list[Diagnostic]()
    for action in created:
        values = _values(action, fields)
        faults += _faults(action, values, fields)
        rows.append({fields[path]: value for path, value in values.items()})
    if faults:
        raise InputInvalid(*faults)
    filled = {name for row in rows for name in row}
    return UploadFile(
        template.filled(rows),
        [action.name for action in created],
        template.headings(template.fields - filled),
        template.columns.ignored,
        template.examples,
    )


def _values(action: Action, fields: Collection[str]) -> dict[str, str]:
    values = {"name": action.name}
    values |= {c.path: str(c.after) for c in action.changes if c.path in fields and c.after}
    return values


def _faults(
    action: Action, values: Mapping[str, str], fields: Collection[str]
) -> Iterator[Diagnostic]:
    """Find what the console would refuse (domain.md, 8.1)."""
    for path, value in values.items():
        accepts = _LIMITS.get(path)
        if accepts is not None and (why := accepts.fault(value)):
            message = f"{action.name}: the {path.replace('_', ' ')} '{value}' {why}."
            yield error(Code.INVALID_VALUE, message, action.source)
    for path in _REQUIRED:
        if path in fields and path not in values:
            message = f"{action.name} has no {path.replace('_', ' ')}, which 8x8 requires."
            yield error(Code.INVALID_VALUE, message, action.source, f"Declare {path}.")
