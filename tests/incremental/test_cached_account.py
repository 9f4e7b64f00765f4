"""The cache returns what was written, or nothing."""

from __future__ import annotations

from array import array
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from licsync.config.positions import SourcePositions
from licsync.config.yaml.parser import Document
from licsync.diagnostics import Code, Span, warning
from licsync.incremental.cache import Cache
from licsync.incremental.cached_account import (
    CachedAccount,
    CachedUserFiles,
    load_cached_account,
    load_cached_user_files,
    save_account,
    save_user_files,
)
from licsync.incremental.user_files import UserFile
from licsync.model.inventory import InSyncTotals
from licsync.model.scalars import Plain

REST = InSyncTotals(2, Counter({("x2", "US", None): 1, ("x2", "US", "A1"): 1}), {"Europe/London"})
USERS = {
    "ada": {"number": Plain("007"), "text": "007", "list": [Plain("true"), None, {"é": "\ud800"}]}
}


@pytest.fixture
def cache(tmp_path: Path) -> Cache:
    return Cache(tmp_path, b"owner", 1)


def typed(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: typed(item) for key, item in value.items()}
    return [typed(item) for item in value] if isinstance(value, list) else (type(value), value)


def test_parts_come_back_and_who_is_settled_when_it_is_asked_for(cache: Cache) -> None:
    places = {("users",): (1, 1), ("users", "ada"): (7, 3)}
    one = UserFile(
        Document("a.yaml", {"users": USERS}, places, [], True),
        ["bo", "cy"],
        ["L1"],
        in_sync_totals=REST,
    )
    one.names, one.numbers, one.records_digest = (
        array("Q", (1, 2**64 - 1)),
        array("Q", (5,)),
        b"\0\xff",
    )
    two = UserFile(Document("b.yaml", {"users": {}}, {}, [], True), ["di"], ["L2", "L3"])
    cached = CachedUserFiles(
        "t",
        "shared",
        {"a.yaml": "k1", "b.yaml": "k2"},
        {"a.yaml": one, "b.yaml": two},
        {"users": ["ada"]},
    )
    save_user_files(cache, cached)
    found = load_cached_user_files(cache)
    assert found is not None
    assert (found.token, found.shared_digest, found.keys, found.not_in_sync) == (
        "t",
        "shared",
        cached.keys,
        cached.not_in_sync,
    )
    first = found.files["a.yaml"]
    assert typed(first.document.root) == typed({"users": USERS})
    assert (first.document.places, first.in_sync_totals, first.records_digest) == (
        places,
        REST,
        one.records_digest,
    )
    assert (first.names, first.numbers, first.users) == (one.names, one.numbers, [])
    assert found.load_in_sync(cache, {"b.yaml"})
    assert (first.users, found.files["b.yaml"].users, found.files["b.yaml"].units) == (
        [],
        ["di"],
        ["L2", "L3"],
    )


def whole(diagnostics: list[Any]) -> CachedAccount:
    positions = SourcePositions(
        {}, {"a.yaml": {("users", "ada"): (7, 3)}}, {"users": Span("a.yaml", 1, 1)}, {}
    )
    sections = {"account": {"name": "acme"}, "users": USERS}
    return CachedAccount(
        "t",
        "digest",
        sections,
        {"t": {"n": Plain("1")}},
        positions,
        {"account": "acme"},
        REST,
        diagnostics,
    )


def test_what_a_plan_is_made_of_comes_back(cache: Cache) -> None:
    save_account(cache, whole([]))
    found = load_cached_account(cache, {})
    assert found is not None
    assert (found.token, found.digest, found.in_sync_totals, found.document) == (
        "t",
        "digest",
        REST,
        {"account": "acme"},
    )
    assert typed(found.sections) == typed({"account": {"name": "acme"}, "users": USERS})
    assert typed(found.templates) == typed({"t": {"n": Plain("1")}})
    assert found.positions.to_json() == whole([]).positions.to_json()
    assert found.desired().name == "acme"
    assert found.inventory().in_sync_totals == REST


def test_of_what_there_is_something_to_be_said_nothing_is_kept(cache: Cache) -> None:
    save_account(cache, whole([warning(Code.INVALID_VALUE, "")]))
    assert load_cached_account(cache, {}) is None
