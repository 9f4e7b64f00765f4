"""One request at a time: what is tried again, what is not, and what happens on a broken wire."""

from __future__ import annotations

import gzip
import ssl

import httpx2
import pytest

from licsync.backends.api.responses import operation_of
from licsync.backends.api.transport import Request
from licsync.backends.http.patience import APPLYING, OPTIONAL, READING, Patience
from licsync.backends.http.rate_limit import Urgency
from licsync.backends.http.responses import Answer
from licsync.backends.http.transport import BREAKER, path_of
from licsync.diagnostics import CredentialsMissing
from licsync.engine.ports import BackendFailed
from tests.support.api_clock import headers_at, now, run
from tests.support.api_fakes import BASE, CANARY, Script, transport

GET = Request("GET", "/users/U1", "users")
PUT = Request("PUT", "/users/U1", "users", {"basicInfo": {}})
USER = {"basicInfo": {"userId": "U1", "userName": "ada"}}
NEW_ADDRESS = Request("POST", "/addresses", "addresses", {"country": "US"})
OPERATION = {"operationId": "op_1", "status": "PENDING"}


def _send(script: Script, request: Request, urgency: Urgency = Urgency.STEP) -> Answer:
    async def main() -> Answer:
        return await transport(script).send(request, urgency)

    return run(main())


@pytest.mark.parametrize(
    ("answer", "outcome"),
    [
        ((202, OPERATION), "accepted"),
        ((202, {}), "ambiguous"),  # an operation that cannot be followed
        ((202, {"operationId": 7}), "ambiguous"),
        ((202, [OPERATION]), "ambiguous"),
        (httpx2.Response(202, content=b'{"operationId": "op_1"'), "ambiguous"),
        (httpx2.Response(202, content=b'{"operationId": "a", "operationId": "b"}'), "ambiguous"),
        (httpx2.Response(202), "ambiguous"),
        (httpx2.Response(204), "ambiguous"),
        ((400, {"title": "Validation error"}), "refused"),
        (httpx2.Response(400, content=b"<html>"), "refused"),
        ((302, {}), "refused"),
        ((405, {}), "refused"),
        ((501, {}), "refused"),
        ((408, {}), "ambiguous"),
        ((424, {}), "ambiguous"),
        ((500, {}), "ambiguous"),
        (httpx2.ReadTimeout("late"), "ambiguous"),
        (httpx2.WriteError("reset"), "ambiguous"),
        (httpx2.RemoteProtocolError("cut"), "ambiguous"),
    ],
)
def test_a_write_is_sent_once_and_its_answer_means_one_thing(answer: object, outcome: str) -> None:
    script = Script(answer)  # type: ignore[arg-type]
    found = _send(script, PUT)
    assert found.outcome == outcome
    assert len(script.requests) == 1
    assert (found.reason == "") == (outcome == "accepted")


def test_addresses_are_made_at_once() -> None:
    assert _send(Script((200, {"id": "A1"})), NEW_ADDRESS).outcome == "accepted"
    assert (
        _send(Script(httpx2.Response(204)), Request("DELETE", "/addresses/A1", "addresses")).outcome
        == "accepted"
    )


def test_an_unsent_request_is_retried_and_then_abandoned() -> None:
    script = Script(
        httpx2.ConnectError("no route"), httpx2.ConnectTimeout("slow"), (202, OPERATION)
    )
    assert operation_of(_send(script, PUT)) == "op_1"
    with pytest.raises(BackendFailed, match="cannot be reached: ConnectError: no route"):
        _send(Script(httpx2.ConnectError("no route")), PUT)


@pytest.mark.parametrize(
    ("patience", "attempts", "seconds"), [(APPLYING, 6, 31), (READING, 2, 1), (OPTIONAL, 2, 1)]
)
def test_a_reader_learns_at_once_that_a_server_is_gone(
    patience: Patience, attempts: int, seconds: float
) -> None:
    async def main(script: Script) -> float:
        with pytest.raises(BackendFailed, match="cannot be reached: ConnectError"):
            await transport(script, patience=patience).get(GET, Urgency.START)
        return now()

    script = Script(httpx2.ConnectError("refused"))
    assert run(main(script)) == seconds
    assert len(script.requests) == attempts


def test_an_optional_read_is_tried_twice() -> None:
    async def main(patience: Patience) -> float:
        with pytest.raises(BackendFailed, match="cannot be read"):
            await transport(Script((503, {})), patience=patience).get(GET, Urgency.START)
        return now()

    assert run(main(OPTIONAL)) < 5 < 30 < run(main(READING)) < 60


def test_work_that_has_begun_waits_for_a_server_whatever_the_patience() -> None:
    async def main() -> None:
        script = Script(*[httpx2.ConnectError("refused")] * 9, (200, USER))
        answer = await transport(script, patience=OPTIONAL).get(GET, Urgency.STEP)
        assert answer.body == USER

    run(main())


def test_a_429_is_waited_for_and_counts_as_no_attempt() -> None:
    async def main() -> tuple[int, float]:
        refused = httpx2.Response(
            429, json={}, headers=dict(headers_at(0, **{"x-ratelimit-reset": "1795478403"}))
        )
        script = Script(*[refused] * 20, (202, OPERATION))
        answer = await transport(script).send(PUT, Urgency.STEP)
        assert answer.outcome == "accepted"
        return len(script.requests), now()

    sent, seconds = run(main())
    assert sent == 21
    assert seconds >= 20 * 3


def test_limits_that_others_use_up_are_reported() -> None:
    with pytest.raises(BackendFailed, match="used up by others"):
        _send(Script((429, {})), GET)


