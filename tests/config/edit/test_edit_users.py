"""Users change in files that people wrote, and nothing else in them changes."""

from __future__ import annotations

from typing import Any

import pytest

from licsync.config.edit.edit_users import UserEdit, edit_users
from licsync.config.yaml.parser import MAX_DEPTH, read
from licsync.diagnostics import InputInvalid

ADA = "ada@acme.example"


def edited(text: str, values: dict[str, Any] | None = None, rename: str | None = None) -> str:
    """Change Ada; the file must keep its content, and have the change."""
    edit = UserEdit(rename, values or {})
    found = edit_users(text.encode(), {ADA: edit}, "a.yaml").decode()
    before, after = (read(t.encode(), "a.yaml", MAX_DEPTH) for t in (text, found))
    assert after.faults == []
    users = dict(before.root["users"])
    old = users.pop(ADA) or {}
    changed = {**old, **(values or {})}
    users[rename or ADA] = {key: value for key, value in changed.items() if value is not None}
    assert after.root["users"] == users
    assert {k: v for k, v in before.root.items() if k != "users"} == {
        k: v for k, v in after.root.items() if k != "users"
    }
    return found


@pytest.mark.parametrize(
    ("before", "values", "after"),
    [
        (
            "    site: A  # since May\n    department: Sales\n",
            {"site": "B"},
            "    site: B  # since May\n    department: Sales\n",
        ),
        ("    site: A\n", {"site": "NO"}, '    site: "NO"\n'),
        (
            "    # Ada leads.\n    first_name: Ada\n    licenses: [x2]\n",
            {"department": "Sales", "external_id": "0042"},
            (
                '    external_id: "0042"\n    # Ada leads.\n    first_name: Ada\n'
                "    department: Sales\n    licenses: [x2]\n"
            ),
        ),
        (
            "    template:\n      - a\n      - b\n    site: A\n",
            {"template": ["c", "d"]},
            "    template: [c, d]\n    site: A\n",
        ),
        (
            "    template:\n      - a  # first\n      - b\n    site: A\n",
            {"template": "c"},
            "    template:\n      c\n    site: A\n",
        ),
        (
            "    site: A\n    # until then\n    offboard_on: 2026-12-31  # agreed\n\n",
            {"offboard_on": None},
            "    site: A\n    # until then\n\n",
        ),
        (
            "    job_title: |-\n      Lead\n    site: A\n",
            {"job_title": "Boss"},
            "    job_title: Boss\n    site: A\n",
        ),
        (
            "    job_title: |-\n      Lead\n    site: A\n",
            {"job_title": None},
            "    site: A\n",
        ),
        (
            "    site: A\n    job_title: |\n      Lead\n",
            {"department": "Sales"},
            "    site: A\n    job_title: |\n      Lead\n    department: Sales\n",
        ),
        ("    site:\n", {"site": "A"}, "    site: A\n"),
        ("    site: A\n", {"site": None}, "    {}\n"),
        (
            "    site: A\n",
            {"offboard_on": "2026-12-31"},
            "    site: A\n    offboard_on: 2026-12-31\n",
        ),
    ],
)
def test_keys_of_an_entry_change_in_place(before: str, values: dict[str, Any], after: str) -> None:
    head = f"# head\nusers:\n  bo@acme.example: {{site: A}}\n  {ADA}:  # her\n"
    assert edited(f"{head}{before}# foot\n", values) == f"{head}{after}# foot\n"


@pytest.mark.parametrize(
    ("before", "values", "after"),
    [
        ("{site: A, department: 'Sales'}", {"site": "B"}, "{site: B, department: 'Sales'}"),
        ("{site: A, locale: de-DE}", {"site": None}, "{locale: de-DE}"),
        ("{site: A}", {"site": None}, "{}"),
        ("{site: A}", {"template": ["a", "b"]}, "{site: A, template: [a, b]}"),
        ("{}", {"site": "B"}, "{site: B}"),
        ("", {"site": "B"}, " {site: B}"),
    ],
)
def test_an_entry_in_braces_stays_in_braces(
    before: str, values: dict[str, Any], after: str
) -> None:
    space = " " if before else ""
    assert edited(f"users:\n  {ADA}:{space}{before} # her\n", values) == (
        f"users:\n  {ADA}:{space}{after} # her\n"
    )
    if before:
        assert edited(f"users: {{{ADA}: {before}}}", values) == f"users: {{{ADA}: {after}}}\n"


def test_a_renamed_user_keeps_its_place_and_stays_protected() -> None:
    text = (
        "account:\n  protected_users: [boss@x, ADA@acme.example]\n"
        f"users:\n  # her\n  {ADA}:\n    site: A\n  zoe: {{}}\n"
    )
    edit = {ADA: UserEdit("ada.lopez@acme.example", {"previously": ADA})}
    assert edit_users(text.encode(), edit, "a.yaml").decode() == (
        "account:\n  protected_users: [boss@x, ada.lopez@acme.example]\n"
        "users:\n  # her\n  ada.lopez@acme.example:\n    previously: ada@acme.example\n"
        "    site: A\n  zoe: {}\n"
    )
    assert edited(f"users:\n  {ADA}: {{}}\n", rename="no") == 'users:\n  "no": {}\n'


def test_bytes_that_mean_nothing_stay() -> None:
    text = f"\ufeffusers:\r\n  {ADA}:\r\n    site: A"
    found = edit_users(text.encode(), {ADA: UserEdit(None, {"locale": "de-DE"})}, "a.yaml")
    assert found == f"\ufeffusers:\r\n  {ADA}:\r\n    site: A\r\n    locale: de-DE\r\n".encode()
    for other in (b"", b"- a\n", b"sites: {}\n", b"users: {bo: {}}"):
        assert edit_users(other, {ADA: UserEdit("eve")}, "a.yaml") == other


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (f"users:\n  bo: &one {{site: A}}\n  {ADA}: *one\n", "alias"),
        (f"users:\n  {ADA}: {{\n    site: A, # there\n  }}\n", "may contain a comment"),
        (f"users:\n  a: &x {{}}\n  b: &x {{}}\n  {ADA}: {{}}\n", "anchor twice"),
    ],
)
def test_what_cannot_be_changed_alone_is_refused(text: str, reason: str) -> None:
    with pytest.raises(InputInvalid, match=reason) as caught:
        edit_users(text.encode(), {ADA: UserEdit(None, {"site": "B"})}, "a.yaml")
    assert caught.value.diagnostics[0].hint
