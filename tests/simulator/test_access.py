"""Key, versions, limits, and what is not a request at all."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from licsync.simulator.settings import Limits
from tests.support.simulator import ADA, World, new_user


@pytest.mark.parametrize("key", ["", "wrong", "Simulator"])
def test_a_wrong_key_is_unauthorized(world: World, key: str) -> None:
    answer = world.ask("GET", "/users", headers={"x-api-key": key})
    assert answer.status_code == 401
    assert answer.json()["title"] == "Unauthorized"
    assert "errors" not in answer.json()


def test_a_request_names_the_version_of_the_api(world: World) -> None:
    for accept in (
        "*/*",
        "application/json",
        "application/vnd.users.v2+json",
        "application/vnd.sites.v1+json",
    ):
        assert world.ask("GET", "/users", headers={"Accept": accept}).status_code == 406
    assert world.ask("DELETE", f"/users/{ADA}", headers={"Accept": "*/*"}).status_code == 406
    assert (
        world.ask(
            "GET", "/users", headers={"Accept": "text/html, application/vnd.users.v1+json;q=1"}
        ).status_code
        == 200
    )
    assert (
        world.ask(
            "POST", "/users", new_user(), headers={"Content-Type": "application/json"}
        ).status_code
        == 415
    )
    made = world.ask("POST", "/users", new_user(), headers={"Accept": "*/*"})
    assert (made.status_code, made.headers["content-type"]) == (
        202,
        "application/vnd.users.v1+json",
    )
    wrong = {"Content-Type": "application/vnd.ringgroups.v1+json"}
    assert world.ask("POST", "/ring-groups/x/update-members", {}, headers=wrong).status_code == 415


def test_operations_can_be_asked_for_as_the_vendors_samples_do(world: World) -> None:
    operation = world.accepted("POST", "/users", new_user())
    for kind in ("operations", "users", "ringgroups"):
        answer = world.ask(
            "GET", f"/operations/{operation}", headers={"Accept": f"application/vnd.{kind}.v1+json"}
        )
        assert (answer.status_code, answer.headers["content-type"]) == (
            200,
            "application/vnd.operations.v1+json",
        )
    group = world.get("/ring-groups")["data"][0]["id"]
    for kind in ("operations", "ringgroups"):
        answer = world.ask(
            "DELETE", f"/ring-groups/{group}", headers={"Accept": f"application/vnd.{kind}.v1+json"}
        )
        assert answer.status_code == 202


def test_versions_can_be_left_out_as_before_september_2026(
    make_world: Callable[..., World],
) -> None:
    world = make_world(version_headers=False)
    assert world.ask("GET", "/users", headers={"Accept": "*/*"}).status_code == 200
    assert (
        world.ask(
            "POST", "/users", new_user(), headers={"Content-Type": "application/json"}
        ).status_code
        == 202
    )
    assert (
        world.ask("POST", "/users", new_user(), headers={"Content-Type": "text/plain"}).status_code
        == 415
    )


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"nonsense",
        b'{"a": NaN}',
        b"\xff",
        b'"\\ud800"',
        b'{"a": "\\u0000"}',
        b"[" * 100_000,
        b"null",
        b"[]",
        b"1",
        b'"x"',
        b" " * 1_000_001 + b"{}",
    ],
)
def test_json_of_the_wrong_form_is_refused(world: World, body: bytes) -> None:
    before = world.console.dump()
    for path in ("/users", "/ring-groups", "/addresses", "/sites"):
        assert world.ask("POST", path, body).status_code == 400
    assert world.console.dump() == before


def test_paths_and_methods_that_are_not_there(world: World) -> None:
    assert world.ask("GET", "/nothing").status_code == 404
    assert world.ask("GET", "/users/a/b").status_code == 404
    for method, path in (
        ("PATCH", f"/users/{ADA}"),
        ("DELETE", "/users"),
        ("PUT", "/phone-numbers/1"),
        ("PUT", "/addresses/A1"),
    ):
        answer = world.ask(method, path)
        assert answer.status_code == 405
        assert answer.json()["status"] == 405


def test_answers_have_an_id_of_their_own_and_the_clocks_date(world: World) -> None:
    first, second = world.ask("GET", "/users"), world.ask("GET", "/users")
    assert first.headers["x-response-id"] != second.headers["x-response-id"]
    assert first.headers["date"] == "Tue, 24 Nov 2026 09:00:00 GMT"


# --- limits ---------------------------------------------------------------------------------------


def allowed(world: World) -> bool:
    return world.ask("GET", "/operations/x").status_code == 404


def test_twenty_requests_in_ten_seconds_and_no_more(world: World) -> None:
    assert [allowed(world) for _ in range(21)] == [True] * 20 + [False]
    answer = world.ask("GET", "/users")
    assert answer.status_code == 429
    assert answer.json()["errors"][0]["code"] == "TOO_MANY_REQUESTS"
    assert answer.headers["x-ratelimit-remaining"] == "0"
    assert int(answer.headers["x-ratelimit-reset"]) == world.now.timestamp() + 10
    world.pass_(9.9)
    assert not allowed(world)
    world.pass_(0.1)
    assert allowed(world)


def test_a_hundred_requests_a_minute_and_no_more(world: World) -> None:
    begin = world.now
    for n in range(100):
        answer = world.ask("GET", "/operations/x")
        assert answer.status_code == 404
        assert answer.headers["x-ratelimit-limit"] == "100"
        assert answer.headers["x-ratelimit-remaining"] == str(99 - n)
        world.pass_(0.55)
    answer = world.ask("GET", "/operations/x")
    assert answer.status_code == 429
    assert int(answer.headers["x-ratelimit-reset"]) == begin.timestamp() + 60
    world.pass_(begin.timestamp() + 60 - world.now.timestamp())
    assert allowed(world)
    assert not allowed(world)


@pytest.mark.slow
def test_a_client_that_waits_for_the_reset_is_served(world: World) -> None:
    for _ in range(300):
        answer = world.ask("GET", "/operations/x")
        if answer.status_code == 429:
            world.pass_(int(answer.headers["x-ratelimit-reset"]) - world.now.timestamp())
            assert allowed(world)
        world.pass_(0.3)


@pytest.mark.slow
def test_limits_follow_the_speed_and_are_off_at_speed_0(make_world: Callable[..., World]) -> None:
    world = make_world(speed=10)
    assert [allowed(world) for _ in range(21)] == [True] * 20 + [False]
    world.pass_(1)
    assert allowed(world)
    world = make_world(speed=0)
    assert all(allowed(world) for _ in range(150))
    assert int(world.ask("GET", "/users").headers["x-ratelimit-limit"]) >= 1_000_000


@pytest.mark.parametrize("speed", [0, 1])
def test_every_answer_states_the_limits(make_world: Callable[..., World], speed: float) -> None:
    world = make_world(speed=speed, faults=[{"kind": "status", "status": 503, "path": "/sites"}])
    answers = [
        world.ask("GET", "/users"),
        world.ask("GET", "/users", headers={"x-api-key": "wrong"}),
        world.ask("GET", "/users/none"),
        world.ask("GET", "/sites"),
        world.ask("POST", "/users", {}),
    ]
    assert [answer.status_code for answer in answers] == [200, 401, 404, 503, 400]
    for answer in answers:
        for name in ("limit", "remaining", "reset"):
            assert int(answer.headers[f"x-ratelimit-{name}"]) >= 0


def test_bodies_are_compact_as_shell_samples_expect(world: World) -> None:
    text = world.ask("GET", "/users").text
    assert '"userName":"ada.lopez@acme.example"' in text
    assert '": ' not in text.replace('": "', "")


def test_a_refused_request_costs_nothing(make_world: Callable[..., World]) -> None:
    world = make_world(limits=Limits(per_minute=2, burst=2))
    assert [allowed(world) for _ in range(5)] == [True, True, False, False, False]
    world.pass_(60)
    assert allowed(world)
