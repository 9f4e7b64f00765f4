"""Learns from Analytics for Work who called.

It counts the calls of an extension in a span of days, and does not say when the last one was.
licsync therefore asks for several spans that end on the same day.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta

from licsync.backends.http.credentials import Secret, find_destination, find_secret
from licsync.backends.http.patience import READING
from licsync.backends.http.rate_limit import RateLimiter, Urgency
from licsync.backends.usage.transport import (
    EXTENSIONS,
    SIGN_IN,
    USAGE_KEY,
    USAGE_PASSWORD,
    UsageRequest,
    UsageTransport,
)
from licsync.diagnostics import Code, CredentialsMissing, error
from licsync.engine.events import Waiting
from licsync.engine.ports import BackendFailed
from licsync.model.usage_declarations import PrintedUsage, PrintedUse

URL = "LICSYNC_USAGE_URL"
"""The environment variable that says where another Analytics for Work is."""

USER = "LICSYNC_USAGE_USER"
"""The environment variable with the name of the user who signs in."""

VENDOR_URL = "https://api.8x8.com/analytics/work"

LONGEST = 730
"""8x8 keeps the calls of two years."""

_SPANS = (7, 30, 90, 365)
_NOBODY = ("", "N/A")  # of an extension that is no user's


class UsageFeed:
    """Who called, of one account.

    Args:
        transport: the way to Analytics for Work.
        user: the user who signs in.
        password: the password of the user.
    """

    def __init__(self, transport: UsageTransport, user: Secret, password: Secret):
        self._transport = transport
        self._form = {"username": user, "password": password}
        transport.password = password

    async def read(
        self, until: date, least: int, zone: str, names: Collection[str]
    ) -> PrintedUsage:
        """Read the calls of all users, as a command of the account would print them.

        Args:
            until: the last day to count.
            least: how many days at least to count.
            zone: the time zone of the days.
            names: the user names and e-mail addresses of the inventory, folded.

        Raises:
            BackendFailed: the calls cannot be read.
            CredentialsMissing: the key or the user was not accepted.
        """
        spans = sorted({*_SPANS, least})
        try:
            await self._sign_in()
            calls = [await self._calls(until, span, zone, names) for span in spans]
        finally:
            await self._transport.close()
        users = dict.fromkeys(name for counts in calls for name in counts)
        usage = [_use(name, until, spans, [counts.get(name, 0) for counts in calls])
                 for name in users]  # fmt: skip
        return {"until": until.isoformat(), "days": spans[-1], "usage": usage}

    async def _sign_in(self) -> None:
        request = UsageRequest(SIGN_IN, form=self._form)
        answer = await self._transport.get(request, Urgency.START)
        token = answer.body.get("access_token") if isinstance(answer.body, Mapping) else None
        if answer.outcome != "accepted" and answer.status in (400, 403):
            raise self._transport.credentials_refused(answer.reason)
        if answer.outcome != "accepted" or not isinstance(token, str) or not token.isascii():
            reason = answer.reason or "the answer has no access_token"
            raise BackendFailed(f"{self._transport.name} cannot be signed in to: {reason}.")
        self._transport.token = Secret(token)

    async def _calls(
        self, until: date, span: int, zone: str, names: Collection[str]
    ) -> dict[str, int]:
        """Count the calls of each user in a span of days that ends with `until`."""
        begin = until - timedelta(days=span - 1)
        query = {
            "pbxId": "allpbxes",
            "startTime": f"{begin} 00:00:00",
            "endTime": f"{until} 23:59:59",
            "timeZone": zone,
        }
        answer = await self._transport.get(UsageRequest(EXTENSIONS, query), Urgency.START)
        if answer.outcome != "accepted":
            raise BackendFailed(f"{self._transport.name} cannot be read: {answer.reason}.")
        found: dict[str, int] = {}
        for row in answer.body:
            keys = [str(row.get(key) or "").strip() for key in ("UserName", "Email")]
            known = [key for key in keys if key not in _NOBODY]
            name = next((key for key in known if key.casefold() in names), *known[:1] or ("",))
            if name:
                calls = row["Inbound_Total"] + row["Outbound_Total"]
                found[name] = found.get(name, 0) + calls
        return found


def _use(name: str, until: date, spans: Sequence[int], calls: Sequence[int]) -> PrintedUse:
    """Say what a user did, from the calls in each span."""
    use: PrintedUse = {"user": name, "last_call": None, "calls": calls[-1]}
    first = next((at for at, count in enumerate(calls) if count), None)
    if first is not None:
        quiet = spans[first - 1] if first else 0
        use["no_call_after"] = (until - timedelta(days=quiet)).isoformat()
    return use


def open_usage_feed(
    environment: Mapping[str, str] = os.environ,
    *,
    clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    on_wait: Callable[[Waiting], None] = lambda waiting: None,
) -> UsageFeed | None:
    """Open Analytics for Work, if the environment has a key for it; nothing is sent yet.

    Args:
        environment: where the secrets are found, and where else than to 8x8 they may go.
        clock: gives the current instant.
        on_wait: gets each wait.

    Raises:
        CredentialsMissing: a secret is missing or cannot be read, or may not be sent to the
            address.
    """
    if not USAGE_KEY.is_set(environment):
        return None
    text = environment.get(URL) or VENDOR_URL
    address, key = find_destination(text, USAGE_KEY, environment)
    if not (user := environment.get(USER, "").strip()):
        message = f"There is no user to sign in to Analytics for Work: {USER} is not set."
        hint = f"Set {USER} to a user who has opened Analytics for Work in a browser once."
        raise CredentialsMissing(error(Code.CREDENTIALS, message, hint=hint))
    password = find_secret(USAGE_PASSWORD, environment)
    pace = RateLimiter(clock=clock, on_wait=on_wait)
    transport = UsageTransport(address, key, pace, patience=READING)
    return UsageFeed(transport, Secret(user), password)
