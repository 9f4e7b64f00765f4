"""The days of an account: which day it is for whom, and the offboarding stages that days bring.

A day begins at midnight in the time zone of the account; without one, of the user's site; else in
UTC. So one instant gives one plan, in whatever offset it is written (contract, sections 1 and 6).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime
from enum import IntEnum
from functools import cache
from zoneinfo import ZoneInfo, available_timezones

from msgspec import Struct

from licsync.diagnostics import did_you_mean
from licsync.model.account_declarations import Account
from licsync.model.declarations import Site, User
from licsync.model.desired import Desired
from licsync.model.durations import duration
from licsync.model.inventory import Inventory
from licsync.model.inventory_document import InventorySite

_OF_NO_PLACE = re.compile(
    r"(?P<windows>.+ Time)|[A-Z]{2,5}|(?:UTC|GMT)? *[+-]? *\d.*", re.IGNORECASE
)
"""Windows names, abbreviations and UTC offsets: a similar IANA name is a different zone."""


@cache
def zone_of(name: str) -> ZoneInfo | None:
    """Find a time zone by its IANA name; None if this machine does not have it."""
    try:
        return ZoneInfo(name)
    except (LookupError, ValueError, OSError):  # unknown, a path, a folder of the database
        return None


@cache
def known_zones() -> Mapping[str, str]:
    """Return the IANA time zones of this machine by their casefolded names; none if it has none.

    Listing them reads hundreds of files.
    """
    return {zone.casefold(): zone for zone in available_timezones()}


def zone_hint(text: str, otherwise: str = "") -> str:
    """Say what to write instead of an unknown time zone: a similar name if plausible, else any."""
    no_place = _OF_NO_PLACE.fullmatch(text)
    if not no_place and (near := did_you_mean(text, known_zones().values())):
        return near
    lead = "This is a Windows name. " if no_place and no_place["windows"] else ""
    return f"{lead}Write an IANA name, such as America/Los_Angeles{otherwise}."


def account_day(desired: Desired, now: datetime) -> date:
    """Return today's date in the account, by which approvals expire."""
    return _day(now, desired.account.get("timezone"))


def months_from(day: date, number: int) -> list[date]:
    """List the first days of so many months, from the month of a day."""
    places = range(day.month - 1, day.month - 1 + number)
    return [date(day.year + place // 12, place % 12 + 1, 1) for place in places]


class Calendar(Struct, frozen=True):
    """Says which day it is for each user.

    Attributes:
        now: the instant.
        account: the account as the files declare it.
        sites: the sites that the files declare.
        known_sites: the sites of the inventory.
    """

    now: datetime
    account: Account
    sites: Mapping[str, Site | None]
    known_sites: Mapping[str, InventorySite]

    @classmethod
    def of(cls, desired: Desired, inventory: Inventory, now: datetime) -> Calendar:
        """Make the calendar of an account."""
        return cls(now, desired.account, desired.sites, inventory.sites)

    def today(self, site: str | None) -> date:
        """Return today's date for a user at a site, or without one."""
        zone = self.account.get("timezone")
        if zone is None and site is not None:
            known = self.known_sites.get(site, {})
            zone = (self.sites.get(site) or {}).get("timezone", known.get("timezone"))
        return _day(self.now, zone)


def _day(now: datetime, zone: str | None) -> date:
    return now.astimezone(zone_of(zone) or UTC if zone else UTC).date()


class Stage(IntEnum):
    """How far offboarding has come. Each stage includes the earlier ones."""

    NONE = 0
    INACTIVE = 1
    UNASSIGNED = 2
    DELETED = 3


def stages(user: User, account: Account) -> Iterator[tuple[Stage, date]]:
    """List the stages that a declared user reaches, each with its first day, in order."""
    if not user.get("offboard_on"):
        return
    day = date.fromisoformat(user["offboard_on"])
    yield Stage.INACTIVE, day
    rules = account.get("offboarding", {})
    waits = (rules.get("unassign_after"), rules.get("delete_after"))
    for stage_, wait in zip((Stage.UNASSIGNED, Stage.DELETED), waits, strict=True):
        if wait is not None and date.max - day >= duration(wait):
            yield stage_, day + duration(wait)


def stage(user: User, account: Account, today: date) -> Stage:
    """Return the stage that a declared user has reached today."""
    return max((found for found, day in stages(user, account) if day <= today), default=Stage.NONE)
