"""Fills in the template of the console's bulk upload with the new users of a plan."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from licsync.diagnostics import Code, Diagnostic, InputInvalid, as_warnings, error, info
from licsync.model.declarations import USER_NAME, UserAttributes
from licsync.model.desired import Desired
from licsync.model.field_limits import Accepts
from licsync.model.fields import fields_with_marker
from licsync.planning.actions import Action, AnyChange
from licsync.planning.plan import Plan
from licsync.planning.validation.licenses import (
    license_separator,
    upload_licenses,
    upload_settings,
)
from licsync.planning.work_order.uploads import (
    LICENSE,
    NO_UPLOAD,
    UploadColumns,
    license_key,
    uploaded_changes,
)
from licsync.spreadsheets.columns import IGNORED, normalize_heading
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
    "license": LICENSE,
    "extension": "extension.number",
    "phone": "extension.phone_numbers",
}  # fmt: skip
"""What a column of the template holds, as a path of a plan."""

_LIMITS: Mapping[str, Accepts] = {"name": USER_NAME, **fields_with_marker(UserAttributes, Accepts)}
_OF_USERS = frozenset(("uc", "cc"))
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
        unnamed: licenses whose name the account does not state, as `x2/US`.
        further: users with another license of a known name, which the file cannot hold.
    """

    content: bytes
    users: list[str] = field(default_factory=list)
    empty: list[str] = field(default_factory=list)
    unknown: list[str] = field(default_factory=list)
    examples: int = 0
    unnamed: list[str] = field(default_factory=list)
    further: list[str] = field(default_factory=list)


def template_of(directory: Path, desired: Desired) -> CsvTemplate | None:
    """Read the template that an account names; None if it names none.

    Raises:
        InputInvalid: it cannot be read.
    """
    from licsync.config.files import read_within

    settings = upload_settings(desired)
    name = settings["template"] if isinstance(settings, Mapping) else settings
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


def columns_of(template: CsvTemplate | None, desired: Desired) -> UploadColumns:
    """Give what a template can set for a new user."""
    if template is None:
        return NO_UPLOAD
    paths = frozenset(PATHS[name] for name in template.fields if name in PATHS)
    return UploadColumns(paths, upload_licenses(desired), license_separator(desired))


def names_for_upload(
    desired: Desired, found: Mapping[tuple[str, str], Collection[str]]
) -> Iterator[Diagnostic]:
    """Say how an export calls licenses, for an upload of which the account states no names.

    Whether the upload takes the same names is published nowhere. So somebody has to state them.
    """
    if upload_settings(desired) is None or upload_licenses(desired):
        return
    names = [
        f"{kind}/{country}: {next(iter(spellings))}"
        for (kind, country), spellings in sorted(found.items())
        if desired.catalog.planes(kind) & _OF_USERS
        and len(spellings) == 1
        and kind not in spellings
    ]
    if names:
        message = (
            "The export shows how the console calls licenses. If the bulk upload takes these "
            "names, it can assign the licenses of new users."
        )
        listed = f"{{template: FILE, licenses: {{{', '.join(names)}}}}}"
        place = desired.where("account", "backend", "bulk_upload")
        yield info(Code.LEFT_OUT, message, place, f"State them: bulk_upload: {listed}")


def usable_columns(
    directory: Path, desired: Desired, plan: Plan
) -> tuple[UploadColumns, list[Diagnostic]]:
    """Give what the upload can set for the new users of a plan.

    If the template does not take them, people create them one by one, and warnings say why.
    """
    try:
        template = template_of(directory, desired)
        if template is not None:
            fill_template(plan, template, desired)
        return columns_of(template, desired), []
    except InputInvalid as refused:
        return NO_UPLOAD, as_warnings(refused.diagnostics)


def fill_template(
    plan: Plan, template: CsvTemplate, desired: Desired, actions: Collection[str] | None = None
) -> UploadFile:
    """Fill a template in with the users that people create for a plan.

    Args:
        plan: the plan.
        template: the template.
        desired: what the account says of the upload.
        actions: the ids of the actions that the upload of a work order does; None for all that it
            can do.

    Raises:
        InputInvalid: 8x8 does not accept a value; one of them refuses the whole file.
    """
    columns = columns_of(template, desired)
    fields = {path: name for name, path in PATHS.items() if name in template.fields}
    uploaded = uploaded_changes(plan, columns)
    rows: dict[str, dict[str, str]] = {}
    faults, unnamed, further = list[Diagnostic](), dict[str, None](), dict[str, None]()
    for action in plan.actions:
        if action.id in uploaded and (actions is None or action.id in actions):
            row = rows.setdefault(action.name, {})
            values = _values(action, uploaded[action.id], columns)
            faults += _faults(action, values, fields)
            if LICENSE in values and fields[LICENSE] in row:
                values[LICENSE] = columns.separator.join((row[fields[LICENSE]], values[LICENSE]))
            row |= {fields[path]: value for path, value in values.items() if path in fields}
        elif action.label == "license.assign" and action.name in rows and action.license:
            if columns.name_of(action):  # the account does not say how a cell holds several
                further[action.name] = None
            else:
                unnamed[license_key(action.license)] = None
    if faults:
        raise InputInvalid(*faults)
    filled = {name for row in rows.values() for name in row}
    # such as the column of a number that is being ported, which has to be left out (BULKNUM)
    left_out = [h for h in template.columns.ignored if normalize_heading(h) in IGNORED]
    again = [template.columns.header.cells[at] for at in template.columns.repeated]
    return UploadFile(
        template.filled([*rows.values()]),
        [*rows],
        [*template.headings(template.fields - filled), *left_out, *again],
        [heading for heading in template.columns.ignored if heading not in left_out],
        template.examples,
        sorted(unnamed) if LICENSE in columns.paths else [],
        [*further],
    )


def _values(action: Action, changes: Iterable[AnyChange], columns: UploadColumns) -> dict[str, str]:
    """Give what a row says of an action, by path."""
    is_license = action.kind == "license"
    values = {LICENSE: columns.name_of(action)} if is_license else {"name": action.name}
    for change in changes:
        if change.path == "extension.phone_numbers":
            values[change.path] = str(change.after[0]).removeprefix("+")  # in digits (BULKNUM)
        elif change.path in columns.paths and change.after:
            values[change.path] = str(change.after)
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
    for path in _REQUIRED if action.verb == "create" else ():
        if path in fields and path not in values:
            message = f"{action.name} has no {path.replace('_', ' ')}, which 8x8 requires."
            yield error(Code.INVALID_VALUE, message, action.source, f"Declare {path}.")