def test_a_read_is_tried_again() -> None:
    async def main(script: Script) -> Answer:
        return await transport(script).get(GET, Urgency.START)

    script = Script(
        (500, {}), httpx2.ReadTimeout("late"), httpx2.Response(200, content=b"{"), (200, USER)
    )
    assert run(main(script)).body == USER
    assert len(script.requests) == 4
    assert run(main(Script((404, {})))).outcome == "refused"
    with pytest.raises(BackendFailed, match=r"cannot be read: no reason given \(HTTP 503\)"):
        run(main(Script((503, {}))))


def test_begun_work_is_retried_longer() -> None:
    async def main(urgency: Urgency) -> float:
        with pytest.raises(BackendFailed):
            await transport(Script((503, {}))).get(GET, urgency)
        return now()

    assert run(main(Urgency.START)) < 60 < 180 < run(main(Urgency.SECOND_HALF))


def test_a_key_that_is_not_accepted_ends_it() -> None:
    with pytest.raises(CredentialsMissing, match="did not accept the key: Who are you"):
        _send(Script((401, {"title": "Who are you"})), PUT)


def test_after_many_failures_nothing_new_begins_and_what_began_goes_on() -> None:
    async def main() -> None:
        script = Script((503, {}))
        api = transport(script)
        for _ in range(BREAKER):
            await api.send(PUT, Urgency.STEP)
        with pytest.raises(BackendFailed, match=f"failed {BREAKER} times in a row"):
            await api.send(PUT, Urgency.START)
        assert len(script.requests) == BREAKER
        script.answers = [(202, OPERATION)]
        assert (await api.send(PUT, Urgency.SECOND_HALF)).outcome == "accepted"
        assert (await api.send(PUT, Urgency.START)).outcome == "accepted"  # it works again

    run(main())


def test_what_is_sent() -> None:
    script = Script((202, OPERATION))
    _send(script, PUT)
    _send(script, Request("DELETE", "/users/U1", "users"))
    _send(
        script, Request("GET", "/users", "users", query={"filter": "basicInfo.userName=='a+b@x'"})
    )
    put, delete, get = script.requests
    assert put.headers["x-api-key"] == CANARY
    assert put.headers["content-type"] == "application/vnd.users.v1+json"
    assert delete.headers["accept"] == get.headers["accept"] == "application/vnd.users.v1+json"
    assert "content-type" not in delete.headers
    assert str(get.url) == f"{BASE}/users?filter=basicInfo.userName%3D%3D%27a%2Bb%40x%27"
    assert get.headers["accept-encoding"] == "identity"
    assert len({r.headers["x-request-id"] for r in script.requests}) == 3


def test_paths_are_quoted_whole() -> None:
    assert path_of("users", "../sites/x?y#z") == "/users/..%2Fsites%2Fx%3Fy%23z"


def test_a_redirect_is_not_followed() -> None:
    elsewhere = httpx2.Response(307, headers={"location": "https://evil.example/"})
    script = Script(elsewhere)
    answer = _send(script, PUT)
    assert answer.outcome == "refused"
    assert answer.reason == "it redirects to https://evil.example, which is not followed (HTTP 307)"
    assert len(script.requests) == 1


@pytest.mark.parametrize(
    ("location", "expected"),
    [
        ("/login?token=x", "another path"),
        ("", "another path"),
        ("https://[", "no address"),
        ("//h/p", "://h"),
    ],
)
def test_a_redirect_is_named_by_its_host_alone(location: str, expected: str) -> None:
    answer = _send(
        Script(httpx2.Response(302, headers={"location": location}, content=b"<html>")), PUT
    )
    assert answer.reason == f"it redirects to {expected}, which is not followed (HTTP 302)"


def test_an_untrusted_certificate_is_reported_at_once() -> None:
    fault = httpx2.ConnectError("[SSL: CERTIFICATE_VERIFY_FAILED]")
    cause = ssl.SSLCertVerificationError("certificate verify failed")
    cause.verify_message = "self-signed certificate"
    fault.__cause__ = OSError("connect")
    fault.__cause__.__context__ = cause
    script = Script(fault)
    with pytest.raises(
        BackendFailed, match="its certificate is not trusted: self-signed certificate"
    ):
        _send(script, PUT)
    assert len(script.requests) == 1


def _encoded(encoding: str, data: bytes) -> Answer:
    """Send a PUT whose answer comes in an encoding."""

    def answer(request: httpx2.Request) -> httpx2.Response:
        return httpx2.Response(
            202, headers={"content-encoding": encoding}, stream=httpx2.ByteStream(data)
        )

    async def main() -> Answer:
        api = transport(answer)
        try:
            return await api.send(PUT, Urgency.STEP)
        finally:
            await api.close()

    return run(main())  # type: ignore[no-any-return]


@pytest.mark.parametrize("encoding", ["gzip", "GZIP", "x-gzip"])
def test_a_compressed_answer_is_read(encoding: str) -> None:
    answer = _encoded(encoding, gzip.compress(b'{"operationId":"op_1"}'))
    assert (answer.outcome, operation_of(answer)) == ("accepted", "op_1")


@pytest.mark.parametrize(
    ("encoding", "expected"),
    [
        ("gzip", "compressed with gzip, and is not"),
        ("br", "compressed as 'br', which was not asked"),
    ],
)
def test_an_answer_in_another_encoding_leaves_it_open(encoding: str, expected: str) -> None:
    answer = _encoded(encoding, b'{"operationId":"op_1"}')
    assert (answer.outcome, expected in answer.reason) == ("ambiguous", True)


def test_the_key_is_in_no_reason() -> None:
    for answer in ((400, {"title": f"bad key {CANARY}"}), httpx2.ReadError(f"key {CANARY}")):
        reason = _send(Script(answer), PUT).reason  # type: ignore[arg-type]
        assert "…" in reason
        assert CANARY not in reason
