"""The desired state: an account's YAML files, joined, with templates applied, validated alone.

`Desired` holds plain records of the types in `declarations`. An absent key is unmanaged. `where`
finds the source position of a fact, so that positions cost nothing until they are needed.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Protocol, cast

from licsync.diagnostics import Span
from licsync.model.account_declarations import Account
from licsync.model.backend_types import LOCAL
from licsync.model.catalog import Catalog
from licsync.model.column_headings import ColumnHeadings
from licsync.model.declarations import (
    KINDS,
    PLAIN,
    Policy,
    ServiceAddress,
    Site,
    Tree,
    User,
    UserTemplate,
)
from licsync.model.notify_declarations import Channel
from licsync.model.pool_declarations import PoolEntry
from licsync.model.rules import Approval, Rule

DEFAULT_POLICY = "8x8 Master User Template"
"""The policy profile of a new user without another one (POL2)."""


class SourceLookup(Protocol):
    """Finds the source position of a fact."""

    def __call__(self, section: str, *path: str | int) -> Span | None:
        """Give the position of `section` / `path`, or of its nearest parent in a file.

        A user's field from a template is found in the template. The position of a mapping entry is
        that of its key.
        """
        ...


def no_source(section: str, *path: str | int) -> Span | None:
    """The `SourceLookup` of a desired state without files."""
    return None


@dataclass
class Desired:
    """What the files declare.

    Users are complete: templates are applied, and licenses have their long form.

    A plan that restores an earlier state sets what files cannot: `exact`, `places`, and the `unit`
    of the license entries of a user.

    Attributes:
        exact: names of users all of whose licenses are declared. No license comes or goes by
            itself for them.
        places: slugs of the addresses of unassigned units, by unit.
    """

    account: Account
    catalog: Catalog
    service_addresses: dict[str, ServiceAddress | None] = field(default_factory=dict)
    sites: dict[str, Site | None] = field(default_factory=dict)
    pools: list[PoolEntry] = field(default_factory=list)
    policies: dict[str, Policy | None] = field(default_factory=dict)
    templates: Mapping[str, UserTemplate] = field(default_factory=dict)
    users: dict[str, User] = field(default_factory=dict)
    approvals: list[Approval] = field(default_factory=list)
    rules: dict[str, Rule] = field(default_factory=dict)
    notify: dict[str, Channel] = field(default_factory=dict)
    columns: ColumnHeadings = field(default_factory=lambda: ColumnHeadings())
    exact: set[str] = field(default_factory=set)
    places: dict[str, str] = field(default_factory=dict)
    where: SourceLookup = no_source
    digest: str = ""

    def __post_init__(self) -> None:
        """Add the sections of kinds without a field above."""
        for kind in PLAIN:
            self.__dict__.setdefault(KINDS[kind].section, {})

    @classmethod
    def from_sections(
        cls, sections: Mapping[str, object], catalog: Catalog, where: SourceLookup, digest: str
    ) -> Desired:
        """Build the desired state from the validated sections of the files.

        Args:
            sections: the entries by section, with `account`. An absent section is empty.
            catalog: the license types, including those of `sections`.
            where: finds the source position of an entry.
            digest: identifies the content of the files.
        """
        tree = cast(Tree, sections)  # loading has validated them against this declaration
        desired = cls(
            account=tree["account"],
            catalog=catalog,
            service_addresses=tree.get("service_addresses", {}),
            pools=tree.get("licenses", []),
            templates=tree.get("templates", {}),
            users=tree.get("users", {}),
            approvals=tree.get("approvals", []),
            rules=tree.get("rules", {}),
            notify=tree.get("notify", {}),
            columns=tree.get("columns", {}),
            where=where,
            digest=digest,
        )
        for section in (KINDS[kind].section for kind in PLAIN):
            setattr(desired, section, sections.get(section, {}))
        return desired

    def written_users(self) -> Iterator[tuple[str, str, UserTemplate]]:
        """Yield section, name and record of each template and each user."""
        for section, records in (("templates", self.templates), ("users", self.users)):
            for name, record in records.items():
                yield section, name, record

    @property
    def headings(self) -> dict[str, list[str]]:
        """The account's own headings of columns, by field."""
        own = cast(Mapping[str, str | list[str]], self.columns)
        return {name: [names] if isinstance(names, str) else names for name, names in own.items()}

    @property
    def name(self) -> str:
        """The account's short name."""
        return str(self.account["name"])

    @property
    def backend(self) -> str:
        """The name of the type of the account's backend."""
        return str((self.account.get("backend") or {}).get("type", LOCAL.name))

    @property
    def country(self) -> str | None:
        """The account's default country."""
        country = self.account.get("defaults", {}).get("country")
        return str(country) if country else None

    @property
    def policy(self) -> str:
        """The policy profile of new users."""
        return str(self.account.get("defaults", {}).get("policy", DEFAULT_POLICY))
