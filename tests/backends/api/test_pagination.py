"""Whole lists or nothing."""

from __future__ import annotations

import asyncio
from typing import Any

import httpx2
import pytest

from licsync.backends.api.pagination import list_numbered_pages, scroll
from licsync.engine.ports import BackendFailed
from tests.support.api_clock import run
from tests.support.api_fakes import Script, page, transport


def _users(*ids: int) -> list[dict[str, Any]]:
    return [{"basicInfo": {"userId": f"U{i}", "userName": f"u{i}"}} for i in ids]


def _scroll(*answers: Any) -> tuple[list[str], list[str]]:
    script = Script(*answers)

    async def main() -> list[dict[str, Any]]:
        return await scroll(transport(script), "/users", "users", size=2)

    found = run(main())
    return [u["basicInfo"]["userId"] for u in found], [
        r.url.query.decode() for r in script.requests
    ]


EXPIRED = (400, {"errors": [{"code": "BAD_REQUEST", "message": "scroll expired"}]})


def test_a_scroll_is_read_to_its_end() -> None:
    found, queries = _scroll(
        (200, page(_users(1, 2), hasMore=True, nextScrollId="s/1+")),
        (200, page(_users(3), hasMore=True, nextScrollId="s2")),
        (200, page([])),
    )
    assert found == ["U1", "U2", "U3"]
    # the scroll id stands alone
    assert queries == ["pageSize=2", "scrollId=s%2F1%2B", "scrollId=s2"]


def test_rows_that_come_twice_count_once() -> None:
    found, _ = _scroll(
        (200, page(_users(1, 2), hasMore=True, nextScrollId="s")), (200, page(_users(2, 3)))
    )
    assert found == ["U1", "U2", "U3"]


def test_an_expired_scroll_begins_anew() -> None:
    first = (200, page(_users(1, 2), hasMore=True, nextScrollId="s"))
    found, queries = _scroll(first, EXPIRED, first, (410, {}), first, (200, page(_users(3))))
    assert found == ["U1", "U2", "U3"]
    assert queries.count("pageSize=2") == 3


def test_a_scroll_that_keeps_expiring_fails() -> None:
    first = (200, page(_users(1, 2), hasMore=True, nextScrollId="s"))
    with pytest.raises(BackendFailed, match="scroll expired 4 times"):
        _scroll(first, EXPIRED, first, EXPIRED, first, EXPIRED, first, EXPIRED)


@pytest.mark.parametrize(
    ("answers", "expected"),
    [
        ([(200, [])], "no rows or no pagination"),
        ([(200, {"data": None, "pagination": {"hasMore": False}})], "no rows"),
        ([(200, {"data": []})], "no pagination"),
        ([(200, page([{"basicInfo": {}}]))], "row 1, basicInfo lacks user"),
        ([(200, page(["U1"]))], "row 1, the document must be an object, not a text"),
        ([(200, page(_users(1), hasMore=True))], "but not where"),
        (
            [
                (200, page(_users(1), hasMore=True, nextScrollId="s")),
                (200, page([], hasMore=True, nextScrollId="s")),
            ],
            "not where",
        ),
        ([(400, {"title": "Invalid filter"})], "Invalid filter"),
        ([(403, {"title": "Forbidden"})], "Forbidden"),
        ([(200, page(_users(1), hasMore=True, nextScrollId="s")), (500, {})], "HTTP 500"),
        (
            [(200, page(_users(1), hasMore=True, nextScrollId="s")), httpx2.ReadTimeout("x")],
            "ReadTimeout",
        ),
    ],
)
def test_a_partial_list_fails(answers: list[Any], expected: str) -> None:
    with pytest.raises(BackendFailed, match=expected):
        _scroll(*answers)


