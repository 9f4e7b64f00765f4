"""A value of a wrong type in an answer is told with its place, and nothing is concluded from what
else was read.
"""

from __future__ import annotations

import copy
import json
from collections.abc import Callable, Iterator
from typing import Any

import httpx2
import pytest

from licsync.backends.api.document_types import find_type_error
from licsync.backends.api.operation_polling import Operation, OperationTimings, poll_operation
from licsync.backends.api.pagination import id_of
from licsync.backends.api.responses import operation_of
from licsync.backends.http.rate_limit import Urgency
from licsync.backends.http.responses import Answer
from licsync.engine.ports import BackendFailed
from licsync.simulator.transport import SimulatorTransport
from tests.support.api_clock import run
from tests.support.api_fakes import Script, transport
from tests.support.api_simulation import ApiWorld, document

ADA, BO = "ada@acme.example", "bo@acme.example"
HELD = {
    "type": "x2",
    "ring_groups": ["Main"],
    "call_queues": ["Help"],
    "job_title": "Clerk",
    "department": "Sales",
}
WRONG: tuple[Any, ...] = (5, 1e10, True, [], {}, ["a"], {"a": 1}, [None], [[]], "x")
Place = tuple[str | int, ...]


class Mangled(httpx2.AsyncBaseTransport):
    """The simulator, but for one answer: a function changes its JSON."""

    def __init__(self, app: Any):
        self._inner = SimulatorTransport(app)
        self.path = ""
        self.change: Callable[[Any], None] = lambda body: None

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        response = await self._inner.handle_async_request(request)
        if request.url.path.removeprefix("/admin-provisioning") != self.path:
            return response
        body = json.loads(await response.aread())
        self.change(body)
        return httpx2.Response(
            response.status_code, stream=httpx2.ByteStream(json.dumps(body).encode())
        )


@pytest.fixture(scope="module")
def world() -> Iterator[ApiWorld]:
    people = {ADA: HELD, BO: {**HELD, "status": "inactive"}}
    made = ApiWorld(document(people, {}), settings={"speed": 0}, network=Mangled)
    yield made
    made.close()


def places(value: Any, at: Place = ()) -> Iterator[Place]:
    yield at
    members = (
        value.items()
        if isinstance(value, dict)
        else enumerate(value)
        if isinstance(value, list)
        else ()
    )
    for key, inner in members:
        yield from places(inner, (*at, key))


def put(body: Any, place: Place, value: Any) -> None:
    for step in place[:-1]:
        body = body[step]
    body[place[-1]] = value


def at(body: Any, place: Place) -> Any:
    for step in place:
        body = body[step]
    return body


def read(world: ApiWorld, path: str = "", change: Callable[[Any], None] = lambda body: None) -> Any:
    """Read everything with a new client; one answer is changed."""
    backend = world.client()
    network = backend.api._network
    assert isinstance(network, Mangled)
    network.path, network.change = path, change

    async def main() -> Any:
        try:
            return (await backend.read()).to_document()
        finally:
            await backend.close()

    return world.run(main())


def read_or_told(
    world: ApiWorld, path: str, change: Callable[[Any], None]
) -> tuple[dict[str, Any], str]:
    try:
        return read(world, path, change), ""
    except BackendFailed as fault:
        return {}, str(fault)


def answers(world: ApiWorld) -> dict[str, Any]:
    """Read everything; gives the answers of the lists."""
    found: dict[str, Any] = {}
    for path in ("/sites", "/addresses", "/users"):
        read(world, path, lambda body, path=path: found.update({path: copy.deepcopy(body)}))
    return found


def without_time(inventory: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in inventory.items() if key != "as_of"}


@pytest.mark.slow
@pytest.mark.parametrize("path", ["/sites", "/addresses", "/users"])
def test_every_wrong_type_that_is_read_is_reported(world: ApiWorld, path: str) -> None:
    right = without_time(read(world))
    body = answers(world)[path]
    reported = 0
    for number, place in enumerate(list(places(body))[1:]):
        before = at(body, place)
        wrong = [
            v
            for v in WRONG
            if not isinstance(v, type(before)) and not (isinstance(before, int) and v == 5)
        ]
        if before is None or not wrong:
            continue
        value = wrong[number % len(wrong)]
        found, output = read_or_told(
            world, path, lambda body, place=place, value=value: put(body, place, value)
        )
        assert f"The list {path} cannot be read" in output or without_time(found) == right, (
            place,
            value,
        )
        reported += bool(output)
    assert reported > 5


