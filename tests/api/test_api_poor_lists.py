"""Lists that leave out parts of users: what a list does not have is unknown, not empty."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

import httpx2
import pytest
from api_world import ApiWorld, document

from licsync.cli.backends import removes
from licsync.model.inventory import compared
from licsync.simulator.transport import SimulatorTransport

NAMES = [f"user{i}@acme.example" for i in range(6)]
CONTACT = "contact@acme.example"
HELD = {"type": "x2", "job_title": "Clerk", "ring_groups": ["Main"]}
SAME = {"job_title": "Clerk", "licenses": [{"type": "x2", "country": "US"}]}
PARTS = ("serviceInfo", "directoryInfo", "assignmentInfo")

Row = dict[str, Any]


class Tampering(httpx2.AsyncBaseTransport):
    """Changes the rows of lists of users on their way."""

    def __init__(self, app: Any, tamper: Callable[[int, Row], None]):
        self.inner = SimulatorTransport(app)
        self.tamper = tamper

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        answer = await self.inner.handle_async_request(request)
        if request.method != "GET" or not request.url.path.endswith("/users") or answer.status_code != 200:
            return answer
        body = json.loads(await answer.aread())
        for index, row in enumerate(body["data"]):
            self.tamper(index, row)
        headers = {k: v for k, v in answer.headers.items() if k != "content-length"}
        return httpx2.Response(200, headers=headers, stream=httpx2.ByteStream(json.dumps(body).encode()))


def without(*paths: str) -> Callable[[int, Row], None]:
    def tamper(index: int, row: Row) -> None:
        for path in paths:
            part, _, name = path.partition(".")
            if name:
                row[part].pop(name, None)
            else:
                row.pop(part, None)

    return tamper


def every_third(index: int, row: Row) -> None:
    if index % 3 == 0:
        without("serviceInfo")(index, row)


def nulls(index: int, row: Row) -> None:
    row["serviceInfo"] = {"licenses": None, "extensions": None}


TAMPERS: dict[str, Callable[[int, Row], None]] = {
    "only basicInfo": without(*PARTS),
    **{part: without(part) for part in PARTS},
    "no licenses": without("serviceInfo.licenses"),
    "no extensions": without("serviceInfo.extensions"),
    "no status": without("basicInfo.status"),
    "some without": every_third,
    "nulls": nulls,
}


@pytest.fixture(params=TAMPERS.values(), ids=TAMPERS.keys())
def poor(request: pytest.FixtureRequest) -> Iterator[ApiWorld]:
    users: dict[str, Any] = {**{name: HELD for name in NAMES}, CONTACT: {}, "away@acme.example": {"status": "inactive"}}
    content = document(users, {"x2": ["M1"], "x4": ["M2"]})
    world = ApiWorld(content, network=lambda app: Tampering(app, request.param))
    world.declared.users.clear()
    yield world
    world.close()


def test_what_is_read_is_what_there_is(poor: ApiWorld) -> None:
    read, truth = poor.run(poor.backend.read()), poor.truth()
    for name, user in truth.users.items():
        record = compared(read.users[name])
        seen = {key: record.get(key) for key in ("status", "job_title", "ring_groups")}
        assert seen == {key: user.get(key) for key in seen}, name
        assert [s for s in record["services"] if "extension" in s] == user["services"]  # without those of numbers
    assert {u for u, unit in read.licenses.items() if unit["status"] == "unassigned"} == {"M1", "M2"}


def test_nobody_is_given_what_they_have(poor: ApiWorld) -> None:
    assert poor.plan({**{name: SAME for name in NAMES}, CONTACT: {"licenses": []}}).actions == []


def test_changes_are_planned_applied_and_nothing_is_left(poor: ApiWorld) -> None:
    wanted = {NAMES[0]: {**SAME, "licenses": [{"type": "x4", "country": "US"}]}, NAMES[1]: {"job_title": ""}}
    plan = poor.plan(wanted)
    assert sorted(f"{a.kind} {a.verb}" for a in plan.actions) == ["license upgrade", "user update"]
    assert poor.apply(plan).is_complete
    assert poor.plan(wanted).actions == []


def test_a_list_that_leaves_out_what_a_user_does_not_have_is_trusted_by_a_sample() -> None:
    def tamper(index: int, row: Row) -> None:
        if not row["serviceInfo"]["licenses"]:
            row.pop("serviceInfo")

    contacts = {f"contact{i}@acme.example": {} for i in range(90)}
    world = ApiWorld(document({NAMES[0]: HELD, **contacts}, {}), network=lambda app: Tampering(app, tamper))
    world.run(world.backend.read())
    assert world.requests(lambda entry: entry.path.startswith("/users/")) < 25
    world.close()


def test_whoever_the_plan_is_about_is_read_by_itself_where_the_list_is_silent() -> None:
    hidden = "contact89@acme.example"

    def tamper(index: int, row: Row) -> None:
        if not row["serviceInfo"]["licenses"] or row["basicInfo"]["userName"] == hidden:
            row.pop("serviceInfo")

    people = {NAMES[0]: HELD, **{f"contact{i}@acme.example": {} for i in range(90)}, hidden: HELD}
    world = ApiWorld(document(people, {"x2": ["M1"]}), network=lambda app: Tampering(app, tamper))
    world.declared.users.clear()
    assert world.plan({hidden: SAME}).actions == []
    world.close()


@pytest.mark.parametrize(
    "entry", [{"job_title": ""}, {"licenses": []}, {"licenses": [{"extension": {"number": None}}]}]
)
def test_who_is_to_lose_something_is_read_by_itself_too(entry: Row) -> None:
    assert removes(entry)
    assert not removes(SAME)
