"""Watches changes of many users with few requests: one filtered list shows all of them.

The API has no list of operations, and a poll each costs as much as the change itself. A list of
users filtered by their
names shows up to twenty at once. It only ever says yes: who is not on it, or not yet as wanted, is
asked about again, and after some time by the operation itself.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from licsync.backends.api.mapping import Document, name_of
from licsync.backends.api.operation_polling import PollCounter
from licsync.backends.api.transport import Request, Transport
from licsync.backends.http.rate_limit import Urgency
from licsync.engine.ports import BackendFailed

WATCHED = 20.0
"""Seconds after which a change that no list shows is asked about by its operation."""

_LONGEST_FILTER = 2000  # characters (domain.md, 10.2)
_MOST = 20
_WORTH = 6  # a list is asked for when so many are due,
_PATIENCE = 4.0  # or one has been due for so many seconds
_AGAIN = 3.0


@dataclass(slots=True, eq=False)
class _ListQuery:
    """Whether a change is to be seen.

    Attributes:
        name: the user's.
        shows: tells whether a row of the list shows the change.
        due: when it is worth asking, by the loop's time.
        until: when to give up.
        urgency: how urgent it is.
        asking: counts what asking takes.
        answer: the row, or None where it was not seen in time.
    """

    name: str
    shows: Callable[[Document], bool]
    due: float
    until: float
    urgency: Urgency
    asking: PollCounter
    answer: asyncio.Future[Document | None]

    def answer_with(self, row: Document | None) -> None:
        if not self.answer.done():
            self.answer.set_result(row)


@dataclass(slots=True)
class ListPoller:
    """Polls the list of users for all changes in flight, in one request.

    Attributes:
        api: the way to the API.
        few: of fewer operations in flight each is polled: that says more, and requests are not
            short.
        is_understood: whether the API understands what it is asked; it is not asked again
            otherwise.
    """

    api: Transport
    few: int = 4
    is_understood: bool = True
    _questions: list[_ListQuery] = field(default_factory=list)
    _round: asyncio.Task[None] | None = None

    def is_worthwhile(self, name: str) -> bool:
        """Tell whether polling the list costs fewer requests than polling one operation."""
        pace = self.api.pace
        return (
            self.is_understood
            and pace.limit is not None
            and pace.in_flight >= self.few
            and is_plain(name)
        )

    async def wait_until_listed(
        self,
        name: str,
        shows: Callable[[Document], bool],
        first: float,
        urgency: Urgency,
        seconds: float = WATCHED,
        poll_counter: PollCounter | None = None,
    ) -> Document | None:
        """Wait until the list shows a change.

        Args:
            name: the user's, one that `is_plain`.
            shows: tells whether a row of the list shows the change.
            first: seconds after which it is worth asking.
            urgency: how urgent it is.
            seconds: how long to wait at most, and the time of one request.
            poll_counter: counts its share of the lists.

        Returns:
            the row that shows it, or None where none did in time.

        Raises:
            CredentialsMissing: the key was not accepted.
        """
        loop = asyncio.get_running_loop()
        now = loop.time()
        due, until = now + first, now + seconds
        question = _ListQuery(
            name, shows, due, until, urgency, poll_counter or PollCounter(), loop.create_future()
        )
        self._questions.append(question)
        if self._round is None or self._round.done():
            self._round = loop.create_task(self._poll_while_waiting())
        try:
            return await question.answer
        finally:
            self._questions.remove(question)

    def close(self) -> None:
        """Stop polling."""
        if self._round is not None:
            self._round.cancel()
            self._round = None

    async def _poll_while_waiting(self) -> None:
        """Ask as long as anybody waits."""
        loop = asyncio.get_running_loop()
        while open_ := sorted(
            (q for q in self._questions if not q.answer.done()), key=lambda q: q.due
        ):
            wait = (
                min(open_[min(len(open_), _WORTH) - 1].due, open_[0].due + _PATIENCE) - loop.time()
            )
            if wait > 0:
                await asyncio.sleep(min(wait, _AGAIN))  # others may have joined by then
                continue
            asked = _within_a_filter(open_)
            try:
                await self._poll(asked)
            except Exception as fault:
                for question in (q for q in asked if not q.answer.done()):
                    question.answer.set_exception(fault)

    async def _poll(self, asked: list[_ListQuery]) -> None:
        """Ask once, and answer what can be answered."""
        query = {"filter": ",".join(map(_term, (q.name for q in asked))), "pageSize": str(_MOST)}
        try:
            request = Request("GET", "/users", "users", query=query)
            answer = await self.api.send(request, min(q.urgency for q in asked))
        except BackendFailed:
            rows, over = {}, True
        else:
            rows = _by_name(answer.body) if answer.outcome == "accepted" else {}
            # which makes no sense this time
            self.is_understood = answer.outcome != "refused" or answer.status == 200
            over = not self.is_understood
        now = asyncio.get_running_loop().time()
        for question in asked:
            question.asking.requests += 1 / len(asked)
            row = rows.get(question.name.casefold())
            if row is not None and question.shows(row):
                question.answer_with(row)
            elif over or now >= question.until:
                question.answer_with(None)
            else:
                question.due = now + _AGAIN


def is_plain(name: str) -> bool:
    """Tell whether a user name can be written in a filter as it is."""
    return bool(name) and not set(name) & set("*'\"\\")


def _term(name: str) -> str:
    return f"basicInfo.userName=='{name}'"


def _within_a_filter(questions: list[_ListQuery]) -> list[_ListQuery]:
    """Take as many of the first as a filter may be long for."""
    length, found = 0, []
    for question in questions[:_MOST]:
        length += len(_term(question.name)) + 1
        if length > _LONGEST_FILTER:
            break
        found.append(question)
    return found


def _by_name(body: Any) -> dict[str, Document]:
    """Give the rows of a list by caseless user name; what is not a row is left out."""
    rows = body.get("data") if isinstance(body, Mapping) else None
    return (
        {name_of(row).casefold(): row for row in rows if isinstance(row, dict)}
        if isinstance(rows, list)
        else {}
    )
