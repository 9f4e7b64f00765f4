"""Who changed something, as people read it."""

from __future__ import annotations

import re
from typing import Any

import pytest

from licsync.planning.attribution import Attribution, AuditEvent, Author
from licsync.views.audit import (
    attribution_json,
    author_text,
    other_markdown,
    other_rows,
    redact_attribution,
)

AT = "2026-11-24T09:12:00.000Z"
ADA = Author("ada@acme.example", AT, user_id="U1")


def event(**fields: Any) -> AuditEvent:
    own = {"event": "update", "entity": "user", "key": "U2", "name": "bo@acme.example"}
    return AuditEvent("e1", AT, **{**own, "user_id": "U1", **fields})


def log(*events: AuditEvent) -> Attribution:
    return Attribution({}, [(one, ADA) for one in events])


@pytest.mark.parametrize(
    ("author", "text"),
    [
        (None, ""),
        (ADA, "ada@acme.example, 24 Nov 2026 09:12 UTC"),
        (Author(None, AT, user_id="U9"), "user id U9, 24 Nov 2026 09:12 UTC"),
        (Author(None, ""), "somebody"),
        (Author("ada", AT, is_vendor_staff=True), "8x8 staff for ada, 24 Nov 2026 09:12 UTC"),
    ],
)
def test_an_author_is_named_as_far_as_it_is_known(author: Author | None, text: str) -> None:
    assert author_text(author) == text


@pytest.mark.parametrize(
    ("fields", "what", "values"),
    [
        ({"old": {"a": 1}, "new": {"a": 2, "b": "x"}}, "update user bo@acme.example",
         "a: 1 → 2, b: — → x"),
        ({"name": "Bo Chen", "user": "bo@acme.example"}, "update user bo@acme.example", ""),
        ({"entity": "extension", "name": "1002", "user": "bo@acme.example"},
         "update extension 1002 of bo@acme.example", ""),
        ({"event": "create", "new": {"a": 2}}, "create user bo@acme.example", ""),
        ({"unread": True, "name": ""}, "update user U2", "details that cannot be read"),
        ({"new": {"voicemailPin": "1234"}}, "update user bo@acme.example",
         "voicemailPin: — → …"),
    ],
)  # fmt: skip
def test_a_change_says_what_and_which_values(
    fields: dict[str, Any], what: str, values: str
) -> None:
    assert other_rows(log(event(**fields))) == [(author_text(ADA), what, values)]


def test_no_value_of_a_secret_is_in_any_form() -> None:
    found = log(event(old={"password": "hunter2"}, new={"accessCode": "hunter2", "api_token": 7}))
    assert "hunter2" not in str(attribution_json(found)) + other_markdown(found)


def test_the_newest_changes_come_first_and_the_rest_is_counted() -> None:
    rows = other_rows(log(*(event(name=f"u{number}") for number in range(25))))
    assert len(rows) == 21
    assert rows[0][1] == "update user u24"
    assert rows[-1] == ("… and 5 more", "", "")


def test_markdown_cannot_be_broken_by_a_name() -> None:
    text = other_markdown(log(event(name="a|b<script>\n# x")))
    (row,) = text.splitlines()[4:]
    assert "<script>" not in re.sub("`[^`]*`", "", row), "only as code"
    assert row.count("|") - row.count("\\|") == 4
    assert other_markdown(log()) == ""


def test_redacting_masks_people_and_values() -> None:
    found = redact_attribution(
        Attribution(
            {("users/bo@acme.example", "last_name"): Author(None, AT), ("x", "y"): ADA},
            [
                (event(old={"a": "1"}, new={"a": "2"}), ADA),
                (event(entity="phonenumber", key="+12065550101", name="+12065550101"), ADA),
            ],
        )
    )
    assert list(found.authors) == [("users/bo@…", "last_name"), ("x", "y")]
    assert found.authors["x", "y"].name == "ada@…"
    assert other_rows(found)[1][1:] == ("update user bo@…", "a: … → …")
    assert "206555" not in str(attribution_json(found))
