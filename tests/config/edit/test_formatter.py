"""`licsync fmt` on one file: what it puts into order, quotes and shortens, and what it leaves
alone.
"""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path
from random import Random
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from licsync.config.edit.formatter import format_file, is_misread
from licsync.config.loader import load
from licsync.config.yaml.parser import MAX_DEPTH, read
from tests.oracle.generator import make_account
from tests.support.samples import examples, seeds
from tests.support.yaml_comments import with_comments


def form(text: str) -> str:
    found, faults = format_file(text.encode(), "a.yaml")
    assert faults == []
    again, _ = format_file(found, "a.yaml")
    assert again == found, "not the same when formatted again"
    return found.decode()


def test_fields_come_as_they_are_declared_and_names_stay() -> None:
    text = """\
users:
  zoe@acme.example:
    licenses: [x2]
    last_name: Zhu
    template: staff
    first_name: Zoe
  ada@acme.example: {site: London, template: staff}
sites:
  London: {pbx: a, service_address: london}
"""
    assert (
        form(text)
        == """\
sites:
  London: {service_address: london, pbx: a}
users:
  zoe@acme.example:
    template: staff
    first_name: Zoe
    last_name: Zhu
    licenses: [x2]
  ada@acme.example: {template: staff, site: London}
"""
    )


def test_comments_go_with_what_they_stand_above_or_beside() -> None:
    text = """\
# yaml-language-server: $schema=a.json
# About this file.

# Who works here.
users:   # everybody
  # Ada leads.
  ada@acme.example:
    # her team
    site: London   # the old office

    # her name
    first_name: Ada
      # deeper: belongs to the name
    # at the end of Ada

  # Bo follows.
  bo@acme.example: {}
  # nobody else

# Where.
sites:
  London: {}
# the end
"""
    assert (
        form(text)
        == """\
# yaml-language-server: $schema=a.json
# About this file.

# Where.
sites:
  London: {}

# Who works here.
users:   # everybody
  # Ada leads.
  ada@acme.example:
    # her name
    first_name: Ada
      # deeper: belongs to the name

    # her team
    site: London   # the old office
    # at the end of Ada

  # Bo follows.
  bo@acme.example: {}
  # nobody else
# the end
"""
    )


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("users: {a@b.cd: {licenses: [{type: x2}]}}", "users: {a@b.cd: {licenses: [x2]}}"),
        ("users: {a@b.cd: {template: [staff]}}", "users: {a@b.cd: {template: staff}}"),
        ("users: {a@b.cd: {template: [a, b]}}", "users: {a@b.cd: {template: [a, b]}}"),
        ("licenses: [{type: x2}]", "licenses: [{type: x2}]"),  # the pool has no short form
        ("sites: {NO: {pbx: 12}}", 'sites: {"NO": {pbx: "12"}}'),
        ("service_addresses: {a: {country: NO}}", 'service_addresses: {a: {country: "NO"}}'),
        ("users: {a@b.cd: {licenses: [{type: 8}]}}", 'users: {a@b.cd: {licenses: ["8"]}}'),
        ("users: {a@b.cd: {template: [null]}}", "users: {a@b.cd: {template: [null]}}"),
        # a site is not a list
        ("users: {a@b.cd: {site: [false]}}", "users: {a@b.cd: {site: [false]}}"),
        ("users:\n ?", "users:\n ?"),
        (
            "users: {a@b.cd: {licenses: [{type: [x2]}, {type: ~}]}}",
            "users: {a@b.cd: {licenses: [{type: [x2]}, {type: ~}]}}",
        ),
        ("users: {a@b.cd: {job_title: ~}}", "users: {a@b.cd: {job_title: ~}}"),
        (
            "users: {a@b.cd: {offboard_on: 2026-12-31}}",
            "users: {a@b.cd: {offboard_on: 2026-12-31}}",
        ),
        ("account: {name: a, limits: {delete: 0}}", "account: {name: a, limits: {delete: 0}}"),
        (
            "policies: {p: {settings: {a: true, b: yes}}}",
            "policies: {p: {settings: {a: true, b: yes}}}",
        ),
        ("users:\n- x\n", "users:\n- x\n"),  # faulty, but it can be read
        ("bogus: 1\naccount: {name: a}", "account: {name: a}\nbogus: 1"),
        ("users:   \n  a@b.cd:  \n    job_title: |\n      two  \n      lines  \n", None),
        ("", ""),
        ("# only a comment  ", "# only a comment"),
    ],
)
def test_spellings(before: str, after: str | None) -> None:
    if after is None:
        after = re.sub(r" +(?=\n {2,4}[aj])", "", before)
    assert form(before) == (after if not after or after.endswith("\n") else f"{after}\n")


