"""Users are added to files that people wrote, and nothing else in them changes."""

from __future__ import annotations

from difflib import ndiff
from random import Random
from typing import Any

import pytest

from licsync.config.edit.insert_users import insert_users
from licsync.config.yaml.parser import MAX_DEPTH, read
from licsync.diagnostics import InputInvalid
from tests.oracle.generator import make_account
from tests.support.samples import seeds
from tests.support.yaml_comments import with_comments

NEW: dict[str, Any] = {"cy@acme.example": {"first_name": "Cy", "licenses": [{"type": "x2"}]}}
LINES = "  cy@acme.example:\n    first_name: Cy\n    licenses: [x2]\n"


FLOW = "cy@acme.example: {first_name: Cy, licenses: [x2]}"


def edited(text: str, users: dict[str, Any] | None = None) -> str:
    """Add users; the file must keep its lines, and have the users."""
    users = users or NEW
    found = insert_users(text.encode(), users, "a.yaml").decode()
    before, after = (read(t.encode(), "a.yaml", MAX_DEPTH) for t in (text, found))
    assert after.faults == []
    old, new = before.root.get("users") or {}, after.root["users"]
    assert {k: v for k, v in new.items() if k in old} == old
    assert new.keys() == old.keys() | users.keys()
    assert {k: v for k, v in before.root.items() if k != "users"} == {
        k: v for k, v in after.root.items() if k != "users"
    }
    return found


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("", f"users:\n{LINES}"),
        ("# only this\n", f"# only this\n\nusers:\n{LINES}"),
        ("sites: {}", f"sites: {{}}\n\nusers:\n{LINES}"),
        ("users:\n", f"users:\n{LINES}"),
        ("users: # nobody\n\nsites: {}\n", f"users: # nobody\n{LINES}\nsites: {{}}\n"),
        ("users: {} # nobody\n", f"users: # nobody\n{LINES}"),
        ("users: null\n", f"users:\n{LINES}"),
        ("users:\n  ada@acme.example: {}\n", f"users:\n  ada@acme.example: {{}}\n{LINES}"),
        ("users:\n  di@acme.example: {}", f"users:\n{LINES}  di@acme.example: {{}}\n"),
        (
            "users:\n  # all\n\n  # Di leads.\n  # Really.\n  di@acme.example: {}\n",
            f"users:\n  # all\n\n{LINES}  # Di leads.\n  # Really.\n  di@acme.example: {{}}\n",
        ),
        (
            (
                "users:\n  ada@acme.example: {} # one\n\n  # Di leads.\n  di@acme.example: {}\n"
                "  # end\n# far\nsites: {}\n"
            ),
            f"users:\n  ada@acme.example: {{}} # one\n\n{LINES}\n  # Di leads.\n"
            "  di@acme.example: {}\n  # end\n"
            "# far\nsites: {}\n",
        ),
        (
            (
                "users:\n  di@acme.example: {}\n  ada@acme.example:\n    site: A\n    # of Ada\n"
                "\nsites: {}\n"
            ),
            "users:\n  di@acme.example: {}\n  ada@acme.example:\n    site: A\n    # of Ada\n"
            + LINES
            + "\nsites: {}\n",
        ),
        (
            "users:\n    ada@acme.example: {}\n",
            (
                "users:\n    ada@acme.example: {}\n    cy@acme.example:\n      first_name: Cy\n"
                "      licenses: [x2]\n"
            ),
        ),
        (
            "users:\r\n  ada@acme.example: {}\r\n",
            "users:\r\n  ada@acme.example: {}\r\n" + LINES.replace("\n", "\r\n"),
        ),
        ("\ufeffusers:\n", f"\ufeffusers:\n{LINES}"),
        ("users: {ada@acme.example: {}}\n", f"users: {{ada@acme.example: {{}}, {FLOW}}}\n"),
        ("{users: {}, sites: {}}\n", f"{{users: {{{FLOW}}}, sites: {{}}}}\n"),
        ("{sites: {}}\n", f"{{sites: {{}}, users: {{{FLOW}}}}}\n"),
        (
            "users:\n  ada@acme.example: &a {site: A}\n  bo@acme.example: *a\n",
            "users:\n  ada@acme.example: &a {site: A}\n  bo@acme.example: *a\n" + LINES,
        ),
    ],
)
def test_where_users_are_put(before: str, after: str) -> None:
    assert edited(before) == after


def test_a_file_that_is_not_there_is_begun() -> None:
    found = insert_users(None, NEW, "a.yaml", "s.json").decode()
    assert found == f"# yaml-language-server: $schema=s.json\nusers:\n{LINES}"


def test_several_users_stand_between_those_of_the_file() -> None:
    users = {f"{name}@acme.example": {} for name in ("zoe", "bo", "abe", "cy")}
    found = edited("users:\n\n  Ada@acme.example: {}\n\n  di@acme.example: {}\n", users)
    names = [line.split("@")[0].strip() for line in found.splitlines() if "@" in line]
    assert names == ["abe", "Ada", "bo", "cy", "di", "zoe"]


def test_an_anchor_that_is_there_twice_is_refused() -> None:
    with pytest.raises(InputInvalid, match="anchor twice"):
        insert_users(
            b"users:\n  ada@acme.example: &a {}\n  bo@acme.example: &a {}\n", NEW, "a.yaml"
        )


@seeds(4, soak=12)
def test_lines_are_added_and_none_is_changed(seed: int) -> None:
    rng = Random(seed)
    users = {
        f"{letter}new{i}@acme.example": {"first_name": f"New{i}"} for i, letter in enumerate("amz")
    }
    for text in make_account(seed).files.values():
        source = with_comments(text, rng)
        found = edited(source, users)
        removed = [
            line for line in ndiff(source.splitlines(), found.splitlines()) if line.startswith("- ")
        ]
        assert removed == [] or "{" in removed[0]
