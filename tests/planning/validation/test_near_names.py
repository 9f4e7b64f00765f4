"""Names and values that are probably meant otherwise: reported with what to write."""

from __future__ import annotations

import pytest

from tests.support.desired_states import ADA, desired, found, inventory, only


@pytest.mark.parametrize(
    ("value", "meant"),
    [("yes", "true"), ("On", "true"), ("no", "false"), ("off", "false"), ("true", "true")],
)
def test_a_setting_that_yaml_reads_as_text_says_which_boolean_is_meant(
    value: str, meant: str
) -> None:
    state = desired(policies={"Sales": {"settings": {"disable_messaging": value}}})
    warned = only(state, inventory())
    assert str(warned.severity) == "warning"
    assert f"'disable_messaging' of the policy profile 'Sales' is the text '{value}'" in (
        warned.message
    )
    assert (warned.hint, str(warned.span and warned.span.file)) == (
        f"Write {meant}.",
        "policies/Sales/settings/disable_messaging",
    )


@pytest.mark.parametrize("value", [True, False, "latest", None])
def test_other_settings_are_no_doubt(value: object) -> None:
    state = desired(policies={"Sales": {"settings": {"some": value}}, "Gone": None})
    seen = inventory(policies={"Gone": {"settings": {}}})
    assert found(state, seen) == []


def test_a_text_that_8x8_has_already_is_kept() -> None:
    settings = {"settings": {"some": "on"}}
    assert found(desired(policies={"P": settings}), inventory(policies={"P": settings})) == []


def test_a_site_that_differs_only_in_case_is_probably_the_same() -> None:
    state = desired(sites={"hq": {"service_address": "A1"}, "Other": {"service_address": "A1"}})
    warned = only(state, inventory())
    assert warned.message == "The site 'hq' is new, and differs from 'HQ' only in case."
    assert warned.hint == "If it is the same site, write 'HQ'."


def test_a_blank_name_is_no_name() -> None:
    warned = only(desired({ADA: {"first_name": "  "}}), inventory({ADA: {}}))
    assert warned.message == "The first name '  ' is blank."
