"""The desired state: what an account's YAML declares, joined, filled in from templates, and checked alone.

`Desired` holds plain records shaped by `declarations`; an absent key is unmanaged. Where a fact
stands in the files is asked of `where`, so that positions cost nothing until somebody needs one.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

from licsync.diagnostics import Span
from licsync.model.catalog import Catalog
from licsync.model.declarations import (
    KINDS,
    PLAIN,
    Account,
    Policy,
    PoolEntry,
    ServiceAddress,
    Site,
    User,
    UserTemplate,
)
from licsync.model.rules import Approval, Rule

DEFAULT_POLICY = "8x8 Master User Template"
"""The policy profile that a new user gets where nothing says otherwise (POL2)."""


class SourceLookup(Protocol):
    """Finds the place of a fact in the files."""

    def __call__(self, section: str, *path: str | int) -> Span | None:
        """Give the place of `section` / `path`, or of its nearest parent that stands in a file.

        A user's field that comes from a template is found in the template. For a mapping entry it
        is the place of the key, for a list item that of the item.
        """
        ...


def no_source(section: str, *path: str | int) -> Span | None:
    """The `SourceLookup` of a desired state that comes from no file."""
    return None


@dataclass
class Desired:
    """What the files declare.

    Users are complete: templates are joined in, licenses in their long form.

    What is to be as it once was says more than files can: an entry of a user's licenses has the
    `unit` that it was.

    Attributes:
        exact: names of users for whom no license comes or goes by itself: all that they hold is
            declared.
        places: addresses of units that nobody holds, as files name addresses, by unit.
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
    exact: set[str] = field(default_factory=set)
    places: dict[str, str] = field(default_factory=dict)
    where: SourceLookup = no_source
    digest: str = ""

    def __post_init__(self) -> None:
        """Have every section of plain records, also of a kind that no field above is for."""
        for kind in PLAIN:
            self.__dict__.setdefault(KINDS[kind].section, {})

    @classmethod
    def from_sections(
        cls, sections: Mapping[str, Any], catalog: Catalog, where: SourceLookup, digest: str
    ) -> Desired:
        """Take the entries of the files' sections, checked; the account is among them.

        Args:
            sections: the entries; what is not there is empty.
            catalog: the license types, those of `sections` included.
            where: finds the entries in the files.
            digest: names the content of the files.
        """
        desired = cls(
            account=sections["account"],
            catalog=catalog,
            service_addresses=sections.get("service_addresses", {}),
            pools=sections.get("licenses", []),
            templates=sections.get("templates", {}),
            users=sections.get("users", {}),
            approvals=sections.get("approvals", []),
            rules=sections.get("rules", {}),
            where=where,
            digest=digest,
        )
        for section in (KINDS[kind].section for kind in PLAIN):
            setattr(desired, section, sections.get(section, {}))
        return desired

    def written_users(self) -> Iterator[tuple[str, str, Mapping[str, Any]]]:
        """Give section, name and content of each user, and of each template, whether anybody is filled in from it."""
        for section, records in (("templates", self.templates), ("users", self.users)):
            for name, record in records.items():
                yield section, name, record

    @property
    def name(self) -> str:
        """The account's short name."""
        return str(self.account["name"])

    @property
    def backend(self) -> str:
        """The type of the account's backend."""
        return str((self.account.get("backend") or {}).get("type", "local"))

    @property
    def country(self) -> str | None:
        """The account's default country."""
        country = self.account.get("defaults", {}).get("country")
        return str(country) if country else None

    @property
    def policy(self) -> str:
        """The policy profile of new users."""
        return str(self.account.get("defaults", {}).get("policy", DEFAULT_POLICY))
