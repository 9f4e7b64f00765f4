"""Five faults that a client may have, each planted and each caught by the seeded runs."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

import httpx2
import pytest
from sqlalchemy.engine import Connection

from licsync.backends.api.account_reader import AccountReader
from licsync.backends.api.backend import AdminApiBackend
from licsync.backends.api.transport import Transport
from licsync.engine.ports import JournalEntry, Lease
from licsync.simulator.transport import SimulatorTransport
from licsync.store.runs import SqlStore
from tests.support.api_fault_run import trial
from tests.support.samples import sampled

pytestmark = pytest.mark.untraced


class RecordsAfterwards(SqlStore):
    """Records what is intended only when it is done."""

    def __init__(self, *args: Any, **options: Any):
        super().__init__(*args, **options)
        self.kept: dict[int, JournalEntry] = {}

    def record_intents(
        self, run: str, *entries: JournalEntry, settled: Sequence[JournalEntry] = ()
    ) -> None:
        self.record_results(run, *settled)
        self.kept |= {entry.position: entry for entry in entries}

    def record_operation(self, run: str, entry: JournalEntry) -> None:
        pass

    def record_results(self, run: str, *entries: JournalEntry) -> None:
        for entry in entries:
            if (kept := self.kept.pop(entry.position, None)) is not None:
                super().record_intents(run, kept)
            super().record_results(run, entry)


class Unfenced(SqlStore):
    """Writes to its journal whoever holds the lock by now."""

    def _renew(self, connection: Connection, lease: Lease) -> None:
        pass


class NeverLooksAgain(AccountReader):
    """Takes what it read at first for what is there."""

    def is_fresh(self, name: str) -> bool:
        return self.mirror.user(name) is not None

    def is_recent(self, user: dict[str, Any]) -> bool:
        return True


class NeverReadsAgain(AdminApiBackend):
    """Writes by what its reader read at first."""

    def __init__(self, api: Transport, *arguments: Any, **options: Any):
        super().__init__(api, *arguments, **options)
        self.reader = self.changes.reader = NeverLooksAgain(api, self.mirror)


class SendsAgain(SimulatorTransport):
    """Repeats a write whose answer it does not understand."""

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        try:
            answer = await super().handle_async_request(request)
        except httpx2.TransportError:
            if request.method == "GET":
                raise
        else:
            if request.method == "GET" or answer.status_code < 500:
                return answer
        return await super().handle_async_request(request)


class KnowsEveryField(SimulatorTransport):
    """Sends of a user only what its model has."""

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        if request.method == "PUT":
            body = json.loads(request.content, object_hook=self._known)
            headers = {k: v for k, v in request.headers.items() if k != "content-length"}
            request = httpx2.Request(
                "PUT", request.url, headers=headers, content=json.dumps(body).encode()
            )
        return await super().handle_async_request(request)

    @staticmethod
    def _known(found: dict[str, Any]) -> dict[str, Any]:
        return {key: value for key, value in found.items() if key != "unheard"}


@pytest.mark.slow
@sampled(
    "first, planted, caught",  # the seeds from `first` on: any catches it, this one soon
    [
        pytest.param(
            0,
            {"make_store": RecordsAfterwards},
            ("is in [] and []", "has the numbers"),
            id="intent after send",
        ),
        pytest.param(
            28,
            {"network": SendsAgain},
            ("is in [] and []", "a limit was exceeded"),
            id="blind resend",
        ),
        pytest.param(
            1,
            {"make_backend": NeverReadsAgain},
            ("the edit of an admin is lost",),
            id="no precondition",
        ),
        pytest.param(
            8, {"make_store": Unfenced}, ("was done 2 times", "it ends with"), id="no fence"
        ),
        pytest.param(
            0, {"network": KnowsEveryField}, ("a field that nobody knows is lost",), id="typed PUT"
        ),
    ],
    lambda index: index < 2,
)
def test_the_seeded_runs_catch(
    first: int, planted: dict[str, Any], caught: tuple[str, ...]
) -> None:
    found = (message for seed in range(first, first + 50) for message in trial(seed, **planted))
    assert any(expected in message for message in found for expected in caught)