@pytest.mark.parametrize(
    ("place", "value", "expected"),
    [
        (("data", 0, "basicInfo"), 5, "row 1, basicInfo must be an object, not a number"),
        (
            ("data", 0, "basicInfo", "firstName"),
            {},
            f"row 1 ({ADA}), basicInfo.firstName must be a text",
        ),
        (
            ("data", 0, "basicInfo", "status"),
            "GONE",
            "basicInfo.status has a value that is not known",
        ),
        (("data", 0, "basicInfo", "userName"), "", "basicInfo.userName is empty"),
        (("data", 0, "basicInfo", "userName"), None, "basicInfo.userName must be a text, not null"),
        (
            ("data", 0, "serviceInfo", "licenses"),
            "none",
            "serviceInfo.licenses must be a list, not a text",
        ),
        (
            ("data", 0, "serviceInfo", "licenses", 0),
            None,
            "serviceInfo.licenses[0] must be an object, not null",
        ),
        (
            ("data", 0, "serviceInfo", "licenses", 0),
            {"name": "X2"},
            "serviceInfo.licenses[0] lacks id",
        ),
        (("data", 0), "ada", "row 1, the document must be an object, not a text"),
        (("data",), None, "a page has no rows or no pagination"),
        (("pagination", "hasMore"), 0, "whether there are more pages is not clear"),
        (("pagination", "hasMore"), "no", "whether there are more pages is not clear"),
        (("pagination",), {"nextScrollId": "s"}, "whether there are more pages is not clear"),
        (("pagination", "nextScrollId"), 5, "whether there are more pages is not clear"),
    ],
)
def test_a_wrong_type_is_reported_with_its_place(
    world: ApiWorld, place: Place, value: Any, expected: str
) -> None:
    with pytest.raises(BackendFailed) as fault:
        read(world, "/users", lambda body: put(body, place, value))
    assert expected in str(fault.value)


def test_a_user_read_by_itself_has_its_types_and_is_the_one_that_was_asked_for(
    world: ApiWorld,
) -> None:
    backend = world.client()

    async def one(change: Callable[[Any], None]) -> None:
        await backend.read()
        user = backend.mirror.names[ADA]
        network = backend.api._network
        assert isinstance(network, Mangled)
        network.path, network.change = f"/users/{user}", change
        try:
            await backend.fetch([f"users/{ADA}"], whole=True)
        finally:
            await backend.close()

    with pytest.raises(BackendFailed, match="must be a list, not a number"):
        world.run(one(lambda body: put(body, ("serviceInfo", "extensions"), 5)))
    with pytest.raises(BackendFailed, match="it is not that of"):
        world.run(one(lambda body: put(body, ("basicInfo", "userId"), "somebody-else")))


@pytest.mark.parametrize(
    ("media", "path", "body"),
    [
        ("users", "/users/U1", {"basicInfo": {"userId": "U1", "userName": "a"}}),
        ("users", "/users", {"data": []}),
        ("sites", "/sites/a%20b", {"id": "a b", "name": "HQ", "address": None}),
        (
            "ringgroups",
            "/ring-groups/1",
            {"id": "1", "members": [{"sequenceNumber": None}], "ringTimeout": "new"},
        ),
        ("phonenumbers", "/phone-numbers/%2B1206", {"phoneNumber": "+1206", "status": None}),
        ("operations", "/operations/op", 5),
    ],
)
def test_absent_null_and_new_fields_are_accepted(media: str, path: str, body: Any) -> None:
    assert find_type_error(media, path, body) == ""


def test_the_first_row_that_is_wrong_is_named() -> None:
    rows = [{"basicInfo": {"userId": str(n), "userName": f"u{n}"}} for n in range(5)]
    assert find_type_error("users", "/users", {"data": rows}) == ""
    rows[3]["basicInfo"]["userName"] = 5  # type: ignore[assignment]
    assert find_type_error("users", "/users", {"data": rows}).startswith(
        "row 4 (3), basicInfo.userName must be a text"
    )


OPERATION = {
    "operationId": "op", "status": "FAILED", "resourceId": "U1",
    "createdTime": "2026-11-24T00:00:00Z", "completedTime": "2026-11-24T00:00:05Z",
    "error": {"title": "no", "errors": [{"field": "f", "code": "X", "message": "m"}]},
}  # fmt: skip


@pytest.mark.parametrize("place", list(places(OPERATION))[1:], ids=str)
def test_an_operation_with_a_wrong_type_ends_as_failed_or_unknown(place: Place) -> None:
    """What is unknown is looked for, so only the end that it names may be taken from it."""
    for value in (*WRONG, None, "", "PENDING"):
        if place == ("status",) and value == "PENDING":
            continue
        body = copy.deepcopy(OPERATION)
        put(body, place, value)
        api = transport(Script((200, body)))
        ended = run(
            poll_operation(api, Operation("op", "update"), Urgency.STEP, OperationTimings())
        )
        assert ended.status == ("unknown" if place == ("status",) else "failed"), (place, value)
        assert ended.reason


@pytest.mark.parametrize(
    "body", [None, 5, [], {"basicInfo": 5}, {"id": {}}, {"id": 5, "basicInfo": []}]
)
def test_an_answer_to_a_write_names_a_thing_only_by_a_text(body: Any) -> None:
    assert id_of(body if isinstance(body, dict) else {}) is None
    answer = Answer("accepted", 202, body)
    assert operation_of(answer) is None
