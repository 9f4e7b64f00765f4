"""Values that mean the same, and what a vendor may have made of a value: one comparison for plan,
check and drift.
"""

from __future__ import annotations

from typing import Any

import pytest

from licsync.model.declarations import Extension, Site, UserAttributes
from licsync.model.fields import SET_LIKE, fields_of
from licsync.planning.comparison import differences, equivalent, may_be_tidied, removes

USER, EXTENSION, SITE = fields_of(UserAttributes), fields_of(Extension), fields_of(Site)
TITLE, NUMBERS = USER["job_title"], EXTENSION["phone_numbers"]


@pytest.mark.parametrize(
    ("one", "other", "marks"),
    [
        ("Clerk", "Clerk", TITLE),
        (None, "", TITLE),
        ([], None, NUMBERS),
        ("Sales Rep", " Sales  Rep ", TITLE),
        ("R&D", "R&amp;D", TITLE),
        ("Müller", "Mu\u0308ller", TITLE),
        ("ada@acme.example", "Ada@ACME.example", USER["email"]),
        ("ada@acme.example", "Ada@ACME.example", EXTENSION["voicemail_email"]),
        ("en-US", "en_us", USER["locale"]),
        ("en-US", "en-us", SITE["locale"]),
        ("America/Los_Angeles", "US/Pacific", USER["timezone"]),
        ("Asia/Kolkata", "asia/calcutta", SITE["timezone"]),
        ("Mars/Olympus", "mars/olympus", USER["timezone"]),
        (["+1", "+2", "+3"], ["+1", "+3", "+2"], NUMBERS),
        ([{"a": 1}, {"b": 2}], [{"b": 2}, {"a": 1}], (SET_LIKE,)),
    ],
)
def test_values_that_mean_the_same(one: Any, other: Any, marks: Any) -> None:
    assert equivalent(one, other, marks)
    assert equivalent(other, one, marks)
    assert may_be_tidied(one, other, marks)


@pytest.mark.parametrize(
    ("one", "other", "marks"),
    [
        ("Clerk", "clerk", TITLE),
        ("Clerk", None, TITLE),
        ("R&D", "R and D", TITLE),
        ("en-US", "en-GB", USER["locale"]),
        ("America/Los_Angeles", "America/Denver", USER["timezone"]),
        (["+1", "+2"], ["+2", "+1"], NUMBERS),
        (["+1", "+2"], ["+1"], NUMBERS),
        (["+1"], "+1", NUMBERS),
        ([{"a": 1}], [{"a": 2}], ()),
        ([{"a": 1}], [{"a": 2}], (SET_LIKE,)),
        (True, "true", ()),
    ],
)
def test_values_that_do_not(one: Any, other: Any, marks: Any) -> None:
    assert not equivalent(one, other, marks)
    assert not equivalent(other, one, marks)


@pytest.mark.parametrize(
    ("stored", "asked"),
    [
        ("clerk", "Clerk"),
        ("CLERK", " Clerk"),
        ("Regional Acc", "Regional Account Executive"),
        ("regional", "Regional Clerk"),
    ],
)
def test_letters_of_another_case_and_a_cut_end_are_the_vendors_doing(
    stored: str, asked: str
) -> None:
    assert may_be_tidied(stored, asked, TITLE)


@pytest.mark.parametrize(
    ("stored", "asked"),
    [
        ("Clerk", "Clerk of the Court"),
        ("Boss", "Clerk"),
        (None, "Clerk"),
        (1, "Clerk"),
        (["Clerk"], "Clerk"),
    ],
)
def test_another_value_is_not(stored: Any, asked: Any) -> None:
    assert not may_be_tidied(stored, asked, TITLE)


def test_a_value_stored_in_another_form_is_equal_while_both_stay() -> None:
    record = {"job_title": "clerk", "spelled": {"job_title": {"asked": "Clerk", "stored": "clerk"}}}
    assert list(differences(UserAttributes, {"job_title": "Clerk"}, record)) == []
    assert list(differences(UserAttributes, {"job_title": "Boss"}, record)) == [
        ("job_title", "clerk", "Boss")
    ]
    other = {**record, "job_title": "cleaner"}
    assert list(differences(UserAttributes, {"job_title": "Clerk"}, other)) == [
        ("job_title", "cleaner", "Clerk")
    ]


@pytest.mark.parametrize(
    "entry",
    [None, {"job_title": ""}, {"licenses": []}, {"licenses": [{"extension": {"number": None}}]}],
)
def test_an_empty_value_removes(entry: Any) -> None:
    assert removes(entry)


@pytest.mark.parametrize(
    "entry", [{"job_title": "Clerk", "licenses": [{"type": "x2"}]}, {"hot_desk": False}, 0]
)
def test_a_value_with_content_removes_nothing(entry: Any) -> None:
    assert not removes(entry)
