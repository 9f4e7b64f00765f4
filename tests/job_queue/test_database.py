"""The queue's part of the database: made once, one for each version, and sealed where a key is."""

from __future__ import annotations

import asyncio
import re

import pytest

from licsync.engine.fleet import AccountResult
from licsync.engine.fleet_status import QueueStatus
from licsync.engine.ports import StoreFailed
from licsync.job_queue.database import JobQueue, schema_name
from licsync.job_queue.jobs import QueuedJob
from licsync.store.encryption import Cipher
from tests.job_queue.conftest import Execute

KEY = Cipher(("MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE=",))


def test_the_tables_are_made_once_by_whoever_comes_first(queue_url: str) -> None:
    async def prepare() -> None:
        queues = [JobQueue(queue_url, "tests") for _ in range(4)]
        await asyncio.gather(*(queue.prepare() for queue in queues))

    asyncio.run(prepare())
    asyncio.run(prepare())


def test_the_schema_is_named_by_the_newest_tables_of_procrastinate() -> None:
    assert re.fullmatch(r"licsync_queue_\d\d_\d\d_\d\d", schema_name())


def test_a_database_that_cannot_be_reached_is_a_diagnostic() -> None:
    queue = JobQueue("postgresql://nobody@localhost:1/x", "tests")
    with pytest.raises(StoreFailed, match="queue of the fleet cannot be opened"):
        asyncio.run(queue.prepare())


def test_results_are_sealed_with_the_key_of_the_store(queue_url: str, execute: Execute) -> None:
    job = QueuedJob("a", "o", "plan", run="r")
    result = AccountResult("a", "plan", 0, "", "", text="ada@acme.example")

    async def there_and_back() -> dict[int, AccountResult]:
        queue = JobQueue(queue_url, "tests", KEY.encrypt, KEY.decrypt)
        await queue.prepare()
        async with queue.app.open_async():
            await queue.put_result(job, result)
            return await queue.results("r", ())

    assert asyncio.run(there_and_back()) == {0: result}
    assert "ada" not in str(execute("SELECT result FROM results"))


@pytest.mark.slow
def test_only_the_workers_of_the_fleet_itself_count(queue_url: str, execute: Execute) -> None:
    async def look() -> tuple[QueueStatus | None, QueueStatus | None]:
        queue, other = JobQueue(queue_url, "tests"), JobQueue(queue_url, "other")
        async with queue.app.open_async(), other.app.open_async():
            before = await queue.status()
            await queue.prepare()
            for one, host in ((queue, "db1"), (queue, "db2"), (other, "db3")):
                await one.beat(await one.app.job_manager.register_worker(), host)
            execute(
                "UPDATE procrastinate_workers SET last_heartbeat = now() - interval '10 minutes' "
                "WHERE id = (SELECT id FROM fleet_workers WHERE host = 'db2')"
            )
            assert await queue.defer(QueuedJob("a", "o", "plan"))
            assert await queue.defer(QueuedJob("b", "o", "plan"), 600)
            return before, await queue.status()

    assert asyncio.run(look()) == (None, QueueStatus(["db1"], 0, 2, 1))


@pytest.mark.parametrize("name", ["n" * 34, "n" * 35, "ü" * 254])
def test_a_fleet_may_have_a_long_name(queue_url: str, name: str) -> None:
    async def defer() -> bool:
        queue = JobQueue(queue_url, name)
        await queue.prepare()
        async with queue.app.open_async():
            return await queue.defer(QueuedJob("a", name, "plan"))

    assert asyncio.run(defer())
    assert JobQueue(queue_url, name).name != JobQueue(queue_url, f"{name}n").name
