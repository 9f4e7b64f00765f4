"""An account that is not at the vendor's says where it is; what is not an address is a fault of the
files.
"""

from __future__ import annotations

from typing import Any

import pytest

from licsync.diagnostics import Diagnostic
from licsync.planning.validation.validate import check
from tests.support.desired_states import NOW, desired

PLACES = ("account/backend/base_url", "account/backend/scim/url")


def found(backend: dict[str, Any] | None) -> list[Diagnostic]:
    state = desired(account={"backend": backend} if backend is not None else {})
    return [d for d in check(state, None, now=NOW) if d.span is not None and d.span.file in PLACES]


def at(address: str) -> list[dict[str, Any]]:
    """The backends that can be at an address."""
    return [
        {"type": "8x8", "base_url": address},
        {"type": "console", "scim": {"url": address}},
    ]


@pytest.mark.parametrize(
    "backend",
    [
        None, {}, {"type": "local"}, {"type": "local", "base_url": "http://127.0.0.1:1"},
        {"type": "8x8"},
        {"type": "8x8", "base_url": "https://api.8x8.com/admin-provisioning"},
        {"type": "8x8", "base_url": "https://sandbox.eu.8x8.com"},
        {"type": "console"}, {"type": "console", "scim": True},
        {"type": "console", "scim": {"url": "https://platform-cloud.8x8.com/udi/x/scim/v2"}},
    ],
)  # fmt: skip
def test_addresses_of_8x8_and_the_sandbox_are_accepted(
    backend: dict[str, Any] | None,
) -> None:
    assert found(backend) == []


@pytest.mark.parametrize(
    ("address", "shown"),
    [
        ("http://127.0.0.1:8008/x/", "http://127.0.0.1:8008/x"),
        ("https://api.8x8.com.evil.example", None), ("http://api.8x8.com", None),
        ("https://API.8x8.com:8443", "https://api.8x8.com:8443"),
    ],
)  # fmt: skip
def test_a_different_address_is_reported(address: str, shown: str | None) -> None:
    for backend in at(address):
        (diagnostic,) = found(backend)
        assert (diagnostic.severity, diagnostic.code) == ("warning", "other-address")
        assert f"to {shown or address}, which is not 8x8's address" in diagnostic.message


@pytest.mark.parametrize(
    "address", ["8x8", "https://u:CANARY@api.8x8.com", "https://api.8x8.com/?key=CANARY", "ftp://x"]
)
def test_an_invalid_server_address_is_reported_without_secrets(address: str) -> None:
    for backend in at(address):
        (diagnostic,) = found(backend)
        assert (diagnostic.severity, diagnostic.code) == ("error", "invalid-value")
        assert "CANARY" not in diagnostic.message
