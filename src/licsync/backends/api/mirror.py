"""Mirrors what was read of an account: 8x8's documents, and the records they map to."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, cast

from licsync.backends.api.effect_check import markers_of, respelled_values
from licsync.backends.api.list_rows import hides_licenses, is_partial, version_of
from licsync.backends.api.mapping import (
    Document,
    address_record,
    free_unit,
    held_unit,
    name_of,
    rows,
    section,
    site_record,
    user_record,
)
from licsync.backends.api.pagination import id_of
from licsync.model.catalog import Catalog
from licsync.model.desired import DEFAULT_POLICY
from licsync.model.fields import CASELESS
from licsync.model.inventory import SPELLED, Inventory, Record, numbers_of_holder
from licsync.model.inventory_document import InventoryUser, NumberHolder
from licsync.planning.comparison import equivalent, spelling

_UNSEEN = ("call_forwarding", "features")
"""What of an extension has no field in the API (domain.md, 3.4)."""


UNKNOWN: Record = {"kind": "service", "name": "that the API does not show"}
"""Holds the phone numbers that are assigned, and of which the vendor does not say to whom."""


@dataclass(slots=True)
class AccountMirror:
    """The newest documents of an account, with indexes.

    Attributes:
        catalog: the license catalog.
        units: the list of units that was declared; units that users let go of are added.
        declared: the rest of the declared inventory: contents of policies, and addresses as people
            write them.
        users: documents of users by id.
        singles: when a user's document was last read by itself, and so whole; by id, in seconds of
            the loop's time.
        names: ids of users by caseless name.
        holders: ids of users by the id of a unit that they hold.
        sites: documents of sites by name, as the files spell it.
        addresses: documents of addresses by id.
        groups: ring groups as holders of numbers; None where they were not read.
        groups_refused: status with which the vendor refused to list them.
        numbers: documents of the phone numbers that were looked up; None of one that the vendor
            does not know.
        numbers_refused: status with which the vendor refused to show phone numbers.
    """

    catalog: Catalog
    units: dict[str, Record]
    declared: Inventory
    users: dict[str, Document] = field(default_factory=dict)
    singles: dict[str, float] = field(default_factory=dict)
    names: dict[str, str] = field(default_factory=dict)
    holders: dict[str, str] = field(default_factory=dict)
    sites: dict[str, Document] = field(default_factory=dict)
    addresses: dict[str, Document] = field(default_factory=dict)
    # see `model.inventory.SPELLED`, by the user's id
    spelled: dict[str, Record] = field(default_factory=dict)
    groups: list[Record] | None = None
    groups_refused: int | None = None
    numbers: dict[str, Document | None] = field(default_factory=dict)
    numbers_refused: int | None = None
    _declared_ids: dict[str, str] = field(init=False)
    _expected_sites: set[str] = field(default_factory=set)
    # as the files spell them, by what the vendor stores
    _site_names: dict[str, str] = field(default_factory=dict)
    # records of users, to be given out once
    _made: dict[str, tuple[Document, Record]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Index the declared users by id, for those that were renamed since."""
        self._declared_ids = {
            str(user["id"]): name for name, user in self.declared.users.items() if user.get("id")
        }

    # --- users ------------------------------------------------------------------------------------

    def prepare(self, document: Document) -> None:
        """Make the record of a user while more of a list is on its way; it is used once."""
        self._made[str(id_of(document))] = (document, self.record(document))

    def put_user(self, document: Document, single_at: float | None = None) -> None:
        """Store a user's document; `single_at` is when it was read on its own."""
        user = str(id_of(document))
        self.forget_user(user)
        self.users[user] = document
        self.names[name_of(document).casefold()] = user
        self.holders |= {
            str(row["id"]): user
            for row in rows(document, "serviceInfo", "licenses")
            if row.get("id")
        }
        if single_at is not None:
            self.singles[user] = single_at

    def forget_user(self, user: str) -> None:
        """Forget a user; the units that it held stay known."""
        document = self.users.get(user)
        if document is None:
            return
        for unit in [
            str(row["id"]) for row in rows(document, "serviceInfo", "licenses") if row.get("id")
        ]:
            if self.holders.get(unit) == user:
                self.units[unit] = self._unit_of(unit, document) or {}
                del self.holders[unit]
        if self.names.get(name_of(document).casefold()) == user:
            del self.names[name_of(document).casefold()]
        del self.users[user]
        self.singles.pop(user, None)

    def put_all_users(self, documents: Iterable[Document]) -> None:
        """Store a whole list of users; users who are not on it are gone.

        A newer single document is kept.
        """
        listed = {str(id_of(document)): document for document in documents}
        for user in self.users.keys() - listed.keys():
            self.forget_user(user)
        for user, document in listed.items():
            version = version_of(document)
            if (
                user not in self.singles
                or version is None
                or version_of(self.users[user]) != version
            ):
                self.put_user(document)

    def partial_users(self) -> dict[str, Document]:
        """Return by id the users of whom only an incomplete list row is known."""
        return {
            i: user for i, user in self.users.items() if i not in self.singles and is_partial(user)
        }

    def users_with_hidden_licenses(self) -> list[str]:
        """Give the ids of users of whom only a row without their licenses is known."""
        return [
            i for i, user in self.users.items() if i not in self.singles and hides_licenses(user)
        ]

    def user(self, name: str) -> Document | None:
        """Give a user's newest document by name."""
        return self.users.get(self.names.get(name.casefold(), ""))

    def record(self, user: Document, entries: Mapping[str, Document] | None = None) -> Record:
        """Return a user's record, with declared values where the API does not show a license.

        Args:
            user: its document.
            entries: see `user_record`.
        """
        made = self._made.pop(str(id_of(user)), None)
        if made is not None and made[0] is user and entries is None:
            return made[1]
        record = user_record(user, entries)
        known = self._declared_user(user)
        noted = {**((known or {}).get(SPELLED) or {}), **self.spelled.get(str(id_of(user)), {})}
        if "site" in record:
            record["site"] = self.site_name(record["site"])
        if spelled := {
            path: note
            for path, note in noted.items()
            if note and record.get(path) == note["stored"]
        }:
            record[SPELLED] = spelled
        if known is not None:
            services = {s["license"]: s for s in known.get("services") or ()}
            for service in record["services"]:
                noted = services.get(service["license"], {})
                declared = noted.get("extension") or {}
                if "extension" in service:
                    service["extension"] |= {
                        path: declared[path] for path in _UNSEEN if declared.get(path)
                    }
                if noted.get("restore"):
                    service["restore"] = noted["restore"]
        return record

    def record_spelling(self, name: str, values: Mapping[str, Any]) -> None:
        """Note the values that 8x8 just respelled, so that no plan sets them again."""
        user = self.user(name)
        if user is not None:
            notes = {
                path: {"asked": asked, "stored": stored}
                for path, asked, stored in respelled_values(values, self.record(user))
                if not equivalent(stored, asked, markers_of(path))
            }
            notes_of_user = self.spelled.setdefault(str(id_of(user)), {})
            notes_of_user |= {path: {} for path in values}  # what was noted of them before is over
            notes_of_user |= notes

    def _declared_user(self, user: Document) -> Mapping[str, Any] | None:
        known = self.declared.users.get(name_of(user))
        if known is None and (name := self._declared_ids.get(str(id_of(user)))) is not None:
            known = self.declared.users[name]
        return known

    def record_restores(self, found: Mapping[str, Mapping[str, Record]]) -> None:
        """Note settings to restore by hand, by user name and license, as if declared."""
        for name, units in found.items():
            user = self.user(name)
            if user is not None:
                record = self.record(user)
                services = [
                    {**s, "restore": units.get(s["license"], s.get("restore"))}
                    for s in record["services"]
                ]
                # `record` has translated it field by field into one of the inventory.
                noted = cast(InventoryUser, {**record, "services": services})
                self.declared.users[name_of(user)] = noted

    # --- licenses ---------------------------------------------------------------------------------

    @property
    def address_of_site(self) -> Mapping[str, str | None]:
        """Ids of addresses by the name of a site."""
        return {name: section(site, "address").get("id") for name, site in self.sites.items()}

    def unit(self, unit: str) -> Record | None:
        """Give the record of a license."""
        holder = self.users.get(self.holders.get(unit, ""))
        if holder is not None:
            return self._unit_of(unit, holder)
        declared = self.units.get(unit)
        return free_unit(declared, self.catalog) if declared else None

    def _unit_of(self, unit: str, holder: Document) -> Record | None:
        row = next(
            (r for r in rows(holder, "serviceInfo", "licenses") if r.get("id") == unit), None
        )
        site = str(section(section(holder, "basicInfo"), "site").get("name") or "")
        address = {site: section(self.sites.get(self.site_name(site), {}), "address").get("id")}
        return (
            held_unit(row, holder, self.units.get(unit, {}), address, self.catalog) if row else None
        )

    # --- places -----------------------------------------------------------------------------------

    def expect_sites(self, names: Iterable[str]) -> None:
        """Learn how the files spell the names of sites, for the vendor may store them tidied."""
        self._expected_sites |= set(names)

    def put_sites(self, documents: Iterable[Document]) -> list[tuple[str, str]]:
        """Store the list of sites.

        Returns:
            names that 8x8 stores in another spelling, and that were not reported yet:
            stored, spelled.
        """
        stored = {str(document.get("name")): document for document in documents}
        before, self._site_names = (
            self._site_names,
            _match_names(stored.keys(), self._expected_sites),
        )
        self.sites = {self.site_name(name): document for name, document in stored.items()}
        known = {*before.values(), *self.declared.sites}
        return [pair for pair in sorted(self._site_names.items()) if pair[1] not in known]

    def site_name(self, stored: str) -> str:
        """Give the name of a site as the files spell it."""
        return self._site_names.get(stored, stored)

    def address(self, address: str) -> Record | None:
        """Give the record of an address, as declared if it was: its content never changes (6.3)."""
        if address not in self.addresses:
            return None
        return dict(
            self.declared.service_addresses.get(address) or address_record(self.addresses[address])
        )

    def policy(self, name: str) -> Record | None:
        """Give the record of a policy: the API shows names, contents are declared (section 5)."""
        known = self.declared.policies.get(name)
        if known is not None:
            return dict(known)
        return {"settings": {}} if name in self._policy_names() else None

    def _policy_names(self) -> set[str]:
        found = (
            section(section(u, "assignmentInfo"), "profilePolicy").get("name")
            for u in self.users.values()
        )
        return {DEFAULT_POLICY, *self.declared.policies, *(str(name) for name in found if name)}

    # --- all of it --------------------------------------------------------------------------------

    def inventory(self, account: str, as_of: str) -> Inventory:
        """Give the inventory that follows."""
        units = {unit: self.unit(unit) for unit in sorted({*self.units, *self.holders})}
        users = sorted(self.users.values(), key=name_of)
        return Inventory.from_document(
            {
                "account": account,
                "as_of": as_of,
                "service_addresses": {i: self.address(i) or {} for i in sorted(self.addresses)},
                "sites": {name: site_record(site) for name, site in sorted(self.sites.items())},
                "policies": {n: self.policy(n) or {} for n in sorted(self._policy_names())},
                "licenses": {unit: record for unit, record in units.items() if record is not None},
                "users": {name_of(user): self.record(user) for user in users},
                "holders": self._number_holders(),
                "observed": self.declared.observed,
            }
        )

    def _number_holders(self) -> list[Mapping[str, Any]]:
        """List holders of numbers besides users: ring groups as read, others as declared."""
        declared: Sequence[Mapping[str, Any]] = self.declared.holders
        if self.groups is None:
            found = list(declared)
        else:
            found = [
                *self.groups,
                *(holder for holder in declared if holder["kind"] != "ring_group"),
            ]
        found = [holder for holder in found if holder["name"] != UNKNOWN["name"]]
        holders = cast(list[NumberHolder], found)  # ring groups as read have the same keys
        known = {number for holder in holders for _, number in numbers_of_holder(holder)}
        assigned = (
            n
            for n, document in self.numbers.items()
            if (document or {}).get("status") == "ASSIGNED"
        )
        left = sorted(set(assigned) - known)
        return [*found, {**UNKNOWN, "phone_numbers": left}] if left else found


def _match_names(stored: Collection[str], wanted: Collection[str]) -> dict[str, str]:
    """Match stored names with wanted ones that mean the same; where several do, none is matched."""
    groups: dict[str, tuple[set[str], set[str]]] = defaultdict(lambda: (set(), set()))
    for side, names in enumerate((stored, wanted)):
        for name in names:
            groups[spelling(name, (CASELESS,))][side].add(name)
    matched = {}
    for has, wants in groups.values():
        if len(has) == len(wants) == 1 and has != wants:
            matched[next(iter(has))] = next(iter(wants))
    return matched