@pytest.mark.parametrize(
    "word", ["+4420", "0123", "1e10", "12:30:45", "NO", "off", "Yes", "n", "0x1F", "1_000", ".inf"]
)
def test_what_yaml_would_misread_is_quoted_where_text_is_wanted(word: str) -> None:
    assert is_misread(word)
    text = f"users: {{a@b.cd: {{licenses: [{{type: x2, extension: {{number: {word}}}}}]}}}}\n"
    assert f'number: "{word}"' in form(text)


@pytest.mark.parametrize(
    "word", ["Ada", "x2", "0a1b2c3d4e5f", "ada@acme.example", "EC4Y 1AA", "a:b"]
)
def test_other_text_is_left_as_it_was_written(word: str) -> None:
    assert not is_misread(word)


def test_a_block_entry_becomes_short_and_keeps_its_comment() -> None:
    head = "users:\n  a@b.cd:\n    licenses:\n"
    text = f"{head}      - type: x2   # why\n      # next\n      - country: US\n        type: x4\n"
    expected = f"{head}      - x2   # why\n      # next\n      - type: x4\n        country: US\n"
    assert form(text) == expected


def test_a_comment_below_a_text_of_several_lines_goes_with_what_follows() -> None:
    text = """\
users:
  a@b.cd:
    job_title: |
      text

    # the first name
    first_name: Ada
    department: >+
      kept

# where they sit
sites:
  HQ: {}
"""
    expected = """\
# where they sit
sites:
  HQ: {}
users:
  a@b.cd:
    # the first name
    first_name: Ada
    job_title: |
      text

    department: >+
      kept

"""
    assert form(text) == expected


def test_what_would_leave_a_comment_without_its_place_stays() -> None:
    inside = "users: {a@b.cd: {licenses: [{type: x2 # why\n  }]}}\n"
    assert form(inside) == inside
    for bracketed in ("[ # why\n      t ]", "[t # why\n      ]"):
        text = f"users:\n  a@b.cd:\n    template: {bracketed}\n"
        assert form(text) == text
    inline = (
        "users:\n  a@b.cd:\n    licenses:\n      - country: US\n        # why x4\n"
        "        type: x4\n"
    )
    assert form(inline) == inline
    flow = "users: {a@b.cd: {site: London, # why\n  first_name: Ada}}\n"
    assert form(flow) == flow


@pytest.mark.parametrize(
    "text", ["users: |\n  text", "users: &a {}\nsites: &a {}", "users:   |\n    a  \n   "]
)
def test_what_cannot_be_changed_safely_stays(text: str) -> None:
    assert form(text) == text


def test_line_ends_and_byte_order_mark_are_kept() -> None:
    text = "\ufeffusers:\r\n  a@b.cd:\r\n    site: London  \r\n    first_name: Ada"
    assert form(text) == "\ufeffusers:\r\n  a@b.cd:\r\n    first_name: Ada\r\n    site: London\r\n"


def test_a_file_with_aliases_keeps_its_order() -> None:
    text = "users: {a@b.cd: {site: &s London, first_name: 12}, c@d.ef: {site: *s}}\n"
    assert (
        form(text) == 'users: {a@b.cd: {site: &s London, first_name: "12"}, c@d.ef: {site: *s}}\n'
    )
    text = "users: {a@b.cd: {site: &s London, first_name: *s, last_name: 12}}\n"
    assert form(text) == 'users: {a@b.cd: {site: &s London, first_name: *s, last_name: "12"}}\n'


