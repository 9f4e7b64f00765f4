"""Each type of backend says where its inventory lies and whether it reaches the real account."""

from __future__ import annotations

from typing import get_args, get_type_hints

from licsync.model.account_declarations import BACKENDS_OF_SETTINGS, BackendSettings
from licsync.model.backend_types import BACKEND_TYPES, SCIM_REACH, UNKNOWN, backend_type


def test_every_type_of_the_files_is_one() -> None:
    assert {*get_args(get_type_hints(BackendSettings)["type"])} == BACKEND_TYPES.keys()
    assert all(
        kinds and {*kinds} <= BACKEND_TYPES.keys() for kinds in BACKENDS_OF_SETTINGS.values()
    )
    assert BACKENDS_OF_SETTINGS.keys() <= get_type_hints(BackendSettings).keys()


def test_a_type_says_whether_changes_reach_the_real_account() -> None:
    assert "nothing is sent to 8x8" in backend_type("local").reach
    for name in ("console", "8x8"):
        assert "real account" in backend_type(name).reach
    assert "real account" in SCIM_REACH


def test_where_the_inventory_lies() -> None:
    assert [name for name, kind in BACKEND_TYPES.items() if kind.is_stored] == ["local", "console"]
    assert [name for name, kind in BACKEND_TYPES.items() if kind.is_sandbox] == ["local"]


def test_a_type_of_another_version_has_a_name() -> None:
    other = backend_type("other")
    assert {other.name, other.title, other.short} == {"other"}
    assert not other.is_stored
    assert not other.is_sandbox


def test_an_unknown_backend_type_reaches_neither_sandbox_nor_8x8() -> None:
    assert backend_type("unknown") is UNKNOWN
    assert UNKNOWN.is_stored
    assert not UNKNOWN.is_sandbox
    assert "sandbox" not in f"{UNKNOWN.title} {UNKNOWN.short} {UNKNOWN.reach}"
