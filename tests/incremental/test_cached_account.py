"""What is kept of an account comes back as it was."""

from __future__ import annotations

from array import array
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from licsync.config.positions import Places
from licsync.config.yaml.parser import Document
from licsync.diagnostics import Code, Span, warning
from licsync.incremental.cache import Cache
from licsync.incremental.cached_account import (
    Kept,
    Whole,
    keep_parts,
    keep_whole,
    recalled_parts,
    recalled_whole,
)
from licsync.incremental.user_files import Part
from licsync.model.inventory import Rest
from licsync.model.scalars import Plain

REST = Rest(2, Counter({("x2", "US", None): 1, ("x2", "US", "A1"): 1}), {"Europe/London"})
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
    one = Part(
        Document("a.yaml", {"users": USERS}, places, [], True), ["bo", "cy"], ["L1"], rest=REST
    )
    one.names, one.numbers, one.seen = array("Q", (1, 2**64 - 1)), array("Q", (5,)), b"\0\xff"
    two = Part(Document("b.yaml", {"users": {}}, {}, [], True), ["di"], ["L2", "L3"])
    kept = Kept(
        "t",
        "around",
        {"a.yaml": "k1", "b.yaml": "k2"},
        {"a.yaml": one, "b.yaml": two},
        {"users": ["ada"]},
    )
    keep_parts(cache, kept)
    found = recalled_parts(cache)
    assert found is not None
    assert (found.token, found.around, found.keys, found.loose) == (
        "t",
        "around",
        kept.keys,
        kept.loose,
    )
    first = found.parts["a.yaml"]
    assert typed(first.document.root) == typed({"users": USERS})
    assert (first.document.places, first.rest, first.seen) == (places, REST, one.seen)
    assert (first.names, first.numbers, first.users) == (one.names, one.numbers, [])
    assert found.with_settled(cache, {"b.yaml"})
    assert (first.users, found.parts["b.yaml"].users, found.parts["b.yaml"].units) == (
        [],
        ["di"],
        ["L2", "L3"],
    )


def whole(diagnostics: list[Any]) -> Whole:
    places = Places({}, {"a.yaml": {("users", "ada"): (7, 3)}}, {"users": Span("a.yaml", 1, 1)}, {})
    sections = {"account": {"name": "acme"}, "users": USERS}
    return Whole(
        "t",
        "digest",
        sections,
        {"t": {"n": Plain("1")}},
        places,
        {"account": "acme"},
        REST,
        diagnostics,
    )


def test_what_a_plan_is_made_of_comes_back(cache: Cache) -> None:
    keep_whole(cache, whole([]))
    found = recalled_whole(cache, {})
    assert found is not None
    assert (found.token, found.digest, found.rest, found.document) == (
        "t",
        "digest",
        REST,
        {"account": "acme"},
    )
    assert typed(found.sections) == typed({"account": {"name": "acme"}, "users": USERS})
    assert typed(found.templates) == typed({"t": {"n": Plain("1")}})
    assert found.places.to_json() == whole([]).places.to_json()
    assert found.desired().name == "acme"
    assert found.inventory().rest == REST


def test_of_what_there_is_something_to_be_said_nothing_is_kept(cache: Cache) -> None:
    keep_whole(cache, whole([warning(Code.INVALID_VALUE, "")]))
    assert recalled_whole(cache, {}) is None
