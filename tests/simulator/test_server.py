"""`licsync simulate` as it is started: its ready line, its log, its end; and what is below
`/_simulator`.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx2
import pytest
from click.testing import CliRunner

from licsync.cli.main import cli
from tests.support.patience import PATIENCE
from tests.support.simulator import ACME, TYPES, World, new_user

KEY = "a-key-of-our-own"


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    return Path(shutil.copytree(ACME.parent, tmp_path / "acme"))


@contextmanager
def simulator(directory: Path, *words: str) -> Iterator[tuple[str, subprocess.Popen[str]]]:
    command = [sys.executable, "-m", "licsync", "simulate", str(directory), "--port", "0", *words]
    environment = {**os.environ, "LICSYNC_API_KEY": KEY}
    process = subprocess.Popen(
        command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    try:
        assert process.stdout is not None
        yield process.stdout.readline(), process
    finally:
        process.kill()
        process.wait()
        for stream in (process.stdout, process.stderr):
            assert stream is not None
            stream.close()


def ended(process: subprocess.Popen[str], number: int) -> tuple[int, str]:
    process.send_signal(number)
    _, log = process.communicate(timeout=PATIENCE)
    return process.returncode, log


@pytest.mark.slow
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_it_is_started_asked_and_ended(directory: Path, number: int) -> None:
    with simulator(directory, "--speed", "0") as (line, process):
        assert line.startswith("acme is served at http://127.0.0.1:")
        base = line.split()[-1]
        headers = {"x-api-key": KEY, "Accept": TYPES["users"], "Content-Type": TYPES["users"]}
        with httpx2.Client(headers=headers, timeout=PATIENCE) as client:
            assert (
                client.get(f"{base}/users", headers={"x-api-key": "simulator"}).status_code == 401
            )
            made = client.post(
                f"{base}/users", content=json.dumps(new_user("secret.name@acme.example"))
            )
            assert made.status_code == 202
            shown = client.get(
                f"{base}/users", params={"filter": "basicInfo.userName==secret.name@acme.example"}
            )
            assert len(shown.json()["data"]) == 1
            assert len(shown.headers.get_list("date")) == 1
            assert "server" not in shown.headers
        code, log = ended(process, number)
    assert code == 0
    assert "POST /users 202 op_" in log
    assert "secret" not in log
    assert KEY not in log
    dumped = CliRunner().invoke(cli, ["inventory", "dump", str(directory)])
    assert "secret.name@acme.example" in json.loads(dumped.stdout)["users"]


@pytest.mark.slow
def test_faults_of_a_file_break_real_connections(directory: Path, tmp_path: Path) -> None:
    file = tmp_path / "faults.json"
    rules: list[dict[str, Any]] = [
        {"kind": "cut", "method": "POST", "count": 1},
        {"kind": "garble", "body": "truncated", "path": "/sites", "count": 1},
        {"kind": "garble", "body": "endless", "path": "/addresses", "count": 1},
    ]
    file.write_text(json.dumps(rules))
    with simulator(directory, "--speed", "0", "--faults", str(file)) as (line, process):
        base = line.split()[-1]
        with httpx2.Client(headers={"x-api-key": KEY}, timeout=PATIENCE) as client:
            kind = {"Content-Type": TYPES["users"], "Accept": TYPES["users"]}
            with pytest.raises((httpx2.ReadError, httpx2.RemoteProtocolError)):
                client.post(f"{base}/users", content=json.dumps(new_user()), headers=kind)
            shown = client.get(
                f"{base}/users", params={"filter": "basicInfo.userName==new.hire*"}, headers=kind
            )
            assert len(shown.json()["data"]) == 1
            with pytest.raises(httpx2.RemoteProtocolError):
                client.get(f"{base}/sites", headers={"Accept": TYPES["sites"]})
            with client.stream(
                "GET", f"{base}/addresses", headers={"Accept": TYPES["addresses"]}
            ) as answer:
                assert next(answer.iter_bytes()).isspace()
            assert (
                client.get(f"{base}/sites", headers={"Accept": TYPES["sites"]}).status_code == 200
            )
        code, log = ended(process, signal.SIGTERM)
    assert code == 0
    assert "POST /users no answer op_" in log
    assert "Traceback" not in log
    assert "ASGI" not in log


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (None, "cannot be read"),
        (b"{", "is not JSON"),
        (b"\xff", "is not JSON"),
        (b"{}", "must be a list of faults"),
        (b'[{"kind": "status", "status": 200}]', "0/status/status"),
        (b'[{"kind": "nothing"}]', "Fault 0"),
    ],
)
def test_an_invalid_file_of_faults_is_reported(
    directory: Path, content: bytes | None, says: str
) -> None:
    file = directory / "faults.json"
    if content is not None:
        file.write_bytes(content)
    result = CliRunner().invoke(cli, ["simulate", str(directory), "--faults", str(file)])
    assert result.exit_code == 1
    assert says in result.stderr
    assert not (directory / ".licsync").exists()


@pytest.mark.parametrize(
    "words", [["--speed", "-1"], ["--speed", "nan"], ["--speed", "inf"], ["--port", "70000"]]
)
def test_an_invalid_speed_or_port_is_reported(directory: Path, words: list[str]) -> None:
    assert CliRunner().invoke(cli, ["simulate", str(directory), *words]).exit_code == 1


def test_a_port_in_use_is_reported(directory: Path) -> None:
    from licsync.server import listen

    with listen(0) as taken:
        taken.listen()
        port = str(taken.getsockname()[1])
        result = CliRunner().invoke(cli, ["simulate", str(directory), "--port", port])
    assert result.exit_code == 1
    assert f"Port {port} of 127.0.0.1 cannot be used" in result.stderr


# --- below /_simulator ----------------------------------------------------------------------------


def own(
    world: World, method: str, path: str, body: Any = None, key: str = "simulator"
) -> httpx2.Response:
    import asyncio

    from licsync.simulator.transport import SimulatorTransport

    async def ask() -> httpx2.Response:
        async with httpx2.AsyncClient(transport=SimulatorTransport(world.app)) as client:
            content = None if body is None else json.dumps(body).encode()
            return await client.request(
                method, f"http://s/_simulator{path}", headers={"x-api-key": key}, content=content
            )

    return asyncio.run(ask())


def test_faults_are_added_and_cleared_while_it_runs(world: World) -> None:
    rule = {"kind": "status", "status": 503, "path": "/users"}
    assert own(world, "POST", "/faults", rule).json()[0]["status"] == 503
    assert len(own(world, "POST", "/faults", [rule, rule]).json()) == 3
    assert world.ask("GET", "/users").status_code == 503
    assert [entry["fired"] for entry in own(world, "GET", "/faults").json()] == [1, 1, 1]
    assert own(world, "DELETE", "/faults").json() == []
    assert world.ask("GET", "/users").status_code == 200


def test_the_log_and_the_operations_are_shown(world: World) -> None:
    world.ask("GET", "/users/U1", headers={"X-Request-Id": "r1"})
    operation = world.accepted("DELETE", "/users/U2")
    log = own(world, "GET", "/log").json()
    assert [
        (entry["method"], entry["path"], entry["status"], entry["request_id"]) for entry in log
    ] == [
        ("GET", "/users/U1", 200, "r1"),
        ("DELETE", "/users/U2", 202, None),
    ]
    assert log[1]["operation"] == operation
    world.pass_(20)
    world.get("/sites")
    (shown,) = own(world, "GET", "/operations").json()
    assert shown | {"operationId": operation, "status": "COMPLETED", "isDone": True} == shown


def test_an_admin_edits_claims_numbers_and_makes_queues(world: World) -> None:
    edit = {"user": "ada.lopez@acme.example", "set": {"basicInfo.scimProvider": "okta"}}
    assert own(world, "POST", "/edit", edit).status_code == 200
    assert world.get("/users/U2")["basicInfo"]["scimProvider"] == "okta"
    assert (
        own(world, "POST", "/numbers", {"+12065550900": {"status": "PORTING"}}).status_code == 200
    )
    assert world.get("/phone-numbers/%2B12065550900")["status"] == "PORTING"
    queue = own(world, "POST", "/call-queues", ["Night"]).json()["Night"]
    body = world.body_of("U2")
    body["assignmentInfo"]["ucCallQueues"] = [{"id": queue, "memberType": "SECONDARY"}]
    world.done("PUT", "/users/U2", body)
    assert world.get("/users/U2")["assignmentInfo"]["ucCallQueues"] == [
        {"id": queue, "name": "Night", "memberType": "SECONDARY"}
    ]


@pytest.mark.parametrize(
    ("path", "body", "status"),
    [
        ("/faults", {"kind": "nothing"}, 400),
        ("/faults", 1, 400),
        ("/edit", {}, 400),
        ("/edit", {"user": "nobody", "set": {}}, 404),
        ("/edit", {"user": "ada.lopez@acme.example", "set": {"basicInfo.locale": "xx"}}, 400),
        ("/numbers", None, 400),
        ("/call-queues", 1, 400),
    ],
)
def test_requests_without_sense_are_refused(
    world: World, path: str, body: Any, status: int
) -> None:
    assert own(world, "POST", path, body).status_code == status
    assert own(world, "POST", path, body, key="wrong").status_code == 401
