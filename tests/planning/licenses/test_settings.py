"""What happens to the settings of a license that changes: kept, automatic, declared, lost,
available.
"""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from licsync.model.catalog import Catalog
from licsync.planning.actions import Change
from licsync.planning.comparison import lookup
from licsync.planning.licenses.settings import Settings, settings_on_change, settings_on_unassign
from licsync.planning.licenses.settings import settings_on_assign as given_settings
from tests.support.accounts import CATALOG

ADA = {
    "number": "1001",
    "phone_numbers": ["+12065550101", "+12065550102"],
    "call_forwarding": [{"when": "no_answer", "to": "1002", "after_seconds": 20}],
    "voicemail_email": "ada@acme.example",
    "recording_mode": "on_demand",
    "features": {"analytics": "supervisor", "switchboard_pro": True, "frontdesk": True},
    "devices": [{"model": "Yealink T54W", "mac_address": "0a1b2c3d4e5f"}],
}
SHARED = [
    "number",
    "phone_numbers",
    "call_forwarding",
    "voicemail_email",
    "recording_mode",
    "devices",
]


def becomes(
    old: str, new: str, current: dict[str, Any], declared: dict[str, Any] | None = None
) -> Settings:
    return settings_on_change(CATALOG, old, new, current, declared or {})


def changes_of(settings: Settings) -> dict[str, tuple[Any, Any, str]]:
    return {
        c.path.removeprefix("extension."): (c.before, c.after, c.reason) for c in settings.changes
    }


def test_a_downgrade_keeps_what_both_types_share_and_the_rest_falls_back_by_itself() -> None:
    settings = becomes("x4", "x2", ADA)
    assert settings.kept == [f"extension.{name}" for name in SHARED]
    assert changes_of(settings) == {
        "features.analytics": ("supervisor", "essentials", "automatic"),
        "features.switchboard_pro": (True, False, "automatic"),
        "features.frontdesk": (True, False, "automatic"),
    }
    assert settings.lost == []


def test_a_feature_that_both_types_have_is_kept() -> None:
    settings = becomes("x4", "x3", ADA)
    assert "extension.features.switchboard_pro" in settings.kept
    assert "features.switchboard_pro" not in changes_of(settings)


def test_what_extensions_may_keep_that_have_it_already_is_kept() -> None:
    assert "extension.features.frontdesk" in becomes("x4", "x3", ADA).kept


def test_on_an_upgrade_new_features_stay_off_and_are_named_as_available() -> None:
    settings = becomes("x2", "x4", {"number": "1001", "features": {"analytics": "essentials"}})
    assert settings.changes == []
    assert settings.available == ["analytics: supervisor", "switchboard_pro", "frontdesk"]


def test_a_declared_feature_is_switched_on_and_not_named_as_available() -> None:
    settings = becomes("x2", "x4", {"number": "1001"}, {"features": {"analytics": "supervisor"}})
    assert changes_of(settings) == {"features.analytics": (None, "supervisor", "declared")}
    assert settings.available == ["switchboard_pro", "frontdesk"]


def test_what_is_on_already_is_not_named_as_available() -> None:
    assert "analytics: supervisor" not in becomes("vo-editions", "x4", ADA).available


def test_nothing_is_available_that_the_old_type_had() -> None:
    assert becomes("x4", "x6", {"number": "1001"}).available == []


def test_a_declared_value_wins_over_what_would_come_by_itself() -> None:
    settings = becomes("x4", "x2", ADA, {"number": "1009", "call_forwarding": []})
    assert changes_of(settings)["number"] == ("1001", "1009", "declared")
    assert changes_of(settings)["call_forwarding"] == (ADA["call_forwarding"], None, "declared")
    assert settings.lost == []


def test_a_declared_value_that_comes_by_itself_anyway_is_automatic() -> None:
    assert (
        changes_of(becomes("x4", "x2", ADA, {"features": {"frontdesk": False}}))[
            "features.frontdesk"
        ][2]
        == "automatic"
    )


def test_a_declared_value_that_is_there_already_is_kept() -> None:
    settings = becomes("x4", "x2", {"number": "1001"}, {"number": "1001"})
    assert (settings.changes, settings.kept) == ([], ["extension.number"])


def test_a_value_that_stays_empty_is_not_listed() -> None:
    settings = becomes(
        "x4", "x2", {"voicemail_email": ""}, {"voicemail_email": None, "call_forwarding": []}
    )
    assert (settings.changes, settings.kept, settings.lost) == ([], [], [])


