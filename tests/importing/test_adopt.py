"""The files written for an inventory: an empty plan, readable, with notes on what is left out."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from licsync.config.catalog import load_catalog
from licsync.config.edit.formatter import format_file
from licsync.config.edit.writer import write_yaml
from licsync.diagnostics import has_errors
from licsync.importing.adopt import ImportedConfig, adopt
from licsync.importing.file_layout import layout_files
from licsync.importing.templates import extract_templates
from licsync.model.inventory import Inventory
from licsync.model.inventory_validation import check_document
from licsync.workflows.importing import verify_import
from tests.support import accounts
from tests.support.accounts import inventory, unit
from tests.support.paths import EXAMPLES
from tests.support.random_inventories import (
    ADA,
    NEW_YORK,
    bench_document,
    every_key,
    oracle_document,
    small,
    user,
)
from tests.support.samples import seeds

NOW = datetime(2026, 11, 24, 9, tzinfo=UTC)

Doc = dict[str, Any]


def moved_in(
    document: Doc, now: datetime = NOW
) -> tuple[ImportedConfig, dict[str, str], Inventory]:
    """Adopt a document, and prove it as the command does."""
    assert not has_errors(check_document(document, catalog=load_catalog()))
    held = Inventory.from_document(document)
    adopted = adopt(held, load_catalog(), None, now)
    trees = layout_files(adopted.desired, {}, has_account=False)
    files = {name: write_yaml(sections) for name, sections in trees.items()}
    faults = verify_import({name: text.encode() for name, text in files.items()}, held, now)
    assert not has_errors(faults), [str(f.span) + f.message for f in faults]
    for name, text in files.items():
        assert format_file(text.encode(), name) == (text.encode(), []), f"{name} is not in form"
    return adopted, files, held


def left(document: Doc) -> list[str]:
    return [diagnostic.message for diagnostic in moved_in(document)[0].left_out]


@pytest.mark.parametrize("name", ["acme", "globex", "initech"])
def test_the_examples_move_in(name: str) -> None:
    moved_in(json.loads((EXAMPLES / name / "inventory.json").read_text()))


@seeds(4, soak=12)
def test_random_inventories_move_in(seed: int) -> None:
    document = oracle_document(seed)
    now = datetime.fromisoformat(document["as_of"])
    adopted, _, held = moved_in(document, now)
    assert adopted.desired.users.keys() == held.users.keys()
    assert all("ring_groups" in diagnostic.message for diagnostic in adopted.left_out)


@pytest.mark.soak
@pytest.mark.parametrize(
    "document", [oracle_document(3, 1000), bench_document(1000)], ids=["oracle", "bench"]
)
def test_a_thousand_users_take_less_than_a_third_of_a_file_with_every_key(document: Doc) -> None:
    adopted, files, held = moved_in(document, datetime.fromisoformat(document["as_of"]))
    assert len(adopted.desired.users) == 1000
    assert sum(map(len, files.values())) < len(every_key(adopted.desired, held)) / 3
    assert len(files) > 5


def test_it_reads_as_a_person_would_write_it() -> None:
    assert moved_in(small())[1] == {
        "account.yaml": "account:\n  name: acme\n  defaults: {country: US}\n  protected_users: []\n"
        "  limits: {suspend: 10, unassign: 10, downgrade: 10, delete: 10}\n"
        "  offboarding: {unassign_after: 7d}\n",
        "places.yaml": "service_addresses:\n"
        '  new-york: {street_number: "7", street_name: W 34th St, city: New York, '
        'postal: "10001", country: US}\n\n'
        "sites:\n  New York: {service_address: new-york}\n",
        "licenses.yaml": "licenses:\n  - {type: x2, quantity: 1}\n",
        "users.yaml": "users:\n  ada@acme.example:\n    first_name: Ada\n    last_name: Lopez\n"
        "    site: New York\n"
        '    licenses: [{type: x2, extension: {number: "1001"}}]\n',
    }


# --- what differs from the ordinary ---------------------------------------------------------------


def test_values_that_only_the_entry_has_are_written() -> None:
    document = small()
    document["service_addresses"]["A2"] = NEW_YORK | {"city": "Boston"}
    document["licenses"]["L1"] |= {"country": "GB", "service_address": "A2"}
    user(document)["services"][0]["extension"] |= {
        "features": {"switchboard_pro": False},
        "devices": [],
    }
    adopted, _, _ = moved_in(document)
    assert adopted.desired.users[ADA]["licenses"] == [
        {
            "type": "x2",
            "country": "GB",
            "service_address": "boston",
            "extension": {"number": "1001"},
        }
    ]
    assert adopted.desired.account["defaults"] == {"country": "GB"}


def test_features_that_are_on_are_kept() -> None:
    document = small()
    document["licenses"]["L1"]["type"] = "x4"
    features = {"analytics": "supervisor", "switchboard_pro": True, "frontdesk": False}
    user(document)["services"][0]["extension"]["features"] = features
    (entry,) = moved_in(document)[0].desired.users[ADA]["licenses"]
    assert entry["extension"]["features"] == {"analytics": "supervisor", "switchboard_pro": True}


def test_addresses_are_named_by_city_and_street_and_once() -> None:
    document = small()
    document["service_addresses"] |= {
        "A2": NEW_YORK | {"street_name": "5th Ave"},
        "A3": NEW_YORK | {"street_name": "5th Ave", "postal": "10118"},
        "A4": NEW_YORK | {"city": "new york"},  # the same as A1
        "A5": {"organization": "Acme", "country": "US"},
        "A6": {"city": "東京", "country": "JP"},
        "A7": {"city": "A5", "country": "US"},
        "acme": {"city": "Rome", "country": "IT", "displayForm": "Rome"},
    }
    adopted, _, _ = moved_in(document)
    assert list(adopted.desired.service_addresses) == [
        "new-york", "new-york-5th-ave", "new-york-2", "acme-2", "address", "a5", "rome",
    ]  # fmt: skip


def test_pools_say_where_the_spare_units_are() -> None:
    document = small()
    document["service_addresses"]["A2"] = NEW_YORK | {"city": "Boston"}
    document["licenses"] |= {
        "L2": unit(),
        "L3": unit("x2", "A2"),
        "L4": unit("x2", None),
        "L5": unit("x4", "A2"),
        "L6": unit("x1", None),
        "L7": unit("x3", None, removed="2026-11-20T00:00:00Z"),
        "L8": unit("x2", "A1", "GB"),
    }
    assert moved_in(document)[0].desired.pools == [
        {"type": "x1", "quantity": 1},
        {"type": "x2", "country": "GB", "quantity": 1, "unassigned_address": "new-york"},
        {"type": "x2", "quantity": 4, "unassigned_address": {"boston": 1, "new-york": 1}},
        {"type": "x4", "quantity": 1, "unassigned_address": "boston"},
    ]


def test_a_pool_that_no_list_names_has_no_quantity() -> None:
    """8x8's API shows only the licenses that users have."""
    units = {"L1": unit("x2"), "L2": {**unit("x4"), "seen_only": True}}
    holders = {"ada": accounts.user(["L1"]), "bo": accounts.user(["L2"])}
    held = inventory(units, holders)
    adopted = adopt(held, load_catalog(), None, NOW)
    assert [pool["type"] for pool in adopted.desired.pools] == ["x2"]
    assert "The quantity of 1 license pool is not" in adopted.left_out[0].message
    assert adopt(held, load_catalog(), None, NOW, lists_licenses=False).desired.pools == []


