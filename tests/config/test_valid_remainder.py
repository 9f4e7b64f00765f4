"""What is left of files with faults: everything that is not faulty, at its place."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter

from licsync.config.assembly import LoadedConfig
from licsync.config.loader import load
from licsync.config.validation import LISTS, SECTIONS, DroppedItems, validate_entries
from licsync.config.yaml.events import resolve_scalar
from licsync.diagnostics import Code
from licsync.model.declarations import Tree
from tests.support.accounts import write_account, write_files
from tests.support.samples import examples


def load_text(root: Path, text: str) -> LoadedConfig:
    return load(write_files(root, {"account.yaml": "account: {name: acme}\n", "a.yaml": text}))


def test_valid_entries_are_kept(tmp_path: Path) -> None:
    text = """\
users:
  ada:
    statu: active
    site: HQ
    email: no
    licenses:
      - {typ: x4}
      - {type: x2, country: us, extension: {number: "1", phone_numbers: ["+1", "+12065550101"]}}
      - x8
  bo:
  cy: {job_title: Rep}
service_addresses:
  here: {city: Seattle}
  there: {city: Oslo, country: norway}
  gone: 5
sites: {HQ: here, B: {service_address: here, pbx: [x]}}
licenses: [{quantity: 4}, {type: x2, quantity: many}, x4]
account: {name: acme, limits: {delete: none, suspend: 3}, defaults: 5}
"""
    write_account(tmp_path, text)
    desired = load(tmp_path).desired
    assert desired is not None
    assert desired.users == {
        "ada": {
            "site": "HQ",
            "licenses": [
                {"type": "x2", "extension": {"number": "1", "phone_numbers": ["+12065550101"]}},
                {"type": "x8"},
            ],
        },
        "bo": {},
        "cy": {"job_title": "Rep"},
    }
    assert desired.service_addresses == {
        "here": {"city": "Seattle", "country": "US"},
        "there": {"city": "Oslo", "country": "US"},
        "gone": {"country": "US"},
    }
    assert desired.sites == {"HQ": {}, "B": {"service_address": "here"}}
    assert desired.pools == [{"type": "x2"}]
    assert desired.account == {"name": "acme", "limits": {"suspend": 3}}


def test_the_default_country_stands_in(tmp_path: Path) -> None:
    text = "service_addresses: {a: {city: B}}\naccount: {name: acme, defaults: {country: NO}}\n"
    write_account(tmp_path, text)
    desired = load(tmp_path).desired
    assert desired is not None
    assert desired.service_addresses == {"a": {"city": "B", "country": "NO"}}


def test_valid_entries_keep_their_positions(tmp_path: Path) -> None:
    text = """\
users:
  ada:
    licenses:
      - {typ: x4}
      - {type: x2, extension: {phone_numbers: ["+1", "+2", "+12065550101"]}}
      - []
      - x8
licenses:
  - {}
  - {type: x2}
"""
    desired = load_text(tmp_path, text).desired
    assert desired is not None
    assert str(desired.where("users", "ada", "licenses", 0, "type")) == "a.yaml:5:10"
    assert (
        str(desired.where("users", "ada", "licenses", 0, "extension", "phone_numbers", 0))
        == "a.yaml:5:60"
    )
    assert str(desired.where("users", "ada", "licenses", 1)) == "a.yaml:7:9"
    assert str(desired.where("licenses", 0)) == "a.yaml:10:5"


# --- properties -----------------------------------------------------------------------------------

KEYS = sorted(
    {
        name
        for section in TypeAdapter(Tree).json_schema()["$defs"].values()
        for name in section.get("properties", {})
    }
)


SCALARS = st.sampled_from(
    [
        "",
        "null",
        "true",
        "no",
        "0",
        "-1",
        "20%",
        "0x1F",
        "1e3",
        "US",
        "active",
        "x4",
        "+12065550101",
        "2026-12-31",
        "a@b.cc",
    ]
)


RAW = st.recursive(
    SCALARS.map(resolve_scalar) | SCALARS,
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(KEYS), inner, max_size=5)
    ),
    max_leaves=20,
)


@pytest.mark.parametrize("section", SECTIONS)
@examples(40)
@given(data=st.data())
def test_what_remains_is_valid_and_what_was_valid_remains(
    section: str, data: st.DataObject
) -> None:
    is_list = section in LISTS
    entries: Any = data.draw(
        st.lists(RAW, max_size=3) if is_list else st.dictionaries(st.sampled_from(KEYS), RAW)
    )
    adapter: TypeAdapter[Any] = TypeAdapter(SECTIONS[section])
    content, faults = validate_entries(section, entries, DroppedItems(), {"country": "US"})
    assert all(
        f.path[0] == section and f.message and f.code in (Code.UNKNOWN_KEY, Code.INVALID_VALUE)
        for f in faults
    )
    if content is None:
        assert section == "account"
        assert faults
    else:
        assert adapter.validate_python(entries) == content
    if not is_list and section != "account" and content is not None:
        assert set(content) == set(entries)


@given(
    st.lists(st.integers(0, 9), unique=True, max_size=8),
    st.lists(st.integers(0, 5), unique=True, max_size=4),
)
def test_dropped_items_are_counted_back(first: list[int], second: list[int]) -> None:
    items = list(range(20))
    dropped = DroppedItems()
    for gone in (first, second):
        dropped.add([("s", index) for index in gone])
        items = [item for index, item in enumerate(items) if index not in gone]
    assert [dropped.original(("s", index)) for index in range(len(items))] == [
        ("s", item) for item in items
    ]
    assert dropped.original(("other", 3, "s", 2)) == ("other", 3, "s", 2)
