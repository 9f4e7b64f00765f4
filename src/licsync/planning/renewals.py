"""When the contracts of license pools renew, and until when notice can be given."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from typing import NamedTuple

from licsync.diagnostics import Code, Diagnostic, Span, info, warning
from licsync.model.desired import Desired
from licsync.model.durations import duration
from licsync.model.unit_names import pool_name
from licsync.planning.licenses.pools import pool_of
from licsync.planning.plan_document import Scheduled

_SOON = timedelta(days=30)
"""How long before its last day a plan reminds of a notice."""


class Renewal(NamedTuple):
    """The renewal of a pool.

    Attributes:
        pool: type and country, such as `x4:US`.
        title: the same for people.
        day: the day on which the licenses renew.
        notice_by: the last day for a notice; None if the files name no notice.
        source: the place of the day in the files.
    """

    pool: str
    title: str
    day: date
    notice_by: date | None
    source: Span | None


def renewals(desired: Desired) -> Iterator[Renewal]:
    """List the renewals that the files name."""
    for index, entry in enumerate(desired.pools):
        if "renews_on" in entry:
            kind, country = pool_of(entry, desired)
            day = date.fromisoformat(entry["renews_on"])
            notice = duration(entry["notice"]) if "notice" in entry else None
            notice_by = day - notice if notice is not None and day - date.min >= notice else None
            title = pool_name(desired.catalog, kind, country)
            source = desired.where("licenses", index, "renews_on")
            yield Renewal(f"{kind}:{country}", title, day, notice_by, source)


def scheduled_renewals(desired: Desired, today: date) -> Iterator[Scheduled]:
    """List the last days for notices and the renewals that are still to come."""
    for renewal in renewals(desired):
        resource = f"pools/{renewal.pool}"
        if renewal.notice_by is not None and renewal.notice_by >= today:
            yield Scheduled(renewal.notice_by, resource, "notice", renewal.source)
        if renewal.day > today:
            yield Scheduled(renewal.day, resource, "renew", renewal.source)


def renewal_diagnostics(desired: Desired, today: date) -> Iterator[Diagnostic]:
    """Remind of notices and renewals that are near, and of days that have passed."""
    for pool, title, day, notice_by, source in renewals(desired):
        if today > day:
            message = f"The licenses {title} renewed on {day}."
            hint = "Write the day of the next renewal in renews_on."
            yield warning(Code.RENEWAL, message, source, hint)
        elif notice_by is None:
            if today >= day - _SOON:
                yield info(Code.RENEWAL, f"The licenses {title} renew on {day}.", source)
        elif today > notice_by:
            message = f"The licenses {title} renew on {day}. Notice was possible until {notice_by}."
            yield info(Code.RENEWAL, message, source)
        elif today >= notice_by - _SOON:
            message = f"The licenses {title} renew on {day}, unless notice is given by {notice_by}."
            hint = f"See what is used with: licsync licenses DIR --type {pool.partition(':')[0]}"
            yield warning(Code.RENEWAL, message, source, hint)
