"""Accounts with many changes of one kind, and an account with some of all."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, NamedTuple

from licsync.engine.events import Outcome
from licsync.model.desired import Desired
from licsync.planning.plan import Plan
from tests.support.accounts import NEW_YORK
from tests.support.api_simulation import ApiWorld, document

SITE = {"service_address": "A1", "pbx": "acme01", "locale": "en-US", "timezone": "America/New_York"}
X4 = {"licenses": [{"type": "x4", "country": "US"}]}
NEW = {"first_name": "New", "last_name": "Name", "site": "HQ"}
LEAVING = "leaving"

KINDS: Mapping[str, tuple[str, ...]] = {
    **{
        f"user.{verb}": ()
        for verb in ("create", "update", "rename", "suspend", "reactivate", "delete")
    },
    **{f"license.{verb}": () for verb in ("assign", "upgrade", "unassign")},
    **{f"site.{verb}": () for verb in ("create", "update", "delete")},
    **{f"service_address.{verb}": () for verb in ("create", "delete")},
    "joining": ("user.create", "license.assign"),
    LEAVING: ("license.unassign", "user.delete"),
}
"""What can be done to an account, and the actions of it where they are not named the same."""

_ALL = dict.fromkeys(("change", "delete", "suspend", "unassign"), 100_000)


@dataclass(frozen=True)
class Case:
    """An account, and what its files want of it.

    Attributes:
        there: its users, as `document` takes them.
        free: ids of licenses that nobody holds.
        places: its sites and service addresses, by section.
        users: the users that the files want.
        wanted: the sites and service addresses that they want, by section.
        account: what they say of the account.
    """

    there: dict[str, Any] = field(default_factory=dict)
    free: list[str] = field(default_factory=list)
    places: dict[str, Any] = field(default_factory=dict)
    users: dict[str, Any] = field(default_factory=dict)
    wanted: dict[str, Any] = field(default_factory=dict)
    account: dict[str, Any] = field(default_factory=dict)

    @property
    def content(self) -> dict[str, Any]:
        """The inventory document."""
        found = document(self.there, {"x4": self.free})
        return found | {
            section: found[section] | records for section, records in self.places.items()
        }


class Spent(NamedTuple):
    """What an apply took, in virtual time."""

    plan: Plan
    outcome: Outcome
    requests: int
    minutes: float


def case(kind: str, count: int, start: int = 0) -> Case:
    """Make an account with so many changes of a kind, by numbers from `start`."""
    numbers = range(start, start + count)
    names = [f"u{n:04}@acme.example" for n in numbers]

    def each(value: dict[str, Any]) -> dict[str, Any]:
        return dict.fromkeys(names, value)

    there, bare, free = each({"type": "x2"}), each({}), [f"M{n:04}" for n in numbers]
    sites = {f"S{n:04}": SITE for n in numbers}
    moved = {name: site | {"timezone": "America/Denver"} for name, site in sites.items()}
    addresses = {f"a{n:04}": NEW_YORK | {"street_number": str(100 + n)} for n in numbers}
    delete = {"unlisted_users": "delete"}
    found = {
        "user.create": Case(users=each(NEW)),
        "user.update": Case(there, users=each({"job_title": "Clerk"})),
        "user.rename": Case(
            there, users={f"r{name}": {"previously": name, "email": name} for name in names}
        ),
        "user.suspend": Case(there, users=each({"status": "inactive"})),
        "user.reactivate": Case(
            each({"type": "x2", "status": "inactive"}), users=each({"status": "active"})
        ),
        "user.delete": Case(bare, account=delete),
        "license.assign": Case(bare, free, users=each(X4)),
        "license.upgrade": Case(there, free, users=each(X4)),
        "license.unassign": Case(there, users=each({"licenses": []})),
        "site.create": Case(wanted={"sites": sites}),
        "site.update": Case(places={"sites": sites}, wanted={"sites": moved}),
        "site.delete": Case(places={"sites": sites}, wanted={"sites": dict.fromkeys(sites)}),
        "service_address.create": Case(wanted={"service_addresses": addresses}),
        "service_address.delete": Case(
            places={"service_addresses": addresses},
            wanted={"service_addresses": dict.fromkeys(addresses)},
        ),
        "joining": Case(free=free, users=each(NEW | X4)),
        LEAVING: Case(there, account=delete),
    }
    return found[kind]


def mixed(count: int) -> Case:
    """Make an account with so many changes of every kind: each to users, licenses and places of its
    own.
    """
    whole = Case()
    for place, kind in enumerate(KINDS):
        part = case(kind, count, start=place * count)
        whole.free.extend(part.free)
        for all_, some in (
            (whole.there, part.there),
            (whole.users, part.users),
            (whole.account, part.account),
        ):
            all_.update(some)
        for all_, some in ((whole.places, part.places), (whole.wanted, part.wanted)):
            for section, records in some.items():
                all_.setdefault(section, {}).update(records)
    return whole


def world_of(case: Case, **options: Any) -> ApiWorld:
    """Make the world of an account."""
    return ApiWorld(case.content, **options)


def desired(world: ApiWorld, case: Case) -> Desired:
    """Say what the files of an account want."""
    found = world.desired(case.users, **case.wanted)
    return replace(found, account={**found.account, **case.account})


def spend(world: ApiWorld, case: Case, **more: Any) -> Spent:
    """Plan and apply, and see what applying takes."""
    plan = world.plan_of(desired(world, case), allow=_ALL)
    assert not [d for d in plan.diagnostics if d.severity == "error"], plan.diagnostics
    before, began = len(world.server.log), world.runner.loop.now
    outcome = world.apply(plan, **more)
    requests, minutes = len(world.server.log) - before, (world.runner.loop.now - began) / 60
    return Spent(plan, outcome, requests, minutes)
