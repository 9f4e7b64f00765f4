"""The audit log is read window by window and page by page, and a key goes nowhere else."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

import httpx2
import pytest

from licsync.backends.audit.feed import (
    URL,
    VENDOR_URL,
    AuditFeed,
    open_audit_feed,
    read_event,
    windows,
)
from licsync.backends.audit.transport import AuditTransport
from licsync.backends.http.credentials import Secret
from licsync.backends.http.rate_limit import RateLimiter
from licsync.diagnostics import Code, CredentialsMissing
from licsync.engine.events import Waiting
from licsync.engine.ports import BackendFailed
from licsync.model.secret_origins import VARIABLE
from licsync.planning.attribution import AuditEvent
from tests.support.api_clock import clock
from tests.support.api_fakes import CANARY, Script, reply
from tests.support.simulator_process import allowed

BEGIN = datetime(2026, 11, 1, tzinfo=UTC)
ITEM = {
    "id": "a1",
    "displayName": "Ada Lopez",
    "customerId": "C",
    "auditTimestamp": "2026-11-02T20:57:34.956+00:00",
    "eventType": "UPDATE",
    "service": "platform",
    "entityType": "User",
    "entityKey": "U1",
    "auditUserId": "U2",
    "impersonator": None,
    "details": '{"new": {"firstName": "Eve"}, "old": {"firstName": "Ada"}}',
    "correlationType": None,
    "correlationId": None,
}


def page(*items: Any, scroll: str | None = None) -> dict[str, Any]:
    return {"meta": {"totalRecordCount": len(items), "scrollId": scroll}, "data": list(items)}


def read(handler: Callable[[httpx2.Request], httpx2.Response], days: float = 1) -> list[AuditEvent]:
    network = httpx2.MockTransport(handler)
    pace = RateLimiter(clock=clock, limit=None)
    address = allowed("https://audit.test/administration/audit/v1")
    feed = AuditFeed(AuditTransport(address, Secret(CANARY), pace, network, lambda: 0.0))
    return asyncio.run(feed.read_and_close(BEGIN, BEGIN + timedelta(days=days)))


def test_a_request_says_what_the_page_of_8x8_says() -> None:
    script = Script((200, page()))
    assert read(script) == []
    (request,) = script.requests
    assert str(request.url).startswith("https://audit.test/administration/audit/v1/audits?")
    assert dict(request.url.params) == {
        "startTime": "2026-11-01T00:00:00.000Z",
        "endTime": "2026-11-02T00:00:00.000Z",
        "service": "platform",
        "eventTypes": "create,update,delete",
        "size": "100",
    }
    assert request.headers["x-api-key"] == CANARY


def test_pages_are_read_until_there_is_no_scroll_id() -> None:
    items = [{**ITEM, "id": f"a{number}"} for number in range(5)]
    script = Script(
        (200, page(*items[:2], scroll="s1")),
        (200, page(*items[2:4], scroll="s2")),
        (200, page(*items[4:])),
    )
    assert [event.id for event in read(script)] == [f"a{number}" for number in range(5)]
    assert [request.url.params.get("scrollId") for request in script.requests] == [None, "s1", "s2"]


@pytest.mark.parametrize(
    ("days", "expected"), [(0, []), (1, [1]), (31, [31]), (31.5, [31, 0.5]), (93, [31, 31, 31])]
)
def test_no_window_is_longer_than_31_days(days: float, expected: list[float]) -> None:
    found = list(windows(BEGIN, BEGIN + timedelta(days=days)))
    assert [(end - start) / timedelta(days=1) for start, end in found] == expected
    assert all(a[1] == b[0] for a, b in pairwise(found))


def test_a_record_on_the_edge_of_two_windows_is_read_once() -> None:
    assert [event.id for event in read(lambda _: reply(200, page(ITEM)), days=62)] == ["a1"]


def test_a_record_is_read() -> None:
    assert read_event(ITEM) == AuditEvent(
        "a1", "2026-11-02T20:57:34.956Z", "update", "user", "U1", "Ada Lopez", "U2",
        old={"firstName": "Ada"}, new={"firstName": "Eve"},
    )  # fmt: skip
    assert read_event({**ITEM, "impersonator": "S1"}).impersonator == "S1"
    of_user = {**ITEM, "correlationType": "User", "correlationId": "U7"}
    assert read_event(of_user).parent_id == "U7"
    assert read_event({**of_user, "correlationType": "ringgroup"}).parent_id == ""


@pytest.mark.parametrize(
    ("event", "details", "expected"),
    [
        ("update", None, ({}, {}, False)),
        ("update", "", ({}, {}, False)),
        ("update", {"new": {"a": 1}}, ({}, {"a": 1}, False)),
        ("update", '{"old": {"a": 1}, "new": null}', ({"a": 1}, {}, False)),
        ("create", '{"id": 41, "name": "x"}', ({}, {"id": 41, "name": "x"}, False)),
        ("delete", '{"id": 41}', ({"id": 41}, {}, False)),
        # the example of 8x8's description lacks its last brace
        ("create", '{"new":{"userId":"U"', ({}, {}, True)),
        ("update", "[1]", ({}, {}, True)),
        ("update", '{"new": 5}', ({}, {}, True)),
        ("update", "[" * 100_000, ({}, {}, True)),
        ("update", 5, ({}, {}, True)),
    ],
)
def test_details_are_read_in_each_form(event: str, details: Any, expected: Any) -> None:
    found = read_event({**ITEM, "eventType": event, "details": details})
    assert (found.old, found.new, found.unread) == expected


@pytest.mark.parametrize("value", [None, 5, [], {}])
def test_a_record_of_another_form_loses_nothing_but_its_values(value: Any) -> None:
    found = read_event(dict.fromkeys(ITEM, value) | {"id": "a1"})
    assert (found.id, found.at, found.user_id) == ("a1", "", "")
    assert read_event({"auditTimestamp": "9999-12-31T23:59:59-14:00"}).at == ""


def test_records_without_an_id_are_all_kept() -> None:
    assert len(read(lambda _: reply(200, page({}, {}, ITEM)))) == 3


@pytest.mark.parametrize(
    "body",
    [
        None, [], {}, {"data": []}, {"meta": {}, "data": {}}, {"meta": [], "data": []},
        {"meta": {"scrollId": 5}, "data": []}, {"meta": {}, "data": [5]},
    ],
)  # fmt: skip
def test_an_answer_of_another_form_fails(body: Any) -> None:
    with pytest.raises(BackendFailed, match="audit log cannot be read"):
        read(lambda _: reply(200, body))


@pytest.mark.slow
def test_a_log_without_end_fails() -> None:
    with pytest.raises(BackendFailed, match="more than 500 pages"):
        read(lambda _: reply(200, page(scroll="again")))


@pytest.mark.parametrize("status", [400, 403, 404, 500, 503])
def test_a_refusal_quotes_8x8(status: int) -> None:
    output = {"status": status, "error": "Bad", "message": f"window is wrong {CANARY}"}
    with pytest.raises(BackendFailed, match="window is wrong") as failure:
        read(lambda _: reply(status, output))
    assert CANARY not in str(failure.value)


def test_a_redirect_is_not_followed() -> None:
    def elsewhere(request: httpx2.Request) -> httpx2.Response:
        assert request.url.host == "audit.test"
        return reply(307, {}, location="https://evil.test/audits")

    with pytest.raises(BackendFailed, match="not followed"):
        read(elsewhere)


def test_a_key_that_is_not_accepted_says_where_to_get_one() -> None:
    with pytest.raises(CredentialsMissing) as refusal:
        read(lambda _: reply(401, {"message": "Authentication token is missing or invalid"}))
    (problem,) = refusal.value.diagnostics
    assert "Authentication token" in problem.message
    assert problem.hint is not None
    assert "Admin Console" in problem.hint


# --- the key --------------------------------------------------------------------------------------


def test_without_a_key_nothing_is_opened() -> None:
    assert open_audit_feed({}, clock=clock) is None
    assert open_audit_feed({URL: "http://127.0.0.1:1/x"}, clock=clock) is None


def environments(folder: Path) -> Iterable[dict[str, str]]:
    (folder / "key").write_text(f"{CANARY}\n")
    yield {"LICSYNC_AUDIT_KEY": CANARY}
    yield {"LICSYNC_AUDIT_KEY_FILE": str(folder / "key")}
    yield {"LICSYNC_AUDIT_KEY_COMMAND": f"echo {CANARY}"}


def test_a_key_comes_from_where_the_api_key_comes_from(tmp_path: Path) -> None:
    for environment in environments(tmp_path):
        feed = open_audit_feed(environment, clock=clock)
        assert feed is not None
        transport = feed._transport
        assert (transport.base_url, transport.secret.reveal()) == (VENDOR_URL, CANARY)


def test_waits_are_reported() -> None:
    heard: list[Waiting] = []
    feed = open_audit_feed({"LICSYNC_AUDIT_KEY": CANARY}, clock=lambda: BEGIN, on_wait=heard.append)
    assert feed is not None
    feed._transport.pace.notify_wait("limit", "its limit", BEGIN, 60.0)
    assert [waiting.what for waiting in heard] == ["its limit"]


def test_a_key_goes_only_where_the_operator_says(tmp_path: Path) -> None:
    for environment in environments(tmp_path):
        elsewhere = {**environment, URL: "http://127.0.0.1:8008/administration/audit/v1"}
        with pytest.raises(CredentialsMissing) as refusal:
            open_audit_feed(elsewhere, clock=clock)
        assert refusal.value.diagnostics[0].code is Code.ADDRESS_NOT_ALLOWED
        allowed = {**elsewhere, VARIABLE: "http://127.0.0.1:8008"}
        assert open_audit_feed(allowed, clock=clock) is not None


def test_a_key_that_cannot_be_read_is_reported(tmp_path: Path) -> None:
    with pytest.raises(CredentialsMissing, match="LICSYNC_AUDIT_KEY_FILE"):
        open_audit_feed({"LICSYNC_AUDIT_KEY_FILE": str(tmp_path / "none")}, clock=clock)