def test_numbered_pages() -> None:
    sites = [{"id": f"S{i}", "name": f"Site {i}"} for i in range(5)]
    script = Script(
        (200, page(sites[:2], hasMore=True)),
        (200, page(sites[2:4], hasMore=True)),
        (200, page(sites[4:])),
    )

    async def main(script: Script) -> list[dict[str, Any]]:
        return await list_numbered_pages(transport(script), "/sites", "sites", size=2)

    assert run(main(script)) == sites
    assert [r.url.query for r in script.requests] == [
        b"pageSize=2&pageNumber=%d" % n for n in range(3)
    ]
    with pytest.raises(BackendFailed, match="nothing new"):
        run(main(Script((200, page(sites[:2], hasMore=True)))))


# --- the next page meanwhile ----------------------------------------------------------------------

ROWS = 60
"""Rows of a page: more than are taken in before the network has its turn."""


class Reading:
    """Reads a list of some pages, and notes what happens in which order."""

    def __init__(self, *pages: tuple[int, Any] | Exception):
        self.script = Script(*pages)
        self.order: list[str] = []
        self.left: set[Any] = set()

    async def answer(self, request: httpx2.Request) -> httpx2.Response:
        self.order.append(request.url.query.decode())
        await asyncio.sleep(0)  # as a network does
        return self.script(request)

    def take(self, row: dict[str, Any]) -> None:
        self.order.append(row["basicInfo"]["userId"])

    def read(self) -> list[str]:
        async def main() -> list[dict[str, Any]]:
            try:
                return await scroll(
                    transport(self.answer), "/users", "users", size=ROWS, on_page=self.take
                )
            finally:
                self.left = asyncio.all_tasks() - {asyncio.current_task()}

        return [user["basicInfo"]["userId"] for user in run(main())]


def _page_of(number: int, *, last: bool = False) -> tuple[int, Any]:
    more = {} if last else {"hasMore": True, "nextScrollId": f"s{number + 1}"}
    return 200, page(_users(*range(number * ROWS, (number + 1) * ROWS)), **more)


def test_the_next_page_is_asked_for_while_the_one_before_is_looked_at() -> None:
    reading = Reading(_page_of(0), _page_of(1), _page_of(2, last=True))
    assert reading.read() == [f"U{n}" for n in range(3 * ROWS)]
    order = reading.order
    assert [expected for expected in order if expected[0] != "U"] == [
        f"pageSize={ROWS}",
        "scrollId=s1",
        "scrollId=s2",
    ]
    assert [expected for expected in order if expected[0] == "U"] == [
        f"U{n}" for n in range(3 * ROWS)
    ]
    for number in (1, 2):
        before = [order.index(f"U{(number - 1) * ROWS}"), order.index(f"U{number * ROWS - 1}")]
        assert before[0] < order.index(f"scrollId=s{number}") < before[1]
    assert reading.left == set()


def test_a_fault_of_a_page_is_reported_before_the_next_request() -> None:
    broken = _page_of(0)
    broken[1]["data"][ROWS - 1] = {"basicInfo": {}}
    reading = Reading(broken, (500, {}))
    with pytest.raises(BackendFailed, match="row 60, basicInfo lacks userId"):
        reading.read()
    assert reading.order == [f"pageSize={ROWS}"]
    assert reading.left == set()


def test_a_fault_of_the_next_page_is_reported_in_turn() -> None:
    reading = Reading(_page_of(0), (403, {"title": "Forbidden"}))
    with pytest.raises(BackendFailed, match="Forbidden"):
        reading.read()
    assert reading.order[-1] == f"U{ROWS - 1}"
    assert reading.order.count("scrollId=s1") == 1
    assert reading.left == set()


def test_a_page_that_the_limit_puts_off_is_asked_for_again() -> None:
    reading = Reading(_page_of(0), (429, {}), _page_of(1, last=True))
    assert reading.read() == [f"U{n}" for n in range(2 * ROWS)]
    assert reading.order.count("scrollId=s1") == 2


def test_a_canceled_read_leaves_no_request_in_flight() -> None:
    class Given(Exception):
        pass

    def give_up(row: dict[str, Any]) -> None:
        if row["basicInfo"]["userId"] == f"U{ROWS - 1}":
            raise Given

    reading = Reading(_page_of(0), _page_of(1, last=True))
    reading.take = give_up  # type: ignore[method-assign]
    with pytest.raises(Given):
        reading.read()
    assert reading.left == set()
