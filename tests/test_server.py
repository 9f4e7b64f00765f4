"""Servers on this machine: a request has a time to arrive in, connections have a number, other
hosts get no answer.
"""

from __future__ import annotations

import asyncio
import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from urllib.parse import urlsplit

import httpx2
import pytest
import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.routing import Route

from licsync.server import BoundedConnection, OwnHost
from tests.support.paths import ACME
from tests.support.patience import PATIENCE

HALVES = [
    b"", b"G", b"GET / HTTP/1.1\r\nHost: x", b"GET / HTTP/1.1\r\nHost: x\r\nX: ",
    b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\nhalf",
]  # fmt: skip


class Hasty(BoundedConnection):
    seconds = 0.2
    most = 5


async def _echo(request: Request) -> PlainTextResponse:
    return PlainTextResponse(f"{len(await request.body())} bytes")


def served(client: Callable[[int], object]) -> None:
    """Serve an application within bounds that are soon reached, while a client does something in a
    thread.
    """

    async def main() -> None:
        app = Starlette(routes=[Route("/", _echo, methods=["GET", "POST"])])
        config = uvicorn.Config(app, http=Hasty, port=0, log_level="critical", lifespan="off")
        server = uvicorn.Server(config)
        running = asyncio.create_task(server._serve())
        while not server.started:
            await asyncio.sleep(0.01)
        try:
            await asyncio.to_thread(client, server.servers[0].sockets[0].getsockname()[1])
        finally:
            server.should_exit = True
            await running

    asyncio.run(main())


def connected(port: int) -> socket.socket:
    return socket.create_connection(("127.0.0.1", port), timeout=PATIENCE)


def ended(connection: socket.socket) -> bool:
    try:
        return connection.recv(1) == b""
    except ConnectionResetError:
        return True


def answer(connection: socket.socket) -> bytes:
    found = b""
    while b"bytes" not in found and (part := connection.recv(1000)):
        found += part
    return found


def drips(connection: socket.socket) -> int:
    """Send a header each twentieth of a second; gives how many were taken."""
    for number in range(60):
        try:
            connection.sendall(b"a: b\r\n")
        except (BrokenPipeError, ConnectionResetError):
            return number
        time.sleep(0.05)
    return 60


@pytest.mark.parametrize("half", HALVES)
def test_a_request_that_does_not_arrive_is_let_go(half: bytes) -> None:
    def client(port: int) -> None:
        with connected(port) as connection:
            began = time.monotonic()
            connection.sendall(half)
            assert ended(connection)
            assert time.monotonic() - began < 3

    served(client)


@pytest.mark.slow
def test_a_drip_wins_no_time() -> None:
    def client(port: int) -> None:
        with connected(port) as connection:
            connection.sendall(b"GET / HTTP/1.1\r\nHost: x\r\n")
            assert drips(connection) < 60

    served(client)