def test_policies_are_written_and_the_default_one_only_with_settings() -> None:
    policies = {
        "8x8 Master User Template": {"settings": {}},
        "Empty": {},
        "Strict": {
            "settings": {
                "disable_messaging": True,
                "vod_version_to_use": "latest",
                "x": 5,
                "y": None,
            }
        },
    }
    document = small(policies=policies)
    adopted, files, _ = moved_in(document)
    assert adopted.desired.policies == {
        "Empty": {},
        "Strict": {"settings": {"disable_messaging": True, "vod_version_to_use": "latest"}},
    }
    assert "settings.x" in adopted.left_out[0].message
    assert files["policies.yaml"].startswith("policies:\n  Empty: {}\n  Strict: {settings: {")


# --- what cannot be said --------------------------------------------------------------------------


def test_undeclared_fields_are_reported_once() -> None:
    document = small()
    user(document).update(ring_groups=["Main"], roles=["admin"])
    user(document)["services"][0]["extension"]["hot_desk"] = True
    document["sites"]["New York"]["siteCode"] = "12"
    assert left(document) == [
        (
            "'siteCode' of 1 site is not in the files: files cannot declare it, and plans leave "
            "it unchanged."
        ),
        (
            "'extension.hot_desk' of 1 user is not in the files: files cannot declare it, and "
            "plans leave it unchanged."
        ),
        (
            "'ring_groups' of 1 user is not in the files: files cannot declare it, and plans "
            "leave it unchanged."
        ),
        (
            "'roles' of 1 user is not in the files: files cannot declare it, and plans leave it "
            "unchanged."
        ),
    ]


def test_values_that_no_file_can_have_are_reported_one_by_one() -> None:
    document = small()
    user(document).update(department="Sa\u200bles")
    document["sites"]["New York"]["pbx"] = "p\u0007"
    assert left(document) == [
        "'pbx' of the site 'New York' is not in the files: files cannot express its value.",
        (
            "'department' of the user 'ada@acme.example' is not in the files: files cannot "
            "express its value."
        ),
    ]


