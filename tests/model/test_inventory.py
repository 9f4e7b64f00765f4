"""The inventory: records by key, and the indexes that planning asks."""

from __future__ import annotations

import json
from random import Random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from licsync.model.catalog import Catalog, merge_types, type_of
from licsync.model.desired import DEFAULT_POLICY, Desired, no_source
from licsync.model.inventory import Inventory, digest, numbers_in, numbers_of, services_of
from licsync.model.places import address_key, place_key

SEATTLE = {
    "street_number": "500",
    "street_name": "Pine St",
    "city": "Seattle",
    "postal": "98101",
    "country": "US",
}
DOCUMENT: dict[str, Any] = {
    "format_version": "1",
    "account": "acme",
    "as_of": "2026-11-24T00:00:00Z",
    "service_addresses": {"A2": SEATTLE, "A1": SEATTLE, "A3": {"country": "GB"}},
    "sites": {"HQ": {"service_address": "A1"}, "Bare": {}},
    "policies": {"Default": {"settings": {}}},
    "licenses": {"L1": {"type": "x2", "country": "US", "status": "assigned", "user": "Ada"}},
    "users": {
        "Ada": {
            "services": [
                {"license": "L1", "extension": {"number": "1001", "phone_numbers": ["+1", "+2"]}},
                {"license": "L2", "extension": {"phone_numbers": None}},
                {"license": "L3"},
            ]
        },
        "bo": {},
    },
}


def there() -> Inventory:
    return Inventory.from_document(DOCUMENT)


def test_a_document_goes_in_and_comes_out_as_it_was() -> None:
    assert there().to_document() == DOCUMENT
    assert (
        Inventory.from_document({"account": "acme"}).to_document()
        == Inventory("acme", "").to_document()
    )


def test_a_record_is_found_by_its_key() -> None:
    assert there().get("licenses/L1") == DOCUMENT["licenses"]["L1"]
    assert there().get("licenses/L9") is None
    assert there().get("sites/a/b") is None


def test_the_services_of_a_record_are_those_of_a_user() -> None:
    service = {"license": "L1"}
    assert services_of({"services": [service]}) == [service]
    assert services_of({"services": None}) == services_of({}) == services_of(None) == []


def test_a_site_has_an_address_or_none() -> None:
    sites = ("HQ", "Bare", "Nowhere", None)
    assert [there().address_of_site(site) for site in sites] == ["A1", None, None, None]


def test_users_are_found_without_regard_to_case() -> None:
    assert there().user_names == {"ada": "Ada", "bo": "bo"}


def test_of_equal_addresses_the_lowest_id_is_found() -> None:
    assert there().address_ids[place_key(SEATTLE)] == "A1"


def test_numbers_are_found_with_their_holder() -> None:
    assert there().numbers == {
        ("extension", "1001"): "Ada",
        ("phone-number", "+1"): "Ada",
        ("phone-number", "+2"): "Ada",
    }
    assert list(numbers_of({"services": None})) == []


def test_the_same_postal_content_is_the_same_address_however_it_is_written() -> None:
    spelled = {
        "country": "us",
        "postal": "98101",
        "city": " SEATTLE",
        "street_name": "pine  st",
        "street_number": "500",
    }
    assert address_key({**spelled, "building": "", "county": None, "id": "x"}) == address_key(
        SEATTLE
    )
    assert address_key({**SEATTLE, "building": "2"}) != address_key(SEATTLE)


values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=4)
    ),
    max_leaves=10,
)


def shuffled(value: Any, random: Random) -> Any:
    if isinstance(value, dict):
        return {k: shuffled(v, random) for k, v in random.sample(list(value.items()), len(value))}
    return [shuffled(v, random) for v in value] if isinstance(value, list) else value


@given(values, st.randoms(use_true_random=False))
def test_equal_records_have_equal_digests_whatever_their_key_order(
    value: Any, random: Random
) -> None:
    assert digest(shuffled(value, random)) == digest(value)
    assert digest(json.loads(json.dumps(value))) == digest(value)


@pytest.mark.parametrize(
    ("one", "other"), [({"a": 1}, {"a": "1"}), ({"a": None}, {}), ([1, 2], [2, 1]), (True, 1)]
)
def test_different_records_have_different_digests(one: Any, other: Any) -> None:
    assert digest(one) != digest(other)


def test_notes_about_a_record_are_not_part_of_its_digest() -> None:
    user = {"first_name": "Zoe", "services": [{"license": "L1"}]}
    noted = {
        **user,
        "spelled": {"first_name": {"asked": "Zoë", "stored": "Zoe"}},
        "services": [{"license": "L1", "vendor": {"links": []}, "restore": {"voicemail": "on"}}],
    }
    assert digest(noted) == digest(user)
    assert digest({**noted, "first_name": "Zoë"}) != digest(user)


