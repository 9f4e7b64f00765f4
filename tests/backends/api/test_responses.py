"""Every answer means exactly one thing."""

from __future__ import annotations

import httpx2
import pytest

from licsync.backends.api.responses import error_text
from licsync.backends.http.responses import classify_status, strict_json
from licsync.backends.http.transport import NOT_SENT

REFUSED = [
    300,
    301,
    302,
    307,
    308,
    400,
    401,
    403,
    404,
    405,
    406,
    409,
    410,
    412,
    413,
    415,
    418,
    422,
    425,
    429,
    451,
    501,
]
AMBIGUOUS = [100, 103, 408, 424, 500, 502, 503, 504, 507, 520, 599, 999]


@pytest.mark.parametrize("status", REFUSED)
def test_a_refused_request_has_no_effect(status: int) -> None:
    assert (
        classify_status(status, readable=True)
        == classify_status(status, readable=False)
        == "refused"
    )


@pytest.mark.parametrize("status", AMBIGUOUS)
def test_an_ambiguous_answer_leads_to_a_check(status: int) -> None:
    assert (
        classify_status(status, readable=True)
        == classify_status(status, readable=False)
        == "ambiguous"
    )


@pytest.mark.parametrize("status", [200, 201, 202, 204])
def test_a_good_answer_counts_when_it_can_be_read(status: int) -> None:
    assert classify_status(status, readable=True) == "accepted"
    assert classify_status(status, readable=False) == "ambiguous"


def test_every_status_has_an_outcome() -> None:
    outcomes = {classify_status(status, readable=True) for status in range(100, 1000)}
    assert outcomes == {"accepted", "refused", "ambiguous"}


def test_a_request_counts_as_not_sent_only_if_that_is_certain() -> None:
    later = (
        httpx2.ReadTimeout,
        httpx2.WriteTimeout,
        httpx2.ReadError,
        httpx2.WriteError,
        httpx2.RemoteProtocolError,
    )
    assert not any(issubclass(kind, NOT_SENT) for kind in later)


@pytest.mark.parametrize(
    "text",
    [
        b"",
        b"{",
        b'{"a": 1, "a": 2}',
        b'{"a": {"b": 1, "b": 1}}',
        b'{"a": NaN}',
        b"[Infinity]",
        b"[-Infinity]",
        b'{"a": "\xff"}',
        b"\xff\xfe{\x00}\x00",
        b"[" * 100_000 + b"]" * 100_000,
        b'{"n": ' + b"9" * 5000 + b"}",
        b'{"a": 1} {"b": 2}',
    ],
)
def test_ambiguous_json_is_refused(text: bytes) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 - json's own words differ
        strict_json(text)


def test_json_is_read() -> None:
    assert strict_json('{"a": [1, 2.5, null, true, "é"]}'.encode()) == {
        "a": [1, 2.5, None, True, "é"]
    }


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (None, ""),
        ([], ""),
        ({}, ""),
        ({"title": "Not Found"}, "Not Found"),
        ({"title": "Forbidden", "detail": "Not yours"}, "Not yours"),
        (
            {
                "errors": [
                    {
                        "field": "basicInfo.firstName",
                        "code": "VALIDATION_ERROR",
                        "message": "too short",
                    }
                ]
            },
            "basicInfo.firstName: too short [VALIDATION_ERROR]",
        ),
        ({"errors": [{"code": "RATE_LIMIT_EXCEEDED"}]}, "RATE_LIMIT_EXCEEDED"),
        ({"errors": [{"message": "one"}, {"message": "two\nlines"}]}, "one; two lines"),
        ({"errors": "broken", "title": "Bad"}, "Bad"),
        ({"errors": [None, 3], "title": {"nested": 1}}, ""),
    ],
)
def test_the_vendors_words_are_one_line(body: object, words: str) -> None:
    assert error_text(body) == words
