"""Secrets go to the vendor's hosts, and to the origins that the operator lists; to no other,
however it is spelt.
"""

from __future__ import annotations

import pytest

from licsync.diagnostics import CredentialsMissing, Diagnostic, Span
from licsync.model.secret_keys import redact_url
from licsync.model.secret_origins import VARIABLE, Address, allowed_address, read_address

VENDOR = [
    ("https://api.8x8.com/admin-provisioning", "https://api.8x8.com/admin-provisioning"),
    ("HTTPS://API.8X8.com:443/x/", "https://api.8x8.com/x"),
    ("https://a.b-2.8x8.com", "https://a.b-2.8x8.com"),
]

ELSEWHERE = [
    "http://api.8x8.com/x", "https://8x8.com", "https://evil8x8.com",
    "https://api.8x8.com.evil.example", "https://api.8x8.com.", "https://.8x8.com",
    "https://a..8x8.com", "https://-.8x8.com", "https://a-.8x8.com", "https://api.8x8.com:8443",
    "https://api.8x8.co", "https://api_8x8.com", "https://127.0.0.1", "http://127.0.0.1:8008",
    "http://localhost", "http://[::1]:8", "https://[::ffff:127.0.0.1]", "https://xn--8x8-foo.com",
]  # fmt: skip
"""Addresses, but not the vendor's."""

NO_ADDRESS = [
    "", "api.8x8.com", "//api.8x8.com", "https:/api.8x8.com", "https://", "ftp://api.8x8.com",
    "file:///etc/passwd", "https://api.8x8.com@evil.example", "https://evil.example@api.8x8.com",
    "https://u:p@api.8x8.com", "https://@api.8x8.com", "https://evil.example\\.8x8.com",
    "https://evil.example\\@api.8x8.com", "https:\\\\api.8x8.com",
    "https://evil.example/\\@api.8x8.com", "https://evil.example#.8x8.com",
    "https://evil.example?.8x8.com", "https://api.8x8.com/?a=b", "https://api.8x8.com/#x",
    "https://api.8x8.com/../x", "https://api.8x8.com/%2e%2e/x", "https://api.8x8.com/./x",
    "https://api.8x8.com/a@b", "https://api.8x8.com/a b", "https://api.8x8.com\n",
    " https://api.8x8.com", "https://api.8x8.com\t.evil.example",
    "https://evil.example\r\nHost: api.8x8.com", "https://api.8x8.com\0.evil.example",
    "https://\uff18x8.com", "https://api\u30028x8.com", "https://api.8x8.com\u2044evil.example",
    "https://api.8x8.\u212aom", "https://api.8x8.com:port", "https://api.8x8.com:0",
    "https://api.8x8.com:65536", "https://api.8x8.com:", "https://api.8x8.com:443:1",
    "https://api.8x8.com%2eevil.example", "https://[::1", "https://[8x8.com]", "https://[:::1]",
    "https://[fe80::1%25eth0]",
]  # fmt: skip


def refused(address: str, listed: str = "") -> Diagnostic:
    with pytest.raises(CredentialsMissing) as fault:
        allowed_address(address, {VARIABLE: listed}, "API key", Span("account.yaml", 4, 5))
    (found,) = fault.value.diagnostics
    assert (found.code, found.span) == ("address-not-allowed", Span("account.yaml", 4, 5))
    return found


@pytest.mark.parametrize(("text", "meant"), VENDOR)
def test_the_vendor_needs_no_listing(text: str, meant: str) -> None:
    address = allowed_address(text, {}, "API key")
    assert (str(address), address.is_vendor, address.is_loopback) == (meant, True, False)


@pytest.mark.parametrize("text", ELSEWHERE)
def test_any_other_origin_is_refused_until_it_is_listed(text: str) -> None:
    origin = read_address(text)
    assert origin is not None
    found = refused(f"{text}/x")
    assert found.message.startswith(f"The API key is not sent to {origin}/x: ")
    assert found.hint is not None
    name, _, value = found.hint.partition("export ")[2].partition("=")
    assert str(allowed_address(f"{text}/x", {name: value}, "API key")) == f"{origin}/x"


@pytest.mark.parametrize("text", NO_ADDRESS)
def test_an_address_with_two_possible_hosts_is_refused_even_if_listed(text: str) -> None:
    assert read_address(text) is None
    refused(text)
    refused(text, listed=text)


def test_origins_are_listed_exactly() -> None:
    listed = (
        "http://127.0.0.1:8008, https://sandbox.example http://[0:0:0:0:0:0:0:1]:9/,\n"
        "HTTPS://Upper.example:443"
    )
    environment = {VARIABLE: listed}
    for base in (
        "http://127.0.0.1:8008/x",
        "https://SANDBOX.example:443",
        "http://[::1]:9/y",
        "https://upper.example",
    ):
        allowed_address(base, environment, "API key")
    for base in (
        "http://127.0.0.1:8009/x", "https://127.0.0.1:8008", "http://localhost:8008",
        "http://127.0.0.1", "http://127.1:8008", "http://sandbox.example",
        "https://x.sandbox.example", "https://sandbox.example.evil", "https://sandbox.example:8443",
    ):  # fmt: skip
        refused(base, listed)


@pytest.mark.parametrize(
    "entry", ["*", "https://*.example", "sandbox.example", "http://127.0.0.1:8008/x", "8x8"]
)
def test_an_invalid_origin_is_reported_and_allows_nothing(entry: str) -> None:
    assert (
        f"LICSYNC_API_URLS contains what is not an origin: {entry}."
        in refused("http://127.0.0.1:8008/x", entry).message
    )


@pytest.mark.parametrize(
    ("host", "is_loopback"),
    [
        ("127.0.0.1", True),
        ("127.8.8.8", True),
        ("[::1]", True),
        ("localhost", True),
        ("10.0.0.1", False),
        ("x.y", False),
    ],
)
def test_this_machine(host: str, is_loopback: bool) -> None:
    assert Address("http", host, 1).is_loopback is is_loopback


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("https://h:1/x", "https://h:1/x"),
        ("https://user:CANARY@h/x", "https://…@h/x"),
        ("https://user:CAN@ARY@h/x", "https://…@h/x"),
        ("https://h/x?password=CANARY", "https://h/x?…"),
        ("https://h/x?password=CAN@ARY", "https://…"),
        ("https://h/x#CANARY", "https://h/x#…"),
        ("https://user:CA?NARY@h/x", "https://…"),
        ("https://user:CA/NARY@h/x", "https://…"),
        ("https://user:CA#NARY@h/x", "https://…"),
        ("https://user:12#CANARY@h/x", "https://…"),
        ("https://user:CANARY%40h/x", "https://…"),
        ("https://h:CANARY", "https://…"),
        ("user:CANARY@h", "…@h"),
        ("//user:CANARY@h", "…"),
        ("user:CANARY", "…"),
        ("https:\\\\user:CANARY@h", "…@h"),
        ("http://[::1", "http://…"),
        ("://CANARY:@x", "…"),
        ("", ""),
    ],
)
def test_a_url_is_shown_without_what_may_be_secret(url: str, shown: str) -> None:
    assert redact_url(url) == shown