def test_names_that_no_file_can_have_are_left_out() -> None:
    document = small()
    odd = "bo\u202e@acme.example"
    document["sites"]["Ne\u200bw"] = {}
    document["policies"] = {"St\u0007rict": {"settings": {}}}
    document["service_addresses"] |= {
        "A2": {"city": "Bos\u0000ton", "country": "US"},
        "A3": {"city": "Rome"},
    }
    document["licenses"]["L2"] = unit("x2", "A3")
    document["users"][odd] = {**user(document), "services": [], "site": "New York"}
    user(document)["job_title"] = "CE\u0007O"
    output = left(document)
    for word in ("'A2'", "'A3'", "site", "policy profile", "bo", "job_title"):
        assert any(word in message for message in output), (word, output)


def test_licenses_that_no_file_can_have_stay_unmanaged() -> None:
    document = small()
    document["licenses"]["L1"]["country"] = "usa"
    adopted, _, _ = moved_in(document)
    assert "licenses" not in adopted.desired.users[ADA]
    assert adopted.desired.pools == []
    assert adopted.desired.account["name"] == "acme"
    assert "defaults" not in adopted.desired.account
    assert len(adopted.left_out) == 2


def test_a_user_with_nothing_but_automatic_licenses_stays_unmanaged() -> None:
    document = small()
    document["licenses"]["L1"]["type"] = "local-number"
    del user(document)["services"][0]["extension"]
    assert "licenses" not in moved_in(document)[0].desired.users[ADA]


def test_what_the_rules_refuse_is_left_out_and_says_why() -> None:
    document = small()
    bo, cy = "bo@acme.example", "cy@acme.example"
    extension = {"number": "1002", "features": {"analytics": "supervisor"}}
    document["licenses"] |= {
        "L2": unit("uc-cold-storage", None, status="assigned", user=bo),
        "L3": unit("xf-workspace", None, status="assigned", user=bo),
        "L4": unit("x2", None, status="assigned", user=cy),
    }
    document["users"] |= {
        bo: {"site": "New York", "services": [{"license": "L2"}, {"license": "L3"}]},
        cy: {"site": "New York", "services": [{"license": "L4", "extension": extension}]},
    }
    adopted, _, _ = moved_in(document)
    assert "licenses" not in adopted.desired.users["bo@acme.example"]
    assert adopted.desired.users["cy@acme.example"]["licenses"] == [
        {"type": "x2", "extension": {"number": "1002"}}
    ]
    output = [diagnostic.message for diagnostic in adopted.left_out]
    assert any(
        "users/cy@acme.example: licenses.0.extension.features.analytics" in message
        for message in output
    )
    assert any(
        message.startswith("users/bo@acme.example: licenses is not in the files")
        for message in output
    )


def test_an_account_that_is_there_keeps_its_section() -> None:
    held = Inventory.from_document(small())
    section = {"name": "acme", "defaults": {"country": "GB"}}
    adopted = adopt(held, load_catalog(), section, NOW)
    assert adopted.desired.pools == [{"type": "x2", "country": "US", "quantity": 1}]
    assert "account.yaml" not in layout_files(adopted.desired, {}, has_account=True)
    faulty = adopt(held, load_catalog(), {"name": "acme", "defaults": {"policy": "Nowhere"}}, NOW)
    assert faulty.left_out == []  # what is wrong with the account is told with its file


@pytest.mark.slow
def test_the_limits_that_hold_by_default_are_written() -> None:
    adopted, _, held = moved_in(oracle_document(3, 100), NOW)
    assert held.user_count > 33
    assert adopted.desired.account["limits"] == dict.fromkeys(
        ("suspend", "unassign", "downgrade", "delete"), "30%"
    )


def test_having_no_license_is_in_the_name_of_a_template_and_never_comes_along() -> None:
    """Most of London are contacts: who is new there must not become one by the site alone."""
    contact = {
        "site": "London",
        "policy": "P",
        "locale": "en-GB",
        "timezone": "Europe/London",
        "licenses": [],
    }
    others = {
        "site": "Seattle",
        "policy": "P",
        "locale": "en-US",
        "timezone": "America/Los_Angeles",
    }
    users: dict[str, dict[str, Any]] = {f"l{n}": dict(contact) for n in range(12)}
    users |= {f"m{n}": {**contact, "licenses": [{"type": "x2"}]} for n in range(2)}
    users |= {f"s{n}": {**others, "licenses": [{"type": "x2"}]} for n in range(12)}
    templates, left = extract_templates(users)
    assert templates
    for name, template in templates.items():
        assert template.get("licenses") != [] or "contact" in name, (name, template)
    for name, rest in left.items():
        own = rest.get("template", [])
        filled: dict[str, Any] = {}
        for one in [own] if isinstance(own, str) else own:
            filled |= templates[one]
        assert filled | {k: v for k, v in rest.items() if k != "template"} == users[name]
