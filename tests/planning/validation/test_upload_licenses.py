"""What an account says that the console's upload calls its licenses is checked key by key."""

from __future__ import annotations

import pytest

from licsync.planning.validation.licenses import upload_licenses
from licsync.planning.validation.validate import check
from tests.support.desired_states import NOW, desired


def found(key: str, **more: str) -> list[tuple[str, str | None]]:
    upload = {"template": "users.csv", "licenses": {key: "X Series - X2"}, **more}
    state = desired(account={"backend": {"type": "console", "bulk_upload": upload}})
    assert upload_licenses(state) == {key: "X Series - X2"}
    return [(d.message, d.hint) for d in check(state, None, now=NOW) if d.severity == "error"]


def test_a_type_of_the_catalog_with_a_country_is_taken() -> None:
    assert found("x2/US") == []


@pytest.mark.parametrize(
    ("key", "meant"),
    [("x2", "x2/US"), ("X4", "x4/US"), ("x4 / gb", "x4/GB"), ("X2-US", "x2/US"), ("?", "x2/US")],
)
def test_an_invalid_form_gets_a_hint_with_the_valid_one(key: str, meant: str) -> None:
    assert found(key) == [
        (f"'{key}' is not a license type with a country.", f"Write TYPE/COUNTRY, such as {meant}.")
    ]


@pytest.mark.parametrize(("separator", "is_found"), [(" - ", True), (" ", True), ("; ", False)])
def test_a_separator_that_a_name_contains_is_refused(separator: str, *, is_found: bool) -> None:
    assert bool(found("x2/US", separator=separator)) is is_found
    message = f"The license name 'X Series - X2' contains the separator '{separator}'."
    assert [m for m, _ in found("x2/US", separator=separator)] == [message] * is_found


def test_unknown_types_and_countries_are_both_named() -> None:
    (kind, near), (country, code) = found("vcc-agnt/UK")
    assert kind == "The license type 'vcc-agnt' is not in the catalog."
    assert near == "Did you mean 'vcc-agent'?"
    assert country == "There is no country with the code 'UK'."
    assert code == "Did you mean 'GB'?"


def test_an_account_without_an_upload_states_no_names() -> None:
    assert upload_licenses(desired()) == {}
    path = desired(account={"backend": {"type": "console", "bulk_upload": "users.csv"}})
    assert upload_licenses(path) == {}


def test_one_name_of_two_licenses_is_remarked() -> None:
    upload = {"template": "u.csv", "licenses": {"x2/US": "X2", "x2/GB": " x2", "x4/US": "X4"}}
    state = desired(account={"backend": {"type": "console", "bulk_upload": upload}})
    (warned,) = [d for d in check(state, None, now=NOW) if "have one name" in d.message]
    assert warned.message.startswith("'x2/GB' and 'x2/US' have one name")
    assert warned.severity == "warning"