@pytest.mark.parametrize(
    "anchor", [" &b", " &b  # why", "\n    &b", "\n    # above\n    &b\n    # below"]
)
def test_an_anchor_stays_above_what_it_names(anchor: str) -> None:
    text = f"users:\n  ada@acme.example:{anchor}\n    site: London\n    status: active\n"
    kept, below, _ = anchor.partition("\n    # below")
    below = "    # below\n" if below else ""
    expected = f"users:\n  ada@acme.example:{kept}\n    status: active\n{below}    site: London\n"
    assert form(text) == expected


def test_an_anchor_of_an_entry_stays_behind_the_dash() -> None:
    text = (
        "users:\n  ada@acme.example:\n    licenses:\n      - &x\n        country: US\n"
        "        type: x2\n"
    )
    assert form(text).endswith("      - &x\n        type: x2\n        country: US\n")


@pytest.mark.parametrize(
    "text", ["users: [", "a: 1\na: 2\n", "users:\n\t- x\n", "--- a\n--- b\n", "x: \0"]
)
def test_a_file_that_cannot_be_read_is_left_alone(text: str) -> None:
    data = text.encode()
    found, faults = format_file(data, "a.yaml")
    assert found == data
    assert [f.span.file for f in faults if f.span] == ["a.yaml"] * len(faults)
    assert faults


# --- properties -----------------------------------------------------------------------------------


def loaded(directory: Path) -> dict[str, Any]:
    found = load(directory, jobs=1)
    assert found.desired is not None
    desired = found.desired
    names = ("account", "service_addresses", "sites", "pools", "policies", "users", "catalog")
    return {name: getattr(desired, name) for name in names} | {
        "faults": [d.message for d in found.diagnostics]
    }


def comments(text: str) -> Counter[str]:
    return Counter(
        found.rstrip() for found in re.findall(r"# (?:comment|beside|end)[^\r\n]*", text)
    )


@seeds(4, soak=12)
def test_a_formatted_account_means_the_same(tmp_path: Path, seed: int) -> None:
    rng = Random(seed)
    before, after = tmp_path / "before", tmp_path / "after"
    changed = 0
    for name, text in make_account(seed).files.items():
        source = with_comments(text, rng)
        if rng.random() < 0.3:
            source = source.replace("\n", "\r\n")
        found = form(source)
        assert comments(found) == comments(source)
        changed += found != source
        for root, content in ((before, source), (after, found)):
            (root / name).parent.mkdir(parents=True, exist_ok=True)
            (root / name).write_bytes(content.encode())
    assert loaded(before) == loaded(after)
    assert changed


TEXTS = st.sampled_from(
    ["NO", "0123", "+4420", "Ada", "12:30", "a b", "~", "true", "x: y", "#", "x2", "ü", "'", '"']
)
SCALARS = TEXTS | st.booleans() | st.integers(0, 99) | st.none()
KEYS = st.sampled_from(
    ["users", "licenses", "type", "site", "template", "first_name", "settings", "NO", "x", "sites"]
)
TREES = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=4),
    max_leaves=20,
)


@examples(120)
@given(
    st.dictionaries(KEYS, TREES, max_size=4),
    st.sampled_from([None, False, True]),
    st.randoms(use_true_random=False),
)
def test_formatting_keeps_the_meaning_of_any_file(
    tree: dict[str, Any], flow: bool | None, rng: Any
) -> None:
    text = with_comments(
        yaml.safe_dump(tree, default_flow_style=flow, sort_keys=False, allow_unicode=True), rng
    )
    if read(text.encode(), "a.yaml", MAX_DEPTH).faults:
        return
    found = form(text)
    assert comments(found) == comments(text)


PIECES = st.sampled_from(
    [
        *"ab[]{},'\"\\#1\r:",
        "b: ",
        "- ",
        "\n",
        "\n  ",
        ": ",
        "? ",
        "&x ",
        "*x",
        "|\n",
        "--- ",
        "users:\n ",
        "NO",
    ]
)


@examples(120)
@given(st.lists(PIECES, max_size=25).map("".join))
def test_no_text_whatever_is_broken(text: str) -> None:
    data = text.encode()
    found, faults = format_file(data, "a.yaml")
    assert bool(faults) == bool(read(data, "a.yaml", MAX_DEPTH).faults)
    assert format_file(found, "a.yaml")[0] == found
