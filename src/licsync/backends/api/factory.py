"""Opens the backend `8x8` from what an account says of it and from the environment."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime
from typing import Any

from licsync.backends.api.backend import AdminApiBackend
from licsync.backends.api.capabilities import API
from licsync.backends.api.change_executor import SETTLE_SECONDS
from licsync.backends.api.credentials import API_KEY
from licsync.backends.api.transport import BASE_URL, Transport
from licsync.backends.http.credentials import find_destination
from licsync.backends.http.limits import IN_FLIGHT, MOST_IN_FLIGHT
from licsync.backends.http.patience import APPLYING, Patience
from licsync.backends.http.rate_limit import RateLimiter
from licsync.diagnostics import Code, InputInvalid, Span, error
from licsync.model.capabilities import Capabilities
from licsync.model.catalog import Catalog
from licsync.model.inventory import Inventory


def _utc() -> datetime:
    return datetime.now(UTC)


def open_transport(
    settings: Mapping[str, Any],
    environment: Mapping[str, str],
    clock: Callable[[], datetime] = _utc,
    place: Span | None = None,
    patience: Patience = APPLYING,
) -> Transport:
    """Open the way to the API; nothing is sent yet.

    Args:
        settings: the account's `backend` section.
        environment: where the key is found (`http.credentials.find_secret`), and where else than to
            the vendor it may go.
        clock: gives the current instant.
        place: where the files say `base_url`.
        patience: how long the API is tried if it does not answer.

    Raises:
        CredentialsMissing: there is no key, or `base_url` is not an address that it may be sent to.
        InputInvalid: `operations_at_once` is out of range.
    """
    places = settings.get("operations_at_once", IN_FLIGHT)
    if not 1 <= places <= MOST_IN_FLIGHT:
        message = f"operations_at_once must be from 1 to {MOST_IN_FLIGHT}, not {places}."
        raise InputInvalid(error(Code.INVALID_VALUE, message))
    pace = RateLimiter(slots=places, clock=clock)
    text = str(settings.get("base_url", BASE_URL))
    address, key = find_destination(text, API_KEY, environment, place)
    return Transport(address, key, pace, patience=patience)


def open_api(
    settings: Mapping[str, Any],
    declared: Inventory,
    catalog: Catalog,
    environment: Mapping[str, str],
    clock: Callable[[], datetime] = _utc,
    capabilities: Capabilities = API,
    place: Span | None = None,
    sites: Iterable[str] = (),
    patience: Patience = APPLYING,
) -> AdminApiBackend:
    """Open the backend; nothing is sent yet.

    Args:
        settings: the account's `backend` section.
        declared: the inventory last seen or loaded: the units, and what else the API does not show.
        catalog: the license catalog.
        environment: as of `open_transport`.
        clock: gives the current instant; never one that was set for planning.
        capabilities: what the API can do for the account, and how fast.
        place: where the files say `base_url`.
        sites: names of sites as the files spell them.
        patience: as of `open_transport`.

    Raises:
        CredentialsMissing, InputInvalid: as `open_transport`.
    """
    api = open_transport(settings, environment, clock, place, patience)
    settle = float(settings.get("settle_seconds", SETTLE_SECONDS))
    customer = settings.get("customer_id")
    backend = AdminApiBackend(
        api,
        declared,
        catalog,
        settle=settle,
        clock=clock,
        capabilities=capabilities,
        customer=customer,
    )
    backend.mirror.expect_sites(sites)
    return backend