def test_a_second_request_of_a_connection_has_to_arrive_too() -> None:
    def client(port: int) -> None:
        with connected(port) as connection:
            connection.sendall(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
            assert b"0 bytes" in answer(connection)
            connection.sendall(b"GET / HT")
            assert ended(connection)

    served(client)


def test_a_whole_request_is_answered_however_it_comes() -> None:
    def client(port: int) -> None:
        with connected(port) as connection:
            for part in (
                b"POST / HT",
                b"TP/1.1\r\nHost: x\r\nContent-",
                b"Length: 4\r\n\r\nab",
                b"cd",
            ):
                connection.sendall(part)
                time.sleep(0.01)
            assert b"4 bytes" in answer(connection)

    served(client)


def test_the_longest_idle_connection_is_closed_first() -> None:
    def client(port: int) -> None:
        with ExitStack() as stack:
            first, *others = [stack.enter_context(connected(port)) for _ in range(Hasty.most)]
            with connected(port) as late:
                late.sendall(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
                assert b"0 bytes" in answer(late)
                assert ended(first)
                assert all(one.fileno() > 0 for one in others)

    served(client)


@pytest.mark.parametrize(
    ("hosts", "status"),
    [
        (["127.0.0.1:80"], 200), (["localhost:80"], 200), (["LOCALHOST:80"], 200),
        (["127.0.0.1"], 421), (["127.0.0.1:81"], 421), (["evil.example:80"], 421),
        (["127.0.0.1.evil.example:80"], 421), ([], 421), (["127.0.0.1:80", "evil.example:80"], 421),
        (["127.0.0.1:80,evil.example"], 421), ([""], 421),
    ],
)  # fmt: skip
def test_only_names_of_the_server_are_answered(hosts: list[str], status: int) -> None:
    seen: list[int] = []

    async def send(message: object) -> None:
        if isinstance(message, dict) and "status" in message:
            seen.append(message["status"])

    async def receive() -> dict[str, object]:
        return {"type": "http.request", "body": b""}

    headers = [(b"host", host.encode()) for host in hosts]
    scope = {"type": "http", "method": "GET", "path": "/", "query_string": b"", "headers": headers}
    asyncio.run(OwnHost(PlainTextResponse("here"), 80)(scope, receive, send))
    assert seen == [status]


# --- as they are started --------------------------------------------------------------------------


@contextmanager
def started(command: str, folder: Path) -> Iterator[tuple[str, subprocess.Popen[str]]]:
    """Start a server that may open 128 files; gives its address."""
    account = shutil.copytree(ACME, folder / "acme")
    words = [
        "sh",
        "-c",
        'ulimit -n 128; exec "$@"',
        "sh",
        sys.executable,
        "-m",
        "licsync",
        command,
        str(account),
    ]
    environment = {
        **os.environ,
        "LICSYNC_API_KEY": "key",
        "LICSYNC_WEB_TOKEN": "a-token-for-this-test",
    }
    pipe = subprocess.PIPE
    with subprocess.Popen(
        [*words, "--port", "0"], env=environment, stdout=pipe, stderr=pipe, text=True
    ) as process:
        try:
            assert process.stdout is not None
            yield process.stdout.readline().split()[-1], process
        finally:
            process.kill()


@pytest.mark.slow
@pytest.mark.parametrize("command", ["simulate", "serve"])
def test_half_requests_do_not_keep_others_out(command: str, tmp_path: Path) -> None:
    with started(command, tmp_path) as (address, process), ExitStack() as stack:
        port = urlsplit(address).port or 0
        for number in range(200):
            stack.enter_context(connected(port)).sendall(HALVES[number % len(HALVES)])
        seen = httpx2.get(f"{address}/users", headers={"x-api-key": "key"}, timeout=PATIENCE)
        assert seen.status_code in (403, 406)  # without a session, or a version
        assert process.poll() is None


@pytest.mark.slow
def test_the_simulator_has_no_other_name_and_nobody_writes_its_log(tmp_path: Path) -> None:
    with started("simulate", tmp_path) as (address, process):
        evil = {"x-api-key": "key", "host": f"evil.example:{urlsplit(address).port}"}
        assert httpx2.get(f"{address}/users", headers=evil, timeout=PATIENCE).status_code == 421
        for path in (
            "/x%1b%5B31m%0aevil%20200",
            "/%0d%0a::error::x",
            "/%e2%80%ae%c2%9b31m",
            "/a%20200%20op_1",
        ):
            assert httpx2.get(address + path, timeout=PATIENCE).status_code == 401
        process.terminate()
        _, log = process.communicate(timeout=PATIENCE)
    lines = log.splitlines()
    assert [line.split()[1:] for line in lines] == [
        ["GET", "/x%1B%5B31m%0Aevil%20200", "401"],
        ["GET", "/%0D%0A::error::x", "401"],
        ["GET", "/%E2%80%AE%C2%9B31m", "401"],
        ["GET", "/a%20200%20op_1", "401"],
    ]
