"""Examines the way to the API without changing anything: what `licsync doctor` says of it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Mapping
from datetime import datetime

from licsync.backends.api.responses import NOT_IMPLEMENTED
from licsync.backends.api.transport import Request, Transport
from licsync.backends.http.rate_limit import Urgency, server_time
from licsync.backends.http.responses import Answer
from licsync.backends.http.transport import path_of
from licsync.diagnostics import CredentialsMissing
from licsync.diagnostics.findings import Finding
from licsync.engine.ports import BackendFailed

PRODUCTS = {
    "users": ("/users", "users", "UC & CC User Management"),
    "sites": ("/sites", "sites", "Site Management"),
    "addresses": ("/addresses", "addresses", "Site Management"),
    "phone numbers": ("/phone-numbers", "phonenumbers", "Phone Number Management"),
    "ring groups": ("/ring-groups", "ringgroups", "Ring Group Management"),
}
"""What licsync reads: path, media type, and the product that the key needs (trap 27)."""

PROBE_USER = "licsync-doctor"
"""An id that no user and no operation has."""

_SKEW = 60.0  # seconds


async def examine(api: Transport, clock: Callable[[], datetime]) -> AsyncIterator[Finding]:
    """Check reachability, permissions, operations, limits and the clock; yield each at once."""
    try:
        answer = await api.get(
            Request("GET", "/sites", "sites", query={"pageSize": "1"}), Urgency.START
        )
    except CredentialsMissing as fault:
        (problem,) = fault.diagnostics
        yield Finding("reachable", True, f"{api.base_url} answers")
        advice = (
            "Check the key: whether it was revoked or cut short, "
            "and that it is one for the Administration API."
        )
        yield Finding("key accepted", False, problem.message, advice, is_credential=True)
        return
    except BackendFailed as fault:
        advice = "Check base_url, the network, and whether a proxy is needed (HTTPS_PROXY)."
        yield Finding("reachable", False, str(fault), advice)
        return
    yield Finding("reachable", True, f"{api.base_url} answers")
    yield Finding("key accepted", True, "the key is accepted")
    try:
        for about, (path, media, product) in PRODUCTS.items():
            yield await _permission(api, about, path, media, product)
        yield await _operations(api)
        yield await _put(api)
    except (BackendFailed, CredentialsMissing) as fault:
        yield Finding("answers", False, str(fault), "Try again; if it stays so, ask 8x8.")
    yield limits(answer.headers)
    yield _clock(answer.headers, clock())


async def _permission(api: Transport, about: str, path: str, media: str, product: str) -> Finding:
    answer = await api.get(Request("GET", path, media, query={"pageSize": "1"}), Urgency.START)
    if answer.outcome == "accepted":
        return Finding(about, True, "the key may read them")
    return Finding(
        about, False, f"they cannot be read: {answer.reason}", _missing_product(answer, product)
    )


def _missing_product(answer: Answer, product: str) -> str:
    if answer.status == 403:
        return f"Give the key the product '{product}' in the Admin Console, under API keys."
    return "Ask 8x8 whether this part of the API is open to the account."


async def _operations(api: Transport) -> Finding:
    answer = await api.get(
        Request("GET", path_of("operations", PROBE_USER), "operations"), Urgency.START
    )
    if answer.status == 404 or answer.outcome == "accepted":
        return Finding("operations", True, "the key may follow them")
    advice = _missing_product(answer, "UC & CC Admin Operations")
    return Finding("operations", False, f"they cannot be followed: {answer.reason}", advice)


async def _put(api: Transport) -> Finding:
    """Ask for a change of nobody: the kind of refusal shows whether users can be changed (C2)."""
    request = Request(
        "PUT", path_of("users", PROBE_USER), "users", {"basicInfo": {"userId": PROBE_USER}}
    )
    answer = await api.send(request, Urgency.START)
    advice = (
        "Set 'changes_users: false' in the account's backend: "
        "licsync then plans changes of users as manual steps."
    )
    if answer.status in NOT_IMPLEMENTED:
        return Finding(
            "changing users", False, f"the API cannot change users: {answer.reason}", advice
        )
    if answer.status == 403:
        advice = _missing_product(answer, "UC & CC Admin Operations")
        return Finding(
            "changing users", False, f"the key may not change users: {answer.reason}", advice
        )
    is_vendors = isinstance(answer.body, Mapping) and (
        "errors" in answer.body or "title" in answer.body
    )
    if answer.status == 400 or (answer.status == 404 and is_vendors):
        return Finding("changing users", True, "the API has PUT /users")
    return Finding(
        "changing users",
        False,
        f"whether the API can change users is not clear: {answer.reason}",
        advice,
    )


def limits(headers: Mapping[str, str]) -> Finding:
    """Say how many requests the API allows, by the headers of an answer."""
    limit, left = headers.get("x-ratelimit-limit"), headers.get("x-ratelimit-remaining")
    if limit is None:
        return Finding(
            "limits", True, "the API states none; licsync keeps below 100 requests a minute"
        )
    return Finding(
        "limits",
        True,
        f"{_grouped(limit)} requests a minute, "
        f"of which {_grouped(left or 'an unknown number')} are left",
    )


def _grouped(number: str) -> str:
    """Group the digits of a number; another text stays as it is."""
    is_number = number.isascii() and number.isdigit() and len(number) < 19
    return f"{int(number):,}" if is_number else number


def _clock(headers: Mapping[str, str], now: datetime) -> Finding:
    theirs = server_time(headers)
    if theirs is None:
        return Finding("clock", True, "the API does not tell its time")
    skew = (now - theirs).total_seconds()
    if abs(skew) <= _SKEW:
        return Finding("clock", True, f"it differs from the API's by {abs(skew):.0f} seconds")
    how = "ahead of" if skew > 0 else "behind"
    text = f"this machine's clock is {abs(skew):.0f} seconds {how} the API's"
    return Finding(
        "clock",
        False,
        text,
        "Set this machine's clock (NTP): plans expire and offboarding begins by it.",
    )