def test_desk_phones_are_lost_on_a_type_that_has_none() -> None:
    settings = becomes("x4", "xf-global", ADA)
    assert settings.lost == ["extension.devices"]
    assert changes_of(settings)["devices"] == (ADA["devices"], None, "automatic")


def test_a_level_whose_fallback_is_missing_too_is_lost() -> None:
    bare = Catalog(
        {
            **CATALOG.types,
            "bare": {"plane": "uc", "analytics": {"supervisor": "no", "essentials": "no"}},
        }
    )
    settings = settings_on_change(bare, "x4", "bare", {"features": {"analytics": "supervisor"}}, {})
    assert settings.lost == ["extension.features.analytics"]
    assert changes_of(settings) == {"features.analytics": ("supervisor", None, "automatic")}


def test_what_is_not_known_to_be_missing_is_kept() -> None:
    assert becomes("x4", "xt", ADA).lost == []
    assert "extension.features.analytics" in becomes("x4", "xt", ADA).kept


def test_a_new_license_has_what_is_declared_and_nothing_empty() -> None:
    declared = {
        "features": {"frontdesk": True},
        "number": "1001",
        "phone_numbers": [],
        "voicemail_email": "",
    }
    assert given_settings(declared).changes == [
        Change("extension.number", None, "1001"),
        Change("extension.features.frontdesk", None, True),
    ]


def test_a_license_that_is_given_up_loses_everything() -> None:
    settings = settings_on_unassign(
        {"number": "1001", "phone_numbers": [], "features": {"frontdesk": True}}
    )
    assert settings.lost == ["extension.number", "extension.features.frontdesk"]
    assert settings.changes == [
        Change("extension.number", "1001", None, "released"),
        Change("extension.features.frontdesk", True, None, "released"),
    ]


# --- any settings, any types ----------------------------------------------------------------------

features = st.fixed_dictionaries(
    {},
    optional={
        "analytics": st.sampled_from(("essentials", "supervisor")),
        "switchboard_pro": st.booleans(),
        "frontdesk": st.booleans(),
    },
)
extensions = st.fixed_dictionaries(
    {},
    optional={
        "number": st.sampled_from(("1001", "1002", None)),
        "phone_numbers": st.lists(st.sampled_from(("+12065550101", "+12065550102")), unique=True),
        "call_forwarding": st.lists(
            st.fixed_dictionaries({"when": st.just("busy"), "to": st.just("1002")}), max_size=1
        ),
        "voicemail_email": st.sampled_from(("", "a@acme.example")),
        "recording_mode": st.sampled_from(("off", "always")),
        "features": features,
        "devices": st.lists(st.sampled_from(({"model": "A"}, {"model": "B"})), unique_by=str),
    },
)
kinds = st.sampled_from(sorted(CATALOG.types))


@given(kinds, kinds, extensions, extensions)
def test_every_existing_value_is_kept_or_its_change_is_reported(
    old: str, new: str, current: dict[str, Any], declared: dict[str, Any]
) -> None:
    settings = becomes(old, new, current, declared)
    paths = [f"extension.{p}" for p in SHARED] + [
        f"extension.features.{f}" for f in current.get("features", ())
    ]
    there = {p for p in paths if lookup({"extension": current}, p) is not None}
    told_of = {c.path for c in settings.changes}
    assert there <= told_of | set(settings.kept)
    assert not told_of & set(settings.kept)
    assert set(settings.kept) <= there
    assert set(settings.lost) <= told_of


@given(kinds, kinds, extensions)
def test_without_a_declaration_only_features_and_devices_change_and_only_by_themselves(
    old: str, new: str, current: dict[str, Any]
) -> None:
    for change in becomes(old, new, current).changes:
        assert change.reason == "automatic"
        assert change.path.startswith(("extension.features.", "extension.devices"))


@given(kinds, kinds, extensions, extensions)
def test_declared_settings_have_the_declared_values_afterwards(
    old: str, new: str, current: dict[str, Any], declared: dict[str, Any]
) -> None:
    after = {c.path: c.after for c in becomes(old, new, current, declared).changes}
    for name in ("number", "phone_numbers", "voicemail_email", "recording_mode"):
        if name in declared:
            path = f"extension.{name}"
            result = after[path] if path in after else lookup({"extension": current}, path)
            assert result == (declared[name] or None)


@pytest.mark.parametrize("name", ["analytics", "switchboard_pro", "frontdesk"])
def test_an_empty_features_mapping_removes_each_of_them(name: str) -> None:
    settings = becomes("x4", "x6", ADA, {"features": {}})
    assert changes_of(settings)[f"features.{name}"] == (ADA["features"][name], None, "declared")
