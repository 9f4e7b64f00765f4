"""Opens the SCIM API from what an account says of it and from the environment.

To be imported only where SCIM is used: the models take a second to import.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any

from licsync.backends.http.credentials import find_destination
from licsync.backends.http.patience import APPLYING, Patience
from licsync.backends.http.rate_limit import RateLimiter
from licsync.backends.scim.client import ScimClient
from licsync.backends.scim.transport import CONSOLE_PATH, SCIM_TOKEN, SCIM_URL, ScimTransport
from licsync.backends.scim.users import SETTLE_SECONDS, ScimUsers
from licsync.diagnostics import Code, CredentialsMissing, Span, error

URL = SCIM_URL


def _utc() -> datetime:
    return datetime.now(UTC)


def open_scim(
    settings: Mapping[str, Any],
    environment: Mapping[str, str],
    clock: Callable[[], datetime] = _utc,
    place: Span | None = None,
    patience: Patience = APPLYING,
) -> ScimUsers:
    """Open the SCIM API; nothing is sent yet.

    Args:
        settings: the account's `backend` section.
        environment: where the token is found (`http.credentials.find_secret`), where the API is,
            and where else than to 8x8 the token may go.
        clock: gives the current instant.
        place: where the files say `scim`.
        patience: how long the API is tried if it does not answer.

    Raises:
        CredentialsMissing: there is no token or no address, or the address is none that the token
            may be sent to.
    """
    text = _address(settings, environment, place)
    address, token = find_destination(text, SCIM_TOKEN, environment, place)
    transport = ScimTransport(address, token, RateLimiter(clock=clock), patience=patience)
    settle = float(settings.get("settle_seconds", SETTLE_SECONDS))
    return ScimUsers(ScimClient(transport), settle)


def _address(
    settings: Mapping[str, Any], environment: Mapping[str, str], place: Span | None
) -> str:
    """Give the address; without one, say all that is missing."""
    scim = settings.get("scim")
    stated = scim.get("url") if isinstance(scim, Mapping) else None
    if found := environment.get(URL) or stated:
        return str(found)
    message, hint = "There is no address of the SCIM API.", f"Set {URL}"
    if not SCIM_TOKEN.is_set(environment):
        message = "There is no address and no token of the SCIM API."
        hint = f"Set {URL} and {SCIM_TOKEN.variable}"
    hint += f": the Admin Console shows both under {CONSOLE_PATH}, for 'Other SCIM Provider'."
    raise CredentialsMissing(error(Code.CREDENTIALS, message, place, hint))
