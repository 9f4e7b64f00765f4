"""The settings of a simulation: key, speed, limits, clock, faults, seed."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Literal

from licsync.model.catalog import Catalog

Vocabulary = Literal["openapi", "guide"]
"""Which of the vendor's two sets of error codes is spoken (domain.md, 10.3)."""


def wall_clock() -> datetime:
    """Give the current instant."""
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True)
class Limits:
    """The published limits (domain.md, 10.2): of a key, and of an organization's operations."""

    per_minute: int = 100
    burst: int = 20
    burst_seconds: float = 10
    in_flight: int = 10
    scroll_seconds: float = 300


@dataclass(frozen=True, slots=True)
class Settings:
    """How a simulation behaves.

    Attributes:
        catalog: the license catalog: names of licenses, planes, which ones come by themselves.
        key: the API key that is accepted.
        speed: how many times faster than the vendor operations and limits are; 0: operations
            complete at once, and requests are not limited.
        limits: what is allowed at speed 1.
        now: the clock. An operation is complete when this clock has passed its time; nothing ever
            waits for it.
        sleep: waits some seconds, for answers that are to be slow. Under a virtual loop
            `asyncio.sleep` is virtual.
        faults: rules of `faults.Rule`, as mappings; more can be posted to `/_simulator/faults`.
        seed: of all randomness: completion times, ids, faults by probability.
        customer_id: the organisation, 18 characters.
        vocabulary: the codes of errors.
        version_headers: whether requests that do not name the API's version are refused: the guide
            wants the header, and says nothing of a request without it, so the refusal is our
            assumption. Else `*/*` will do.
        edits_inactive: whether settings and licenses of deactivated users can be changed: the guide
            of the API says so, the console's pages say no (contradiction C3).
        refuses_did: whether DID licenses in a body are refused; else they are ignored. One guide
            says that they must not be sent, the other wants the whole object that GET gave, and the
            samples send them (10.4.3).
        makes_cc_extensions: whether a PUT can make extensions of the contact center; no document
            says that it can, so that it cannot is our assumption.
        audit_key: the key of the audit log that is accepted.
        scim_token: the bearer token of SCIM that is accepted.
        scim_page_size: how many users a page of SCIM has at most; the number is our assumption.
        scim_scope: whether SCIM shows all users, or only those that it made; an administrator of
            8x8 chooses that.
        scim_writes: whether this client may change users; 8x8 has one client that does.
        patch_shows_user: whether a PATCH answers with the user (200), or with nothing (204); SCIM
            allows both, and 8x8 does not say what it does.
        list_omits: dotted paths that single users have and lists do not.
    """

    catalog: Catalog
    key: str = "simulator"
    speed: float = 1
    limits: Limits = Limits()
    now: Callable[[], datetime] = wall_clock
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep
    faults: Sequence[Mapping[str, Any]] = ()
    seed: int = 0
    customer_id: str = "001SIMULATED0000AA"
    vocabulary: Vocabulary = "openapi"
    version_headers: bool = True
    edits_inactive: bool = True
    refuses_did: bool = False
    makes_cc_extensions: bool = False
    audit_key: str = "simulator"
    scim_token: str = "simulator"
    scim_page_size: int = 100
    scim_scope: Literal["all", "made"] = "all"
    scim_writes: bool = True
    patch_shows_user: bool = False
    list_omits: frozenset[str] = field(
        default=frozenset(
            {
                "directoryInfo.personalPhoneNumbers",
                "serviceInfo.extensions.emergencyAddress",
                "serviceInfo.extensions.musicOnHold",
                "serviceInfo.extensions.voicemailZeroOutDestination",
                "assignmentInfo.userGroups",
            }
        )
    )
