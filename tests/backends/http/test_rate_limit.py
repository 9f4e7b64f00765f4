"""The one budget: its size, its order, and what the server says about it. In virtual time."""

from __future__ import annotations

import asyncio
from bisect import bisect_right

import pytest

from licsync.backends.http.rate_limit import RateLimiter, Urgency
from tests.support.api_clock import clock, headers_at, now, run


def _known(limit: int = 100) -> RateLimiter:
    """A limiter whose limit an answer has stated, with nothing used."""
    pace = RateLimiter(clock=clock)
    pace.update_limits({"x-ratelimit-limit": str(limit), "x-ratelimit-remaining": str(limit)})
    return pace


async def _times(pace: RateLimiter, count: int) -> list[float]:
    times = []

    async def one() -> None:
        await pace.acquire(Urgency.START)
        times.append(now())

    await asyncio.gather(*(one() for _ in range(count)))
    return times


def _most_within(times: list[float], seconds: float) -> int:
    return max(
        bisect_right(times, start + seconds - 1e-9) - place for place, start in enumerate(times)
    )


def test_a_limit_out_of_range_is_ignored() -> None:
    pace = RateLimiter()
    pace.update_limits({"x-ratelimit-limit": "1000000", "x-ratelimit-remaining": "1000000"})
    assert pace.limit is None
    pace.update_limits({"x-ratelimit-limit": "100"})
    assert pace.limit == 100


def test_the_limits_are_never_exceeded_and_nearly_used_up() -> None:
    async def main() -> list[float]:
        return await _times(_known(), 1000)

    times = run(main())
    assert times == sorted(times)
    assert _most_within(times, 10) <= 18
    assert _most_within(times, 60) <= 95
    assert times[-1] <= 60 * 1000 / 95


def test_the_most_urgent_goes_first() -> None:
    async def main() -> list[Urgency]:
        pace, order = _known(), []

        async def one(urgency: Urgency) -> None:
            await pace.acquire(urgency)
            order.append(urgency)

        await _times(pace, 18)  # nothing is left for ten seconds
        late = [asyncio.create_task(one(u)) for u in (*reversed(Urgency), *Urgency)]
        await asyncio.gather(*late)
        return order

    assert run(main()) == sorted([*Urgency, *Urgency])


def test_a_canceled_wait_takes_no_turn() -> None:
    async def main() -> float:
        pace = _known()
        await _times(pace, 18)
        gone = [asyncio.create_task(pace.acquire(Urgency.START)) for _ in range(50)]
        await asyncio.sleep(0)
        for task in gone:
            task.cancel()
        await pace.acquire(Urgency.START)
        return now()

    assert run(main()) == pytest.approx(10, abs=0.1)


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({"x-ratelimit-reset": "1795478430"}, 30),  # BEGIN is 1795478400
        ({"x-ratelimit-reset": "1795478000"}, 1),  # past: guessed
        ({"x-ratelimit-reset": "1795488400"}, 65),  # a day ahead: clamped
        ({"x-ratelimit-reset": "soon"}, 1),
        ({"retry-after": "7"}, 7),
        ({"retry-after": "Wed, 21 Oct 2026 07:28:00 GMT"}, 1),
        ({"retry-after": "9" * 400}, 1),  # more than a float holds
        ({"retry-after": "9" * 5000}, 1),  # more than Python reads
        ({"x-ratelimit-reset": "9" * 400}, 1),
        ({"x-ratelimit-reset": "1795478430", "date": "Wed Oct 29999999999 07:28:0 2026"}, 30),
        ({}, 1),
    ],
)
def test_a_429_pauses_everything_until_the_reset(headers: dict[str, str], seconds: float) -> None:
    async def main() -> float:
        pace = RateLimiter(clock=clock)
        pace.pause_after_refusal(headers, 0)
        await pace.acquire(Urgency.SECOND_HALF)
        return now()

    assert run(main()) == pytest.approx(seconds, abs=0.01)


def test_the_reset_is_read_by_the_servers_own_clock() -> None:
    async def main() -> float:
        pace = RateLimiter(clock=clock)
        an_hour_ahead = headers_at(3600, **{"x-ratelimit-reset": str(1795478400 + 3600 + 12)})
        pace.pause_after_refusal(an_hour_ahead, 0)
        await pace.acquire(Urgency.START)
        return now()

    assert run(main()) == pytest.approx(12, abs=0.01)


def test_guessed_pauses_grow() -> None:
    async def main() -> list[float]:
        pace, times = _known(), []
        for again in range(8):
            before = now()
            pace.pause_after_refusal({}, again)
            await pace.acquire(Urgency.START)
            times.append(round(now() - before))
        return times

    assert run(main()) == [1, 2, 4, 8, 16, 32, 64, 65]


def test_the_budget_follows_the_limit_that_the_server_states() -> None:
    async def main(limit: str) -> list[float]:
        pace = RateLimiter(clock=clock)
        pace.update_limits({"x-ratelimit-limit": limit, "x-ratelimit-remaining": "50"})
        return await _times(pace, 400)

    assert _most_within(run(main("60")), 60) == 57
    assert _most_within(run(main("1000")), 10) == 180
    assert _most_within(run(main("20")), 60) == 95  # that is the limit of ten seconds
    assert _most_within(run(main("none")), 60) == 95


def test_a_new_process_begins_slowly_and_counts_what_the_one_before_has_used() -> None:
    async def main() -> tuple[list[float], list[float]]:
        pace = RateLimiter(clock=clock)
        before = await _times(pace, 4)
        # 20 of them by others
        pace.update_limits({"x-ratelimit-limit": "100", "x-ratelimit-remaining": "76"})
        return before, await _times(pace, 18)

    before, after = run(main())
    assert _most_within(before, 10) == 2
    # the others may have been within the last ten seconds
    assert after[0] == pytest.approx(before[-1] + 10, abs=0.1)


def test_a_limit_used_up_by_others_is_awaited() -> None:
    async def main() -> float:
        pace = RateLimiter(clock=clock)
        pace.update_limits(
            headers_at(0, **{"x-ratelimit-limit": "100", "x-ratelimit-remaining": "1"})
        )
        pace.update_limits(
            headers_at(
                0,
                **{
                    "x-ratelimit-limit": "100",
                    "x-ratelimit-remaining": "1",
                    "x-ratelimit-reset": "1795478425",
                },
            )
        )
        await pace.acquire(Urgency.START)
        return now()

    assert run(main()) == pytest.approx(25, abs=0.01)


def test_only_so_many_operations_are_in_flight_and_the_urgent_come_first() -> None:
    async def main() -> tuple[int, list[Urgency]]:
        pace, most, order, inside = RateLimiter(slots=3), 0, [], 0

        async def one(urgency: Urgency) -> None:
            nonlocal most, inside
            async with pace.operation_slot(urgency):
                inside += 1
                most = max(most, inside)
                order.append(urgency)
                await asyncio.sleep(1)
                inside -= 1

        tasks = [asyncio.create_task(one(Urgency.START)) for _ in range(3)]
        await asyncio.sleep(0.5)
        tasks += [asyncio.create_task(one(u)) for u in reversed(Urgency)]
        quitter = asyncio.create_task(one(Urgency.SECOND_HALF))
        await asyncio.sleep(0)
        quitter.cancel()
        await asyncio.gather(*tasks)
        await asyncio.gather(*(one(Urgency.START) for _ in range(3)))  # every place is free again
        return most, order

    most, order = run(main())
    assert most == 3
    assert order[3:8] == sorted(Urgency)
