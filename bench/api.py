"""How long an apply through the vendor's API takes, against the least that its limits allow.

The simulator runs in this process and in virtual time, with the published limits (100 requests a
minute, 20 in ten seconds, ten operations at once) and completion times as the vendor gives them, so
the minutes are those that a real
run would take. Beside licsync: a client as the vendor's bulk sample is made, five workers that each
poll their own operation with a growing pause. `python -m bench.api --save` puts the table into
docs/benchmarks.md.
"""

from __future__ import annotations

import argparse
import asyncio
import re
from collections.abc import Awaitable, Callable, Iterable
from pathlib import Path
from typing import Any

import httpx2

from licsync.simulator.transport import SimulatorTransport
from tests.support.api_simulation import KEY, ApiWorld, document

PAGE = Path(__file__).resolve().parents[1] / "docs" / "benchmarks.md"
PER_MINUTE = 100
SAMPLE_WORKERS = 5
LEAST = {"create": 1.1, "attribute update": 2.1, "license change": 5.1}
"""Requests that one change needs at least.

A create: write. An update: read (a PUT replaces everything, and lists do not show everything),
write. A license
change: read, take away, poll (the vendor: wait until it is completed), read what that left, give.
And of each last write a tenth of a list that shows it, since ten operations may be in flight.
"""


def worlds(kind: str, count: int) -> tuple[ApiWorld, dict[str, Any]]:
    """Make an account, and what its users are to be."""
    if kind == "create":
        new = {"first_name": "New", "last_name": "Name", "site": "HQ"}
        return ApiWorld(document({}, {})), {f"n{i:04}@acme.example": new for i in range(count)}
    names = [f"u{i:04}@acme.example" for i in range(count)]
    pool = {"x4": [f"M{i:04}" for i in range(count)]}
    change = (
        {"job_title": "Clerk"}
        if kind == "attribute update"
        else {"licenses": [{"type": "x4", "country": "US"}]}
    )
    return ApiWorld(document({name: {"type": "x2"} for name in names}, pool)), dict.fromkeys(
        names, change
    )


def by_licsync(kind: str, count: int) -> tuple[int, float]:
    """Requests and virtual minutes of planning and applying."""
    world, wanted = worlds(kind, count)
    try:
        plan = world.plan(wanted)
        before, began = len(world.server.log), world.runner.loop.now
        outcome = world.apply(plan)
        assert len(outcome.done) == count, outcome
        assert not world.requests(lambda entry: entry.status == 429), "the limits were exceeded"
        return len(world.server.log) - before, (world.runner.loop.now - began) / 60
    finally:
        world.close()


# --- the sample -----------------------------------------------------------------------------------

TYPE = "application/vnd.users.v1+json"


class Sample:
    """A client as the vendor's bulk sample is made; a refused request is sent again when the limit
    is over.
    """

    def __init__(self, world: ApiWorld):
        headers = {"x-api-key": KEY, "accept": TYPE, "content-type": TYPE}
        base = "https://simulator.test/admin-provisioning"
        self.http = httpx2.AsyncClient(
            transport=SimulatorTransport(world.app), base_url=base, headers=headers
        )
        self.clock = world.clock

    async def send(self, method: str, path: str, **more: Any) -> Any:
        while True:
            answer = await self.http.request(method, path, **more)
            if answer.status_code != 429:
                if answer.is_error:
                    raise RuntimeError(f"{method} {path}: {answer.text}")
                return answer.json() if answer.content else None
            reset = float(answer.headers.get("x-ratelimit-reset", 0)) - self.clock().timestamp()
            await asyncio.sleep(max(reset, 1.0))

    async def done(self, operation: Any) -> None:
        pause = 1.0
        while True:
            await asyncio.sleep(pause)
            more = {"headers": {"accept": "application/vnd.operations.v1+json"}}
            state = await self.send("GET", f"/operations/{operation['operationId']}", **more)
            if state["status"] in ("COMPLETED", "FAILED"):
                assert state["status"] == "COMPLETED", state
                return
            pause = min(pause * 2, 30.0)

    async def create(self, name: str, site: str) -> None:
        basic = {
            "userName": name,
            "firstName": "New",
            "lastName": "Name",
            "primaryEmail": name,
            "site": {"id": site},
        }
        await self.done(await self.send("POST", "/users", json={"basicInfo": basic}))

    async def update(self, user: str) -> None:
        body = without_numbers(await self.send("GET", f"/users/{user}"))
        body["directoryInfo"] = {**(body.get("directoryInfo") or {}), "jobTitle": "Clerk"}
        await self.done(await self.send("PUT", f"/users/{user}", json=body))

    async def change(self, user: str, license_: dict[str, Any]) -> None:
        body = await self.send("GET", f"/users/{user}")
        extensions = body["serviceInfo"]["extensions"]
        body["serviceInfo"] = {"licenses": [], "extensions": []}
        await self.done(await self.send("PUT", f"/users/{user}", json=body))
        body = await self.send("GET", f"/users/{user}")
        kept = [
            {k: v for k, v in e.items() if k != "id"} | {"licenseId": license_["id"]}
            for e in extensions
        ]
        body["serviceInfo"] = {"licenses": [license_], "extensions": kept}
        await self.done(await self.send("PUT", f"/users/{user}", json=body))


