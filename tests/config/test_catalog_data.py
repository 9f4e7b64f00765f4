"""The catalog of the package: complete, well formed, and ordered as the contract says."""

from __future__ import annotations

from itertools import combinations, product

import pytest
from pydantic import TypeAdapter

from licsync.config.catalog import load_catalog
from licsync.model.catalog import Catalog, type_of
from licsync.model.declarations import LicenseType

KEYS = [
    *("lobby", "vo-basic", "vo-classic", "vo-editions"),
    *("x1", "x2", "x3", "x4", "x5", "x6", "x7", "x8", "xt"),
    *("vcc-agent", "additional-named-user"),
    *("xf-workspace", "xf-global", "xf-international", "xf-pro", "xf-metered"),
    *("engage", "engage-bundled", "engage-unbundled"),
    *("local-number", "uc-cold-storage"),
]
X_SERIES = ["lobby", "x1", "x2", "x3", "x4", "x5", "x6", "x7", "x8"]
RANKED = (X_SERIES, ["lobby", "vo-basic"])

CATALOG = load_catalog()


def test_it_has_every_key_of_the_contract_and_no_other() -> None:
    assert list(CATALOG.types) == KEYS


@pytest.mark.parametrize("key", KEYS)
def test_a_type_is_shaped_as_declared(key: str) -> None:
    entry = CATALOG[key]
    assert TypeAdapter(LicenseType).validate_python(entry, strict=True) == entry
    assert {"title", "plane", "family"} <= set(entry)


@pytest.mark.parametrize("key", KEYS)
def test_every_uncertain_fact_is_a_fact_of_the_type_or_unknown(key: str) -> None:
    entry = CATALOG[key]
    for fact, reason in entry.get("uncertain", {}).items():
        field, _, name = fact.partition(".")
        assert field in LicenseType.__annotations__
        assert len(reason) > 5
        if field not in ("features", "analytics"):
            value = entry[field]  # type: ignore[literal-required]
            assert not name or name in value


@pytest.mark.parametrize("key", KEYS)
def test_references_between_types_resolve_and_pairs_are_mutual(key: str) -> None:
    for other in CATALOG[key].get("requires", ()):
        assert key in CATALOG[other].get("requires", ())
        assert CATALOG.planes(key) | CATALOG.planes(other) == {"uc", "cc"}
    families = {entry["family"] for entry in CATALOG.types.values()}
    assert set(CATALOG[key].get("excludes", ())) <= set(KEYS) | families


def test_relation_is_the_order_of_the_contract() -> None:
    for old, new in product(KEYS, KEYS):
        expected = "change"
        for family in RANKED:
            if old in family and new in family and old != new:
                expected = "upgrade" if family.index(old) < family.index(new) else "downgrade"
        assert CATALOG.relation(old, new) == expected, (old, new)


def test_planes() -> None:
    planes = {key: CATALOG[key]["plane"] for key in KEYS}
    both = {k for k, p in planes.items() if p == "uc+cc"}
    assert both == {"x6", "x7", "x8"}
    assert {k for k, p in planes.items() if p == "cc"} == {"vcc-agent", "xf-workspace", "engage"}
    assert {k for k, p in planes.items() if p == "number"} == {"local-number"}
    assert {k for k, p in planes.items() if p == "addon"} == {
        "additional-named-user",
        "uc-cold-storage",
    }
    assert [k for k in KEYS if CATALOG.is_automatic(k)] == ["local-number"]


@pytest.mark.parametrize(
    ("feature", "value", "support"),
    [
        ("analytics", "essentials", "yes yes yes yes yes yes yes yes yes"),
        ("analytics", "supervisor", "no no no no yes yes yes yes yes"),
        ("switchboard_pro", True, "no no no yes yes yes yes yes yes"),
        ("frontdesk", True, "no no no grandfathered yes yes yes yes yes"),
        ("sms", True, "no unknown yes yes yes yes yes yes yes"),
        ("desk_phone", True, "yes yes yes yes yes yes yes yes yes"),
        ("softphone", True, "no yes yes yes yes yes yes yes yes"),
        ("fax", True, "no unknown yes yes yes yes yes yes yes"),
        ("hot_desk", True, "yes yes yes yes yes yes yes yes yes"),
        ("teams", True, "unknown yes yes yes yes yes yes yes yes"),
        ("crm", True, "unknown " * 9),
    ],
)
def test_features_of_the_x_series_follow_the_matrix(
    feature: str, value: object, support: str
) -> None:
    assert [CATALOG.supports(key, feature, value) for key in X_SERIES] == support.split()


def test_supervisor_of_x7_is_a_yes_that_is_marked_uncertain() -> None:
    assert "(C7)" in CATALOG["x7"]["uncertain"]["analytics.supervisor"]
    assert "(C6)" in CATALOG["x1"]["uncertain"]["features.sms"]


def test_every_fact_of_x5_that_the_matrix_does_not_list_is_marked_uncertain() -> None:
    entry = CATALOG["x5"]
    marked = set(entry["uncertain"])
    for feature in entry["features"]:
        # the Phone App page says X1 to X8
        assert f"features.{feature}" in marked or feature == "teams"
    assert {
        "recording_days",
        "analytics.essentials",
        "analytics.supervisor",
        "counts.sms_pool",
    } <= marked


def test_counting_rules() -> None:
    def counting(rule: str) -> list[str]:
        return [k for k in KEYS if rule in CATALOG[k].get("counts", {})]

    assert counting("named_users") == ["x6", "x7", "x8"]
    assert {CATALOG[k]["counts"]["named_users"] for k in counting("named_users")} == {5}
    assert counting("sms_pool") == ["x2", "x3", "x4", "x5", "x6", "x7", "x8"]
    assert counting("included_local_numbers") == X_SERIES[1:]


def test_desk_phones_are_refused_only_where_the_vendor_says_work_apps_only() -> None:
    refused = {k for k in KEYS if CATALOG.supports(k, "desk_phone") == "no"}
    assert refused == {k for k in KEYS if k.startswith(("xf-", "engage"))}


@pytest.mark.parametrize("key", KEYS)
def test_vendor_names_lead_back_to_their_type(key: str) -> None:
    for name in (key, CATALOG.title(key), *CATALOG[key].get("vendor_names", ())):
        assert type_of(f" {name.upper()} ", CATALOG) == key


def test_an_account_adds_types_and_overrides_single_facts() -> None:
    own: dict[str, LicenseType] = {
        "x8": {"counts": {"named_users": 4}},
        "x4-lite": {"title": "X4 Lite", "plane": "uc", "ranks": {"x-series": 4}},
    }
    catalog = load_catalog(own)
    assert catalog["x8"]["counts"] == {**CATALOG["x8"]["counts"], "named_users": 4}
    assert catalog.title("x8") == "X8"
    assert catalog.relation("x4-lite", "x5") == "upgrade"
    assert catalog.relation("x4-lite", "x4") == "change"
    assert CATALOG["x8"]["counts"]["named_users"] == 5, "the package's own catalog is not touched"
    assert list(catalog.types) == [*KEYS, "x4-lite"]


def test_it_is_read_once() -> None:
    assert load_catalog().types is load_catalog().types


def test_every_two_types_of_one_ranked_family_differ_in_rank() -> None:
    for one, other in combinations(KEYS, 2):
        a, b = CATALOG[one].get("ranks", {}), CATALOG[other].get("ranks", {})
        assert all(a[family] != b[family] for family in a.keys() & b.keys())


def test_an_unknown_type_is_not_an_error() -> None:
    assert Catalog({}).supports("x4", "sms") == "unknown"
