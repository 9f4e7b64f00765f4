"""What a backend can do is data that can be asked."""

from __future__ import annotations

from licsync.model.capabilities import LOCAL, VERBS, Capabilities, console_capabilities

SOME = Capabilities(
    {"license": frozenset(("assign", "upgrade"))},
    user_paths=frozenset(("email",)),
    extension_paths=frozenset(("number",)),
    changes_in_place=False,
    service_address=False,
    hidden=frozenset(("licenses", "users.extension.features")),
)


def test_the_embedded_console_does_writes_and_shows_everything() -> None:
    assert all(LOCAL.can(kind, verb) for kind, verbs in VERBS.items() for verb in verbs)
    assert all(LOCAL.writes(path) for path in ("service_address", "extension.number", "site"))
    assert LOCAL.shows("policies")
    assert not LOCAL.loses("upgrade")


def test_what_is_not_named_cannot_be_done_or_written() -> None:
    assert SOME.can("license", "assign")
    assert not SOME.can("license", "relocate")
    assert not SOME.can("policy", "create")
    assert SOME.writes("email")
    assert not SOME.writes("site")
    assert SOME.writes("extension.number")
    assert not SOME.writes("extension.devices")
    assert not SOME.writes("service_address")


def test_extensions_are_written_of_some_planes() -> None:
    able = Capabilities({}, extension_planes=frozenset(("uc",)))
    assert able.writes("extension.number", frozenset(("uc", "cc")))
    assert not able.writes("extension.number", frozenset(("cc",)))


def test_sections_and_paths_are_hidden() -> None:
    assert not SOME.shows("licenses")
    assert SOME.shows("users")
    assert not SOME.shows("users", "extension.features.analytics")
    assert SOME.shows("users", "extension.feature")
    assert not SOME.shows("users", "service_address")
    assert SOME.shows("sites", "service_address")


def test_only_a_change_that_it_does_itself_loses_something() -> None:
    assert SOME.loses("upgrade")
    assert not SOME.loses("downgrade")
    assert not SOME.loses("assign")


def test_in_the_console_people_do_everything_and_nothing_is_lost() -> None:
    able = console_capabilities({})
    assert not any(able.can(kind, verb) for kind, verbs in VERBS.items() for verb in verbs)
    assert able.changes_in_place
    assert not able.loses("upgrade")
    assert not able.lost
    assert able.shows("users", "extension.features.analytics")
    assert console_capabilities({}, scim="read") == able


def test_what_no_export_has_shown_is_hidden() -> None:
    able = console_capabilities({"users.status": "2026-11-24T09:00:00Z"})
    assert able.shows("users")
    assert able.shows("users", "status")
    assert not able.shows("users", "policy")
    assert not able.shows("users", "extension.number")
    assert not able.shows("users", "service_address")
    assert not able.shows("policies")


def test_scim_changes_users_but_not_their_licenses() -> None:
    able = console_capabilities({}, scim="write")
    assert {verb for verb in VERBS["user"] if able.can("user", verb)} == {
        "create",
        "update",
        "suspend",
        "reactivate",
    }
    assert not any(able.can("license", verb) for verb in VERBS["license"])
    assert able.writes("department")
    assert not any(map(able.writes, ("site", "policy", "service_address", "extension.number")))