def without_numbers(body: dict[str, Any]) -> dict[str, Any]:
    """Leave out the licenses of phone numbers, which must not be sent."""
    services = body["serviceInfo"]
    kept = [unit for unit in services["licenses"] if "Local Number" not in unit["name"]]
    return body | {"serviceInfo": {**services, "licenses": kept}}


async def in_parallel(work: Iterable[Callable[[], Awaitable[None]]]) -> None:
    """Do the work with as many workers as the sample has."""
    waiting = iter(list(work))

    async def worker() -> None:
        for job in waiting:
            await job()

    await asyncio.gather(*(worker() for _ in range(SAMPLE_WORKERS)))


def by_sample(kind: str, count: int) -> tuple[int, float]:
    """Requests and virtual minutes of a client that is made like the sample."""
    world, wanted = worlds(kind, count)

    async def main() -> tuple[int, float]:
        sample = Sample(world)
        sites = await sample.send(
            "GET", "/sites", headers={"accept": "application/vnd.sites.v1+json"}
        )
        users = (await sample.send("GET", "/users", params={"pageSize": 1000}))["data"]
        before, began = len(world.server.log), world.runner.loop.now
        if kind == "create":
            await in_parallel(
                lambda name=name: sample.create(name, sites["data"][0]["id"]) for name in wanted
            )
        elif kind == "attribute update":
            await in_parallel(lambda u=u: sample.update(u["basicInfo"]["userId"]) for u in users)
        else:
            free = [
                {"id": unit, "country": "US"}
                for unit in sorted(world.content["licenses"])
                if unit[0] == "M"
            ]
            pairs = zip(users, free, strict=True)
            await in_parallel(
                lambda u=u, n=n: sample.change(u["basicInfo"]["userId"], n) for u, n in pairs
            )
        spent = len(world.server.log) - before, (world.runner.loop.now - began) / 60
        await sample.http.aclose()
        return spent

    try:
        return world.run(main())
    finally:
        world.close()


def table(count: int) -> str:
    """Measure, as Markdown."""
    lines = [
        (
            f"| {count:,} of | client | requests each | least | minutes | least | of least | "
            "the sample takes |"
        ),
        "|---|---|---:|---:|---:|---:|---:|---:|",
    ]
    for kind, least in LEAST.items():
        bound = least * count / PER_MINUTE
        measured = [by_licsync(kind, count), by_sample(kind, count)]
        for name, (requests, minutes) in zip(("licsync", "as the sample"), measured, strict=True):
            lines.append(
                f"| {kind} | {name} | {requests / count:.2f} | {least} | {minutes:.1f} "
                f"| {bound:.1f} | {minutes / bound:.2f} | {measured[1][1] / minutes:.2f} times |"
            )
            print(lines[-1], flush=True)
    return "\n".join(lines)


def main() -> None:
    """Measure and print; with `--save` put the table into the page as well."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--changes", type=int, default=1000)
    parser.add_argument("--save", action="store_true", help="put the table into docs/benchmarks.md")
    options = parser.parse_args()
    result = table(options.changes)
    if options.save:
        text = PAGE.read_text(encoding="utf-8")
        pattern = r"(<!-- api -->\n).*(<!-- /api -->)"
        PAGE.write_text(re.sub(pattern, lambda m: f"{m[1]}{result}\n{m[2]}", text, flags=re.DOTALL))


if __name__ == "__main__":
    main()
