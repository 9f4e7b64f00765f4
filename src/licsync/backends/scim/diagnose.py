"""Examines the way to the SCIM API without changing anything: what `licsync doctor` says of it."""

from __future__ import annotations

from collections.abc import AsyncIterator

from licsync.backends.http.rate_limit import Urgency
from licsync.backends.scim.client import FORBIDDEN, NOT_FOUND, Ambiguous, Refused, ScimClient
from licsync.backends.scim.resources import ScimUser
from licsync.backends.scim.transport import ADVANCED_SETTINGS
from licsync.backends.scim.users import ONE_WRITER
from licsync.diagnostics import CredentialsMissing
from licsync.diagnostics.findings import Finding
from licsync.engine.ports import BackendFailed

PROBE_USER = "licsync-doctor"
"""A name and an id that no user has."""


async def examine(client: ScimClient, known: int) -> AsyncIterator[Finding]:
    """Check reachability, token, scope, filter and permission to write; yield each at once.

    Args:
        client: sends the requests.
        known: how many users the inventory has.
    """
    try:
        shown = (await client.page(1, 1, None, Urgency.START)).total_results or 0
    except CredentialsMissing as fault:
        (problem,) = fault.diagnostics
        yield Finding("SCIM token", False, problem.message, problem.hint, is_credential=True)
        return
    except BackendFailed as fault:
        advice = "Check the address, the network, and whether a proxy is needed (HTTPS_PROXY)."
        yield Finding("SCIM", False, str(fault), advice)
        return
    yield Finding("SCIM token", True, f"{client.api.base_url} accepts it")
    yield _scope(shown, known)
    try:
        yield await _filter(client, shown)
        yield await _writing(client)
    except (BackendFailed, CredentialsMissing) as fault:
        yield Finding("SCIM", False, str(fault), "Try again; if it stays so, ask 8x8.")


def _scope(shown: int, known: int) -> Finding:
    text = f"SCIM shows {shown:,} users, and the inventory has {known:,}"
    if shown >= known:
        return Finding("SCIM users", True, text)
    advice = f"To let SCIM show users that it did not create: {ADVANCED_SETTINGS}."
    return Finding("SCIM users", False, text, advice)


async def _filter(client: ScimClient, shown: int) -> Finding:
    wanted = f'userName eq "{PROBE_USER}"'
    found = (await client.page(1, 1, wanted, Urgency.START)).total_results or 0
    if not found:
        return Finding("SCIM filter", True, "a user is found by name with one request")
    advice = "licsync reads the whole list instead. It works, and takes longer."
    return Finding("SCIM filter", False, f"a filter on one name finds {found:,} users", advice)


async def _writing(client: ScimClient) -> Finding:
    """Send a change of a user who does not exist: it can only be refused."""
    try:
        await client.set_active(ScimUser(id=PROBE_USER), True, Urgency.START)
        text = "it accepts a change of a user who does not exist"
    except Refused as refusal:
        if refusal.status == NOT_FOUND:
            return Finding("SCIM changes", True, "the token may change users")
        text = str(refusal)
        if refusal.status == FORBIDDEN:
            return Finding("SCIM changes", False, text, f"{ONE_WRITER}.")
    except Ambiguous as fault:
        text = str(fault)
    advice = "licsync may not be able to suspend and reactivate users over SCIM. Ask 8x8."
    return Finding("SCIM changes", False, text, advice)
