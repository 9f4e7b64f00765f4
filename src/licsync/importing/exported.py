"""What the tables of an export say about an account, and what they leave open."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

from licsync.model.inventory import Record


@dataclass(frozen=True, slots=True)
class ExportedAccount:
    """The content of an export.

    A column that exists says something in every row: a value, or that there is none. A column that
    does not exist says nothing.

    Attributes:
        document: the inventory document of what the tables say. Its ids are those of the tables.
        complete: the kinds of tables, each of which lists all records of its kind.
        users_say_licenses: whether the users tables list the licenses of each user.
        reported: by section and name, the fields that the tables have a column for.
        settings: by user and unit, the settings that the tables have a column for, as paths below
            `extension`. The unit is empty if the tables do not list licenses.
        loose: the settings of users whose licenses the tables do not list.
        unnamed_units: the units without an id in the tables.
        written_out: the units whose service address is written out, not named by its id.
        listed_policies: the policies that a table lists with their settings.
        unnamed_addresses: the service addresses without an id in the tables.
        license_names: how the license tables call the licenses of each type and country.
    """

    document: Record
    complete: frozenset[str] = frozenset()
    users_say_licenses: bool = False
    reported: Mapping[str, Mapping[str, frozenset[str]]] = field(default_factory=dict)
    settings: Mapping[tuple[str, str], frozenset[str]] = field(default_factory=dict)
    loose: Mapping[str, Record] = field(default_factory=dict)
    unnamed_units: frozenset[str] = frozenset()
    written_out: frozenset[str] = frozenset()
    listed_policies: frozenset[str] = frozenset()
    unnamed_addresses: frozenset[str] = frozenset()
    license_names: Mapping[tuple[str, str], Collection[str]] = field(default_factory=dict)

    def fields(self, section: str, name: str) -> frozenset[str]:
        """Return the fields of a record that the tables have a column for."""
        return self.reported.get(section, {}).get(name, frozenset())
