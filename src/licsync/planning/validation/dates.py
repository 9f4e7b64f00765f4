"""Checks the dates of users, license entries and pools."""

from __future__ import annotations

from collections.abc import Iterator

from licsync.diagnostics import Code, Diagnostic, error, warning
from licsync.planning.dates import is_dated
from licsync.planning.validation.context import Context


def check_dates(context: Context) -> Iterator[Diagnostic]:
    """Check that users do not leave before they start, and that licenses end after they begin."""
    for name, user in context.whole.users.items():
        if not is_dated(user):
            continue
        start, leave = user.get("start_on"), user.get("offboard_on")
        if start and leave and leave <= start:
            message = f"'{name}' leaves on {leave}, but starts on {start}."
            span = context.whole.where("users", name, "offboard_on")
            yield error(Code.INVALID_VALUE, message, span, "Correct one of the two days.")
        for index, entry in enumerate(user.get("licenses") or ()):
            first, last = entry.get("from"), entry.get("until")
            if first and last and last < first:
                title = context.whole.catalog.title(entry["type"])
                message = f"{title} of '{name}' ends on {last}, before it begins on {first}."
                span = context.whole.where("users", name, "licenses", index, "until")
                yield error(Code.INVALID_VALUE, message, span, "Correct one of the two days.")
    for index, pool in enumerate(context.desired.pools):
        if "notice" in pool and "renews_on" not in pool:
            span = context.source("licenses", index, "notice")
            hint = "Add renews_on, the day on which the licenses renew."
            message = "'notice' has no effect without renews_on."
            yield warning(Code.INVALID_VALUE, message, span, hint)
