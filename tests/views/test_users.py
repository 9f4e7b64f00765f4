"""The console's Users page."""

import csv
import io
import json
from collections.abc import Callable

import pytest

from licsync.model.catalog import Catalog
from licsync.views.license_features import license_features
from licsync.views.policy_restrictions import restrictions
from licsync.views.terminal import RenderOptions
from licsync.views.users import user_page, users_table
from tests.support import sample_plans as samples
from tests.support.accounts import unit

Golden = Callable[[str, str], None]
ADA = "ada.lopez@acme.example"


def page(name: str = ADA, **options) -> str:
    return user_page(samples.inventory(), samples.CATALOG, name, **options)


@pytest.mark.parametrize(("format", "name"), [("table", "txt"), ("json", "json"), ("csv", "csv")])
def test_golden(golden: Golden, format: str, name: str):
    golden(f"users.{name}", users_table(samples.inventory(), samples.CATALOG, format=format))
    golden(f"user-page.{name}", page(format=format))


def test_the_list_says_who_is_a_contact():
    rows = list(
        csv.DictReader(io.StringIO(users_table(samples.inventory(), samples.CATALOG, format="csv")))
    )
    assert [(row["user"], row["licenses"]) for row in rows] == [
        (ADA, "X4 · US, VCC Agent · US"),
        ("bo.chen@acme.example", "X2 · US"),
        ("cy@acme.example", "none (contact)"),
    ]
    assert rows[0]["phone_number"] == "+12065550101"


def test_a_user_is_found_in_any_case():
    assert page("ADA.Lopez@acme.example") == page()


def test_an_unknown_user_is_a_key_error():
    with pytest.raises(KeyError):
        page("nobody@acme.example")


@pytest.mark.parametrize(
    "expected",
    [
        "phone numbers      +12065550101 (primary), +12065550102",
        "on no answer for 20 s to 1002",
        "Yealink T54W (0a1b2c3d4e5f)",
        "recording          on demand",
        "Seattle · 500 Pine St, Seattle, WA 98101, US",
        "may not delete call recordings",
        "Policy profile Sales Floor",
        "Sales (member primary)",
        "recordings kept 130 days",
        "barge/monitor/whisper (?)",
    ],
)
def test_the_page_says(expected: str):
    assert expected in page(options=RenderOptions(width=160))


def test_a_contact_has_no_license():
    assert "Contact: without a license" in page("cy@acme.example")


def test_a_policy_missing_from_the_inventory_is_named_as_missing():
    inventory = samples.inventory()
    inventory.policies.clear()
    assert "not in the inventory" in user_page(inventory, samples.CATALOG, ADA)
    assert "no restrictions" in page("bo.chen@acme.example")


def test_the_document_says_what_each_license_gives():
    document = json.loads(page(format="json"))
    assert document["services"][0]["gives"][0] == "unlimited calls"
    assert document["services"][0]["extension"]["number"] == "1001"
    assert document["policy"]["restrictions"][0] == "no SMS"


# --- policies and licenses in words ---------------------------------------------------------------


def test_restrictions_without_effect_are_not_shown():
    both = {"disable_messaging": True, "disable_sms_messaging": True}
    assert restrictions(both) == ["no chat"]
    assert restrictions({"disable_sms_messaging": True}) == ["no SMS"]
    assert restrictions({"disable_sms_messaging": False, "vod_version_to_use": "latest"}) == []


def test_settings_that_nobody_knows_are_shown_as_they_are():
    assert restrictions({"zeta": True, "alpha": "x", "beta": False}) == ["alpha: x", "zeta"]


def test_what_is_uncertain_is_marked():
    known = license_features(samples.CATALOG, "x2")
    assert "unlimited calls (?)" in known.gives
    assert known.uncertain == ["calling plan: inferred"]
    assert known.lacks == ["Frontdesk"]
    assert "Frontdesk if already in use" in license_features(samples.CATALOG, "x4").gives


def test_an_unknown_type_gives_nothing_that_is_known():
    assert license_features(Catalog({}), "zz").gives == []
    assert license_features(Catalog({}), "zz").uncertain == [
        "The catalog does not contain this type."
    ]


def test_other_holders_are_listed_with_their_licenses_and_numbers():
    inventory = samples.inventory()
    main = {"kind": "ring_group", "name": "Main"}
    inventory.licenses["L9"] = unit("x2", None, status="assigned", holder=main)
    inventory.licenses["L8"] = unit("x4", None, status="assigned", holder=main)
    inventory.holders = [
        {**main, "extension": "1000"},
        {"kind": "service", "name": "Fax", "phone_numbers": ["+12065550100"]},
    ]
    lines = users_table(inventory, samples.CATALOG).splitlines()
    at = lines.index("Not held by users")
    assert [" ".join(line.split()) for line in lines[at + 1 :]] == [
        "kind name licenses extension phone numbers",
        "ring group Main X2 · US, X4 · US 1000 —",
        "service Fax — — +12065550100",
    ]
    assert (
        json.loads(users_table(inventory, samples.CATALOG, format="json"))["holders"]
        == inventory.holders
    )
