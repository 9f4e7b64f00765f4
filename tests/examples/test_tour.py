"""`acme` is a tour: every key that YAML knows stands somewhere in its files, but for the few named
here.
"""

from __future__ import annotations

from collections.abc import Iterator
from types import UnionType
from typing import (
    Annotated,
    Any,
    Literal,
    NotRequired,
    Required,
    Union,
    get_args,
    get_origin,
    get_type_hints,
)

import yaml
from typing_extensions import is_typeddict

from licsync.model.account_declarations import (
    BulkEditSettings,
    EffortFigures,
    EffortSettings,
)
from licsync.model.column_headings import ColumnHeadings
from licsync.model.declarations import Tree
from licsync.model.notify_declarations import Channel
from tests.support.paths import ACME

ELSEWHERE = {
    # of the vendor's API, not of the embedded console
    "BackendSettings.customer_id", "BackendSettings.base_url", "BackendSettings.settle_seconds",
    "BackendSettings.operations_at_once", "BackendSettings.changes_users",
    "UserTemplate.allow_loss", "User.allow_loss",
    # of an account in the console
    "BackendSettings.scim", "ScimSettings.url", "BackendSettings.bulk_upload",
    "UploadSettings.template", "UploadSettings.licenses", "UploadSettings.separator",
    "BackendSettings.inventory_max_age",
    # work in the console that the sandbox does not need
    "BackendSettings.effort", "BackendSettings.bulk_edit", *(
        f"{settings.__name__}.{name}"
        for settings in (EffortSettings, EffortFigures, BulkEditSettings)
        for name in settings.__annotations__
    ),
    # parts of an address that these four do not have
    "ServiceAddress.dependent_street", "ServiceAddress.dependent_city",
    "ServiceAddress.secondary_location", "ServiceAddress.county", "ServiceAddress.zip4",
    # templates and users share these; acme sets them on the user
    "UserTemplate.first_name", "UserTemplate.last_name", "UserTemplate.email",
    "UserTemplate.status", "UserTemplate.job_title", "UserTemplate.licenses",
    "UserTemplate.offboard_on", "UserTemplate.start_on",
    # facts about a license type that nobody needs to override for an add-on
    "LicenseType.ranks", "LicenseType.features", "LicenseType.analytics",
    "LicenseType.calling_plan", "LicenseType.recording_days", "LicenseType.excludes",
    "LicenseType.automatic", "LicenseType.enforced",
    # acme takes these from the templates
    "User.locale",
    # acme's lists of people need no mapping, and no command prints them
    "PeopleSettings.command", "PeopleSettings.columns",
    "PeopleSettings.values", "PeopleSettings.defaults", "PeopleSettings.templates",
    "PeopleSettings.user_name", "PeopleSettings.extensions", "PeopleSettings.phone_numbers",
    # nobody is told of a sandbox
    "Tree.notify", *(f"Channel.{name}" for name in Channel.__annotations__),
    # nothing in acme has to be acknowledged
    "Account.acknowledge", "Site.acknowledge", "PoolEntry.acknowledge", "User.acknowledge",
}  # fmt: skip


def keys(hint: Any, value: Any) -> Iterator[str]:
    """Name each key of the value as its declaration does: `User.template`, say."""
    origin, arguments = get_origin(hint), get_args(hint)
    if origin in (Annotated, Required, NotRequired):
        yield from keys(arguments[0], value)
    elif origin in (Union, UnionType):
        for argument in arguments:
            yield from keys(argument, value)
    elif origin is list and isinstance(value, list):
        for item in value:
            yield from keys(arguments[0], item)
    elif origin is dict and isinstance(value, dict):
        for item in value.values():
            yield from keys(arguments[1], item)
    elif is_typeddict(hint) and isinstance(value, dict):
        for name, inner in get_type_hints(hint, include_extras=True).items():
            if name in value:
                yield f"{hint.__name__}.{name}"
                yield from keys(inner, value[name])


def declared(hint: Any) -> Iterator[str]:
    """Name every key that a declaration reaches."""
    if is_typeddict(hint):
        for name, inner in get_type_hints(hint, include_extras=True).items():
            yield f"{hint.__name__}.{name}"
            yield from declared(inner)
    elif get_origin(hint) is not Literal:
        for argument in get_args(hint):
            yield from declared(argument)


HEADINGS = {f"ColumnHeadings.{name}" for name in get_type_hints(ColumnHeadings)}
"""An account declares the headings that its own exports have; acme's has two of them."""


def test_every_key_is_used() -> None:
    used: set[str] = set()
    for path in ACME.rglob("*.yaml"):
        used.update(keys(Tree, yaml.load(path.read_text(encoding="utf-8"), yaml.CBaseLoader)))
    assert set(declared(Tree)) - used - HEADINGS == ELSEWHERE
    assert used & HEADINGS


def test_both_forms_of_what_has_two() -> None:
    text = "".join(path.read_text(encoding="utf-8") for path in ACME.rglob("*.yaml"))
    assert "template: [us-staff, sales-rep]" in text
    assert "template: sales-rep" in text
    assert "unassigned_address: {seattle: 1" in text
    assert "unassigned_address: new-york" in text
    assert "- vo-editions\n" in text
    assert "licenses: []" in text
