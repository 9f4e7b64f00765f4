"""Whole lists or nothing."""

from __future__ import annotations

from typing import Any

import httpx2
import pytest
from api_fakes import Script, page, transport
from api_time import run

from licsync.backends.api.pages import numbered, scroll
from licsync.engine.ports import BackendFailed


def _users(*ids: int) -> list[dict[str, Any]]:
    return [{"basicInfo": {"userId": f"U{i}"}} for i in ids]


def _scroll(*answers: Any) -> tuple[list[str], list[str]]:
    script = Script(*answers)

    async def main() -> list[dict[str, Any]]:
        return await scroll(transport(script), "/users", "users", size=2)

    found = run(main())
    return [u["basicInfo"]["userId"] for u in found], [r.url.query.decode() for r in script.requests]


EXPIRED = (400, {"errors": [{"code": "BAD_REQUEST", "message": "scroll expired"}]})


def test_a_scroll_is_read_to_its_end() -> None:
    found, queries = _scroll(
        (200, page(_users(1, 2), hasMore=True, nextScrollId="s/1+")),
        (200, page(_users(3), hasMore=True, nextScrollId="s2")),
        (200, page([])),
    )
    assert found == ["U1", "U2", "U3"]
    assert queries == ["pageSize=2", "scrollId=s%2F1%2B", "scrollId=s2"]  # the scroll id stands alone


def test_rows_that_come_twice_count_once() -> None:
    found, _ = _scroll((200, page(_users(1, 2), hasMore=True, nextScrollId="s")), (200, page(_users(2, 3))))
    assert found == ["U1", "U2", "U3"]


def test_an_expired_scroll_begins_anew() -> None:
    first = (200, page(_users(1, 2), hasMore=True, nextScrollId="s"))
    found, queries = _scroll(first, EXPIRED, first, (410, {}), first, (200, page(_users(3))))
    assert found == ["U1", "U2", "U3"]
    assert queries.count("pageSize=2") == 3


def test_a_scroll_that_expires_again_and_again_is_no_list() -> None:
    first = (200, page(_users(1, 2), hasMore=True, nextScrollId="s"))
    with pytest.raises(BackendFailed, match="scroll expired 4 times"):
        _scroll(first, EXPIRED, first, EXPIRED, first, EXPIRED, first, EXPIRED)


@pytest.mark.parametrize(
    ("answers", "said"),
    [
        ([(200, [])], "no rows or no pagination"),
        ([(200, {"data": None, "pagination": {"hasMore": False}})], "no rows"),
        ([(200, {"data": []})], "no pagination"),
        ([(200, page([{"basicInfo": {}}]))], "a row has no id"),
        ([(200, page(["U1"]))], "a row has no id"),
        ([(200, page(_users(1), hasMore=True))], "but not where"),
        (
            [(200, page(_users(1), hasMore=True, nextScrollId="s")), (200, page([], hasMore=True, nextScrollId="s"))],
            "not where",
        ),
        ([(400, {"title": "Invalid filter"})], "Invalid filter"),
        ([(403, {"title": "Forbidden"})], "Forbidden"),
        ([(200, page(_users(1), hasMore=True, nextScrollId="s")), (500, {})], "HTTP 500"),
        ([(200, page(_users(1), hasMore=True, nextScrollId="s")), httpx2.ReadTimeout("x")], "ReadTimeout"),
    ],
)
def test_half_a_list_is_no_list(answers: list[Any], said: str) -> None:
    with pytest.raises(BackendFailed, match=said):
        _scroll(*answers)


def test_numbered_pages() -> None:
    sites = [{"id": f"S{i}", "name": f"Site {i}"} for i in range(5)]
    script = Script((200, page(sites[:2], hasMore=True)), (200, page(sites[2:4], hasMore=True)), (200, page(sites[4:])))

    async def main(script: Script) -> list[dict[str, Any]]:
        return await numbered(transport(script), "/sites", "sites", size=2)

    assert run(main(script)) == sites
    assert [r.url.query for r in script.requests] == [b"pageSize=2&pageNumber=%d" % n for n in range(3)]
    with pytest.raises(BackendFailed, match="nothing new"):
        run(main(Script((200, page(sites[:2], hasMore=True)))))
