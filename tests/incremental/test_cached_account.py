"""The cache returns what was written, or nothing."""

from __future__ import annotations

from array import array
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from licsync.config.positions import SourcePositions
from licsync.config.yaml.document import Document
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
from licsync.incremental.in_sync_entries import InSyncEntries
from licsync.incremental.user_files import UserFile
from licsync.model.inventory import InSyncTotals
from licsync.model.scalars import Plain
from tests.support.vendor_documents import CATALOG

REST = InSyncTotals(
    2,
    Counter({("x2", "US", None): 1, ("x2", "US", "A1"): 1}),
    {"Europe/London"},
    call_links={"to:1002"},
)
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
        InSyncEntries(array("Q", (1, 2**64 - 1)), array("Q", (5,)), ["bo", "cy"], ["", ""], ["L1"]),
        in_sync_totals=REST,
    )
    one.in_sync.keys = one.in_sync.records = bytes(32)  # of the two users of REST
    two = UserFile(
        Document("b.yaml", {"users": {}}, {}, [], True),
        InSyncEntries(
            users=["di"],
            zones=["Europe/London"],
            units=["L2", "L3"],
            pools=[("x2", "US", "A1", False), ("x4", "US", None, True)],
            counts=[(2, 0, 0)],
            call_links=[("to:1002", "ring_groups:Main")],
            keys=b"k" * 16,
            records=b"\0\xff" * 8,
        ),
        InSyncTotals(1),
    )
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
    assert (first.document.places, first.in_sync_totals) == (places, REST)
    hashes = (first.in_sync.names, first.in_sync.numbers)
    assert (*hashes, first.in_sync.users) == (one.in_sync.names, one.in_sync.numbers, [])
    assert found.load_in_sync(cache, {"b.yaml"})
    assert first.in_sync.users == []
    entries = found.files["b.yaml"].in_sync
    assert (entries.users, entries.zones, entries.units) == (
        ["di"],
        ["Europe/London"],
        ["L2", "L3"],
    )
    assert (entries.pools, [*map(tuple, entries.counts)]) == (two.in_sync.pools, [(2, 0, 0)])
    assert entries.call_links == two.in_sync.call_links
    assert (entries.keys, entries.records) == (two.in_sync.keys, two.in_sync.records)


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
        CATALOG.types,
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
    assert found.desired().catalog == CATALOG
    assert found.inventory().in_sync_totals == REST


def test_an_account_with_diagnostics_is_not_cached(cache: Cache) -> None:
    save_account(cache, whole([warning(Code.INVALID_VALUE, "")]))
    assert load_cached_account(cache, {}) is None
