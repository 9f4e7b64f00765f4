"""All facts about one user, for every medium: attributes, services, policy, numbers."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from licsync.model import inventory_document
from licsync.model.catalog import Catalog
from licsync.model.declarations import Extension, UserAttributes
from licsync.model.fields import fields_of
from licsync.model.inventory import Inventory
from licsync.planning.comparison import flatten
from licsync.views import phrases as words
from licsync.views.license_features import LicenseFeatures, license_features
from licsync.views.local_numbers import local_numbers
from licsync.views.policy_restrictions import restrictions


@dataclass(frozen=True, slots=True)
class Fact:
    """A label with its lines, and the field that it shows, if any."""

    label: str
    lines: list[str]
    field: str = ""


@dataclass(frozen=True, slots=True)
class Service:
    """One license of a user: the unit, its service address, settings and features.

    `has_id` says whether 8x8 has shown the id of the unit; otherwise licsync made it up.
    """

    unit: str
    has_id: bool
    type: str
    country: str
    title: str
    status: str
    address: str
    settings: list[Fact]
    features: LicenseFeatures

    @property
    def gives(self) -> list[Fact]:
        """What the type includes, what it does not include, and what is uncertain."""
        shown = (("includes", self.features.gives), ("not included", self.features.lacks))
        facts = [Fact(label, [", ".join(known)]) for label, known in shown if known]
        return (
            [*facts, Fact("uncertain", self.features.uncertain)]
            if self.features.uncertain
            else facts
        )


@dataclass(frozen=True, slots=True)
class Profile:
    """One user with all facts.

    Attributes:
        name: the user name.
        person: first and last name.
        status: active or inactive.
        attributes: other attributes of the person.
        services: the licenses with their settings; empty for a contact.
        policy: the policy profile, if any.
        restrictions: what it restricts; None if it is not in the inventory.
        others: local numbers, ring groups and call queues.
    """

    name: str
    person: str
    status: str
    attributes: list[Fact]
    services: list[Service]
    policy: str | None
    restrictions: list[str] | None
    others: list[Fact]

    @property
    def restricted(self) -> list[str]:
        """The restrictions of the policy profile as text."""
        return (
            ["not in the inventory"]
            if self.restrictions is None
            else self.restrictions or ["no restrictions"]
        )


def profile(inventory: Inventory, catalog: Catalog, name: str) -> Profile:
    """Collect all facts about a user of the inventory.

    Raises:
        KeyError: there is no such user.
    """
    user = inventory.users[name]
    policy = user.get("policy")
    known = inventory.policies.get(policy or "")
    numbers = [
        Fact(f"numbers · {n.country}", [n.describe(catalog)])
        for n in local_numbers(inventory, catalog, user)
    ]
    return Profile(
        name=name,
        person=words.person_name(user),
        status=str(user.get("status") or "active"),
        attributes=list(_attributes(inventory, user)),
        services=[_service(inventory, catalog, service) for service in user.get("services") or ()],
        policy=policy or None,
        restrictions=restrictions(known.get("settings") or {}) if known is not None else None,
        others=[*numbers, *_groups(user)],
    )


def _attributes(inventory: Inventory, user: Mapping[str, Any]) -> Iterator[Fact]:
    for field in fields_of(UserAttributes):
        if field in ("first_name", "last_name", "status", "policy") or user.get(field) in (
            None,
            "",
        ):
            continue
        shown = words.value(field, user[field])
        address = (
            inventory.service_addresses.get(inventory.address_of_site(user[field]) or "")
            if field == "site"
            else None
        )
        yield Fact(
            words.label(field), [f"{shown} · {words.postal(address)}" if address else shown], field
        )


def _groups(user: Mapping[str, Any]) -> Iterator[Fact]:
    for field in ("ring_groups", "call_queues"):
        if user.get(field):
            yield Fact(words.label(field), [", ".join(_member(item) for item in user[field])])


def _member(item: Any) -> str:
    if isinstance(item, Mapping) and item.get("name"):
        rest = ", ".join(f"{key} {value}" for key, value in item.items() if key != "name")
        return f"{item['name']} ({rest})" if rest else str(item["name"])
    return words.value("", item)


def _service(
    inventory: Inventory, catalog: Catalog, service: inventory_document.Service
) -> Service:
    unit: Mapping[str, Any] = inventory.licenses.get(service["license"]) or {}
    key = unit.get("type", "?")
    return Service(
        unit=service["license"],
        has_id=not unit.get("unnamed"),
        type=key,
        country=unit.get("country", "?"),
        title=catalog.pool_name(key, unit.get("country", "?")),
        status=unit.get("status", "unknown"),
        address=words.postal(inventory.service_addresses.get(unit.get("service_address") or "")),
        settings=list(_extension(service)),
        features=license_features(catalog, key),
    )


def _extension(service: inventory_document.Service) -> Iterator[Fact]:
    for path, content, _ in flatten(Extension, service.get("extension") or {}):
        if content is None:
            continue
        if path == "call_forwarding":
            lines = [words.forwarding(rule) for rule in content]
        elif path == "phone_numbers":
            lines = [", ".join([f"{content[0]} (primary)", *content[1:]])]
        else:
            lines = [words.value(path, content)]
        yield Fact(words.label(path), lines, path)
