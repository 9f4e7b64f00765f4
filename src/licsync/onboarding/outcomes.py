"""The outcome of each row of an onboarded list, and the users it declares."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from licsync.model.desired import Desired
from licsync.model.labels import sentence
from licsync.onboarding.rows import PersonRow, ReadingContext, Templates


@dataclass(slots=True)
class RowOutcome:
    """The outcome of a row.

    Attributes:
        person: the parsed row.
        state: `new`, `adopted` (in the inventory, but in no file), `present`, `differs`, `skipped`
            or `faulty`.
        user: the declaration of a new or adopted user.
        file: where the declaration is, or will be written.
        message: a remark for people.
        resolved: the user with templates applied, and with country and address of each license.
    """

    person: PersonRow
    state: str
    user: dict[str, Any] = field(default_factory=dict)
    file: str = ""
    message: str = ""
    resolved: dict[str, Any] = field(default_factory=dict)

    @property
    def is_written(self) -> bool:
        """Return whether the row becomes an entry of the files."""
        return self.state in ("new", "adopted")


def apply_templates(templates: Templates, user: Mapping[str, Any]) -> dict[str, Any]:
    """Return a user with its templates applied."""
    names = user.get("template", [])
    filled: dict[str, Any] = {}
    for name in [names] if isinstance(names, str) else names:
        filled |= templates[name]
    return filled | {key: value for key, value in user.items() if key != "template"}


def resolve_licenses(reading: ReadingContext, user: Mapping[str, Any]) -> dict[str, Any]:
    """Return a user with templates applied, and country and address of each license."""
    resolver, filled = reading.resolver, {**user, **apply_templates(reading.templates, user)}
    site = filled.get("site")
    filled["licenses"] = [
        {
            **entry,
            "country": resolver.country_of(site, entry),
            "service_address": resolver.address_of(site, entry),
        }
        for entry in filled.get("licenses") or ()
    ]
    return filled


_SHOWN = 5
"""How many names a remark gives."""


def list_names(names: Sequence[str]) -> str:
    """Write the first names of a list, and count the rest."""
    shown = [f"'{name}'" for name in names[:_SHOWN]]
    more = len(names) - len(shown)
    return sentence([*shown, f"{more:,} more"] if more else shown)


def file_of(desired: Desired, name: str) -> str:
    """Return the file that declares a user; empty if none does."""
    place = desired.where("users", name)
    return place.file if place else ""
