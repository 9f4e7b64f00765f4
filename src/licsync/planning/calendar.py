"""The days of an account, and what the files schedule for a day that is still to come.

A day begins at midnight of the account's time zone; without one, of the time zone of the user's
site; else UTC. So one instant gives one plan, in whatever offset it is written (contract, section
6).
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from functools import cache
from typing import Any
from zoneinfo import ZoneInfo

from licsync.diagnostics import Span, did_you_mean
from licsync.model.desired import Desired
from licsync.model.inventory import Inventory

_OF_NO_PLACE = re.compile(
    r"(?P<windows>.+ Time)|[A-Z]{2,5}|(?:UTC|GMT)? *[+-]? *\d.*", re.IGNORECASE
)
"""Names of Windows, abbreviations and distances from UTC: what is spelled like them is another zone."""


@cache
def zone_of(name: str) -> ZoneInfo | None:
    """Find a time zone by its IANA name; None where this machine has none of that name."""
    try:
        return ZoneInfo(name)
    except (LookupError, ValueError, OSError):  # unknown, a path, a folder of the database
        return None


def zone_hint(text: str, zones: Collection[str], otherwise: str = "") -> str:
    """Say what to write for a time zone that there is not: one spelled alike, if that can be meant, else any."""
    no_place = _OF_NO_PLACE.fullmatch(text)
    if not no_place and (near := did_you_mean(text, zones)):
        return near
    lead = "This is a name of Windows. " if no_place and no_place["windows"] else ""
    return f"{lead}Write an IANA name, such as America/Los_Angeles{otherwise}."


def account_day(desired: Desired, now: datetime) -> date:
    """Give the day that it is in an account: what its approvals expire by."""
    return _day(now, desired.account.get("timezone"))


@dataclass(frozen=True, slots=True)
class Calendar:
    """Tells which day it is for whom.

    Attributes:
        now: the instant.
        account: the account as the files declare it.
        sites: the sites that the files declare.
        known_sites: the sites of the inventory.
    """

    now: datetime
    account: Mapping[str, Any]
    sites: Mapping[str, Mapping[str, Any] | None]
    known_sites: Mapping[str, Mapping[str, Any]]

    @classmethod
    def of(cls, desired: Desired, inventory: Inventory, now: datetime) -> Calendar:
        """Make the calendar of an account."""
        return cls(now, desired.account, desired.sites, inventory.sites)

    def today(self, site: str | None) -> date:
        """Give the day that it is for somebody at a site, or at none."""
        zone = self.account.get("timezone")
        if zone is None and site is not None:
            known = self.known_sites.get(site, {})
            zone = (self.sites.get(site) or {}).get("timezone", known.get("timezone"))
        return _day(self.now, zone)


def _day(now: datetime, zone: str | None) -> date:
    return now.astimezone(zone_of(zone) or UTC if zone else UTC).date()


@dataclass(frozen=True, slots=True)
class Scheduled:
    """What the files have a plan do on a later day.

    Attributes:
        day: the first day on which a plan does it.
        resource: whom, as a plan names it.
        verb: what, as a plan names it.
        source: where the files ask for it.
    """

    day: date
    resource: str
    verb: str
    source: Span | None = None

    @property
    def name(self) -> str:
        """The resource's name without its section."""
        return self.resource.partition("/")[2]

    def to_json(self) -> dict[str, Any]:
        """Give the document form."""
        doc: dict[str, Any] = {
            "day": self.day.isoformat(),
            "resource": self.resource,
            "verb": self.verb,
        }
        return (
            doc | {"source": {"file": self.source.file, "line": self.source.line}}
            if self.source
            else doc
        )

    @classmethod
    def from_json(cls, doc: Mapping[str, Any]) -> Scheduled:
        """Read the document form."""
        source = doc.get("source")
        span = Span(source["file"], source["line"]) if source else None
        return cls(date.fromisoformat(doc["day"]), doc["resource"], doc["verb"], span)