def test_a_broken_character_does_not_stop_a_digest() -> None:
    assert digest({"a": "\ud800"}).startswith("sha256:")


# --- the desired state ----------------------------------------------------------------------------


def test_the_account_says_name_country_and_policy_of_what_says_nothing_itself() -> None:
    bare = Desired({"name": "acme"}, Catalog({}))
    assert (bare.name, bare.country, bare.policy) == ("acme", None, DEFAULT_POLICY)
    full = Desired({"name": "acme", "defaults": {"country": "GB", "policy": "Strict"}}, Catalog({}))
    assert (full.country, full.policy) == ("GB", "Strict")
    assert bare.where is no_source
    assert no_source("users", "ada") is None


# --- the catalog, as code -----------------------------------------------------------------------

TYPES = Catalog(
    {
        "low": {"plane": "uc", "ranks": {"a": 1, "b": 5}, "features": {"frontdesk": "no"}},
        "high": {
            "title": "High",
            "plane": "uc",
            "ranks": {"a": 2, "b": 4},
            "analytics": {"supervisor": "yes"},
        },
        "bare": {"plane": "uc", "analytics": {"supervisor": "no", "essentials": "no"}},
        "odd": {"title": "Odd"},
    }
)


def test_the_first_family_that_tells_two_types_apart_ranks_them_always_the_same() -> None:
    assert (TYPES.relation("low", "high"), TYPES.relation("high", "low")) == (
        "upgrade",
        "downgrade",
    )
    assert (
        TYPES.relation("low", "bare")
        == TYPES.relation("low", "mystery")
        == TYPES.relation("low", "low")
        == "change"
    )
    assert TYPES.shares_family("low", "low")
    assert not TYPES.shares_family("low", "bare")


def test_what_the_catalogue_does_not_know_is_unknown_and_fills_a_plane_of_its_own() -> None:
    assert TYPES.planes("mystery") == {"mystery"}
    assert TYPES.planes("odd") == {"odd"}
    assert not TYPES.is_single("mystery")
    assert not TYPES.is_automatic("mystery")
    assert (
        TYPES.supports("mystery", "frontdesk") == TYPES.supports("low", "desk_phone") == "unknown"
    )
    assert (TYPES.title("mystery"), TYPES.title("low"), TYPES.title("high")) == (
        "mystery",
        "low",
        "High",
    )
    assert "mystery" not in TYPES


def test_a_feature_falls_back_only_where_it_is_known_to_be_missing() -> None:
    assert TYPES.fallback("low", "frontdesk", True) is False
    assert TYPES.fallback("low", "frontdesk", False) is False
    assert TYPES.fallback("high", "frontdesk", True) is True
    assert TYPES.fallback("high", "analytics", "supervisor") == "supervisor"
    assert TYPES.fallback("bare", "analytics", "supervisor") is None
    assert TYPES.fallback("bare", "analytics", None) is None


@pytest.mark.parametrize("name", ["x-low", " X-LOW ", "the low one", "Lower"])
def test_a_type_is_found_by_its_key_its_title_or_the_vendors_names(name: str) -> None:
    entry = {"title": "Lower", "vendor_names": ["The Low One"], "plane": "uc"}
    catalog = Catalog({"other": {"plane": "cc"}, "x-low": entry})  # type: ignore[dict-item]
    assert type_of(name, catalog) == "x-low"
    assert type_of("nothing", catalog) is None


def test_an_accounts_own_entries_are_laid_over_the_catalogue() -> None:
    own = {"low": {"title": "Lower", "features": {"sms": "yes"}}, "new": {"plane": "addon"}}
    joined = merge_types(TYPES.types, own)  # type: ignore[arg-type]
    assert joined["low"]["features"] == {"frontdesk": "no", "sms": "yes"}
    assert (joined["low"]["title"], joined["low"]["plane"]) == ("Lower", "uc")
    assert joined["new"] == {"plane": "addon"}
    assert "title" not in TYPES["low"]


def test_the_digests_of_users_and_units_are_those_of_their_records() -> None:
    users, units = there().users, there().licenses
    expected = {f"users/{name}": digest(user) for name, user in users.items()}
    assert there().digests() == expected | {"licenses/L1": digest(units["L1"])}


def test_an_empty_number_is_no_number() -> None:
    extension = {"number": "", "phone_numbers": ["+12065550101"]}
    assert numbers_in(extension) == [("phone-number", "+12065550101")]
