"""Decides where secrets may be sent: to 8x8's hosts, and to origins that the operator lists.

Anybody who may propose a change writes files; only the operator sets the environment. So licsync
uses an address from a file only if it is 8x8's, or if the environment lists its origin. Every code
that sends a secret asks here first.

The grammar of an address is far narrower than that of a URL. If two parsers could disagree about
the host (a backslash, a user name, a full-width letter, a final dot), the text is not an address.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from ipaddress import ip_address

from msgspec import Struct

from licsync.diagnostics import Code, CredentialsMissing, Span, error
from licsync.model.secret_keys import redact_url

VARIABLE = "LICSYNC_API_URLS"
"""The environment variable that lists further origins, separated by spaces or commas."""

_ADDRESS = re.compile(
    r"(?P<scheme>https?)://(?P<host>[a-z0-9_.-]+|\[[0-9a-f:.]+\])(?::(?P<port>[0-9]{1,5}))?"
    r"(?P<path>(?:/[a-z0-9._~%!$&'()*+,;=:-]*)*)",
    re.IGNORECASE | re.ASCII,
)
_VENDOR = re.compile(r"https://(?:[a-z0-9](?:[a-z0-9-]*[a-z0-9])?\.)+8x8\.com", re.ASCII)
_DEFAULT_PORTS = {"http": 80, "https": 443}
_BETWEEN = re.compile(r"[\s,]+")


class Address(Struct, frozen=True):
    """An address of a server, in one spelling.

    Attributes:
        scheme: http or https.
        host: in lower case; an IPv6 address in brackets.
        port: the port, even if it is the scheme's default.
        path: the path, without a final slash.
    """

    scheme: str
    host: str
    port: int
    path: str = ""

    @property
    def origin(self) -> str:
        """Scheme, host and port, without the scheme's default port."""
        port = "" if self.port == _DEFAULT_PORTS[self.scheme] else f":{self.port}"
        return f"{self.scheme}://{self.host}{port}"

    @property
    def is_vendor(self) -> bool:
        """Tell whether it is a host of 8x8, with https and its default port."""
        return _VENDOR.fullmatch(self.origin) is not None

    @property
    def is_loopback(self) -> bool:
        """Tell whether it is the local machine."""
        try:
            return ip_address(self.host.strip("[]")).is_loopback
        except ValueError:
            return self.host == "localhost"

    def __str__(self) -> str:
        return self.origin + self.path


def read_address(text: str) -> Address | None:
    """Read an address. None if the text has more than a scheme, a host, a port and a path."""
    found = _ADDRESS.fullmatch(text)
    if found is None:
        return None
    scheme, host, path = found["scheme"].lower(), found["host"].lower(), found["path"].rstrip("/")
    port = int(found["port"] or _DEFAULT_PORTS[scheme])
    if not 0 < port < 65536 or any(
        part in (".", "..") for part in path.replace("%2e", ".").split("/")
    ):
        return None
    if host.startswith("["):
        try:
            host = f"[{ip_address(host.strip('[]')).compressed}]"
        except ValueError:
            return None
    return Address(scheme, host, port, path)


def allowed_address(
    text: str, environment: Mapping[str, str], secret: str, place: Span | None = None
) -> Address:
    """Read an address and check that a secret may be sent to it.

    Args:
        text: the address from a file.
        environment: the environment variables. `LICSYNC_API_URLS` lists origins besides 8x8's.
        secret: the name of the secret, for the message.
        place: the source position of the address.

    Raises:
        CredentialsMissing: the address is neither 8x8's nor listed.
    """
    entries = [entry for entry in _BETWEEN.split(environment.get(VARIABLE, "")) if entry]
    listed = {entry: read_address(entry) for entry in entries}
    address = read_address(text)
    if address and (
        address.is_vendor
        or address.origin in {a.origin for a in listed.values() if a and not a.path}
    ):
        return address
    if address is None:
        message = (
            f"The {secret} is not sent to '{redact_url(text)}': that is not the address of "
            "a server."
        )
        hint = "Write https://HOST/PATH, without user, password, query or fragment."
    else:
        message = (
            f"The {secret} is not sent to {address}: it is not an https host of 8x8, "
            f"and {VARIABLE} does not list it."
        )
        hint = (
            f"Remove that address; or, if you trust it with the {secret}: "
            f"export {VARIABLE}={address.origin}"
        )
    if unusable := [redact_url(entry) for entry, one in listed.items() if one is None or one.path]:
        message += f" {VARIABLE} contains what is not an origin: {', '.join(unusable)}."
    raise CredentialsMissing(error(Code.ADDRESS_NOT_ALLOWED, message, place, hint))
