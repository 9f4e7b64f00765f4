"""Lists that leave out parts of users: what a list does not have is unknown, not empty."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

import httpx2
import pytest

from licsync.model.inventory import without_notes
from licsync.simulator.transport import SimulatorTransport
from tests.support.api_simulation import ApiWorld, document

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
        if (
            request.method != "GET"
            or not request.url.path.endswith("/users")
            or answer.status_code != 200
        ):
            return answer
        body = json.loads(await answer.aread())
        for index, row in enumerate(body["data"]):
            self.tamper(index, row)
        headers = {k: v for k, v in answer.headers.items() if k != "content-length"}
        return httpx2.Response(
            200, headers=headers, stream=httpx2.ByteStream(json.dumps(body).encode())
        )


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
    users: dict[str, Any] = {
        **{name: HELD for name in NAMES},
        CONTACT: {},
        "away@acme.example": {"status": "inactive"},
    }
    content = document(users, {"x2": ["M1"], "x4": ["M2"]})
    world = ApiWorld(content, network=lambda app: Tampering(app, request.param))
    world.declared.users.clear()
    yield world
    world.close()


def test_an_account_is_read_completely(poor: ApiWorld) -> None:
    read, truth = poor.run(poor.backend.read()), poor.truth()
    for name, user in truth.users.items():
        record = without_notes(read.users[name])
        seen = {key: record.get(key) for key in ("status", "job_title", "ring_groups")}
        assert seen == {key: user.get(key) for key in seen}, name
        # without those of numbers
        assert [s for s in record["services"] if "extension" in s] == user["services"]
    assert {u for u, unit in read.licenses.items() if unit["status"] == "unassigned"} == {
        "M1",
        "M2",
    }


def test_nobody_is_given_what_they_have(poor: ApiWorld) -> None:
    assert poor.plan({**{name: SAME for name in NAMES}, CONTACT: {"licenses": []}}).actions == []


@pytest.mark.slow
def test_changes_are_planned_applied_and_nothing_is_left(poor: ApiWorld) -> None:
    wanted = {
        NAMES[0]: {**SAME, "licenses": [{"type": "x4", "country": "US"}]},
        NAMES[1]: {"job_title": ""},
    }
    plan = poor.plan(wanted)
    assert sorted(f"{a.kind} {a.verb}" for a in plan.actions) == ["license upgrade", "user update"]
    assert poor.apply(plan).is_complete
    assert poor.plan(wanted).actions == []


def without_licenses_of(*hidden: str) -> Callable[[int, Row], None]:
    """A list that leaves out what a user does not have, and a part that some users do have."""

    def tamper(index: int, row: Row) -> None:
        if not row["serviceInfo"]["licenses"] or row["basicInfo"]["userName"] in hidden:
            row.pop("serviceInfo")

    return tamper


CONTACTS: dict[str, Any] = {f"contact{i}@acme.example": {} for i in range(90)}


@pytest.mark.parametrize("position", [0, 1, 45, 89])
def test_holders_of_licenses_that_the_list_hides_are_found(
    position: int,
) -> None:
    names = list(CONTACTS)
    hidden = names[position]
    people = {NAMES[0]: HELD, **CONTACTS, hidden: HELD}
    content = document(people, {"x2": ["M1"]})
    world = ApiWorld(content, network=lambda app: Tampering(app, without_licenses_of(hidden)))
    unit = content["users"][hidden]["services"][0]["license"]
    world.declared.users.clear()
    # as of a time when nobody held it
    world.declared.licenses[unit] = {**content["licenses"]["M1"]}
    world.backend = world.client()
    others = [name for name in names if name != hidden][:2]
    plan = world.plan({name: {"licenses": [{"type": "x2", "country": "US"}]} for name in others})
    assert [d.code for d in plan.diagnostics if d.severity == "error"] == ["license-shortage"]
    assert [a.license.id for a in plan.actions if a.license and a.license.id] == ["M1"]
    world.close()


@pytest.mark.slow
def test_a_phone_number_whose_holder_the_list_hides_is_taken() -> None:
    hidden = "contact89@acme.example"
    world = ApiWorld(
        document(
            {**CONTACTS, hidden: {**HELD, "extension": {"phone_numbers": ["+12065550199"]}}},
            {"x2": ["M1"]},
        ),
        network=lambda app: Tampering(app, without_licenses_of(hidden)),
    )
    world.declared.users.clear()
    inventory = world.run(world.backend.read())
    assert inventory.numbers["phone-number", "+12065550199"] == hidden
    world.close()


@pytest.mark.slow
def test_the_time_to_read_users_one_by_one_is_announced() -> None:
    people = {NAMES[0]: HELD, **{f"contact{i}@acme.example": {} for i in range(250)}}
    world = ApiWorld(
        document(people, {}), network=lambda app: Tampering(app, without_licenses_of())
    )
    output: list[str] = []
    world.backend.reader.report = output.append
    world.run(world.backend.read())
    assert output == [
        "The list of users does not say which licenses 250 of 251 users hold. "
        "licsync reads each of them by itself; this takes about 3 minutes."
    ]
    world.close()


@pytest.mark.slow
def test_users_listed_without_licenses_are_not_read_one_by_one() -> None:
    people = {NAMES[0]: HELD, **CONTACTS}
    world = ApiWorld(
        document(people, {}), network=lambda app: Tampering(app, without("assignmentInfo"))
    )
    world.run(world.backend.read())
    # of one of the sample more is known
    assert world.requests(lambda entry: entry.path.startswith("/users/")) > 90
    world.close()
    world = ApiWorld(document(people, {}))
    world.run(world.backend.read())
    assert world.requests(lambda entry: entry.path.startswith("/users/")) <= 3
    world.close()
