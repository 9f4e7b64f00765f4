"""The key is in no request but to the vendor's hosts and the origins that the operator lists: a
server counts.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest

from licsync.backends.api.transport import Request, Transport
from licsync.backends.http.credentials import Secret
from licsync.backends.http.rate_limit import RateLimiter, Urgency
from licsync.engine.ports import BackendFailed
from tests.support.accounts import write_account
from tests.support.api_fakes import CANARY
from tests.support.command_line import run
from tests.support.simulator_process import allowed, listed, served

FORMATS = (
    "text",
    "json",
    "markdown",
    "html",
    "github",
    "gitlab",
    "sarif",
    "junit",
    "runbook",
    "csv",
)


@contextmanager
def sink(status: int = 500, location: str = "") -> Iterator[tuple[str, list[str]]]:
    """A server that only notes who asks, and may send them elsewhere; gives its origin and what it
    was asked.
    """
    asked: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(f"{self.path} {self.headers.get('x-api-key')}")
            self.send_response(status)
            if location:
                self.send_header("location", location)
            self.send_header("content-length", "0")
            self.end_headers()

        do_POST = do_PUT = do_DELETE = do_GET

        def log_message(self, *words: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}", asked
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def account(folder: Path, base: str) -> Path:
    return write_account(
        folder, f"account:\n  name: acme\n  backend: {{type: 8x8, base_url: '{base}'}}\n"
    )


COMMANDS = (
    ("plan",), ("plan", "--format", "json"), ("plan", "--no-cache"), ("apply", "--auto-approve"),
    ("drift",), ("apply", "--digest", "sha256:0"), ("import",), ("doctor",),
)  # fmt: skip


@pytest.mark.parametrize("words", COMMANDS, ids=" ".join)
def test_no_command_sends_the_key_where_only_the_files_say(
    words: tuple[str, ...], tmp_path: Path
) -> None:
    with sink() as (origin, asked):
        ran = tmp_path / "ran"
        directory = account(tmp_path / "a", f"{origin}/x")
        run(words[0], directory, *words[1:], code=6, LICSYNC_API_KEY=CANARY)
        command = f"sh -c 'touch {ran}; echo {CANARY}'"
        result = run(words[0], directory, *words[1:], code=6, LICSYNC_API_KEY_COMMAND=command)
        assert asked == []
        assert not ran.exists()
    output = " ".join((result.stdout + result.stderr).split())
    assert f"not sent to {origin}/x" in output
    assert f"export LICSYNC_API_URLS={origin}" in output
    if words[0] not in ("doctor", "import"):
        assert "address-not-allowed" in output
        assert "account.yaml:3" in output or '"line": 3' in output


def test_it_is_sent_where_the_operator_says_and_nowhere_that_sends_it_on(tmp_path: Path) -> None:
    with (
        sink() as (elsewhere, asked_there),
        sink(307, f"{elsewhere}/x") as (origin, asked),
        listed(origin),
    ):
        directory = account(tmp_path / "a", f"{origin}/x")
        run("plan", directory, code=1, LICSYNC_API_KEY=CANARY)
    assert asked
    assert all(request.endswith(CANARY) for request in asked)
    assert asked_there == []


@pytest.mark.parametrize("host", ["127.0.0.1", "gone.invalid"])
def test_no_proxy_sees_the_key_as_it_is(host: str, monkeypatch: pytest.MonkeyPatch) -> None:
    async def main() -> None:
        api = Transport(
            allowed(f"http://{host}:1"), Secret(CANARY), RateLimiter(), jitter=lambda: 0.0
        )
        with pytest.raises(BackendFailed, match="cannot be reached"):
            await api.get(Request("GET", "/sites", "sites"), Urgency.START)
        await api.close()

    with sink() as (proxy, asked):
        for name in (
            "HTTP_PROXY",
            "HTTPS_PROXY",
            "ALL_PROXY",
            "http_proxy",
            "https_proxy",
            "all_proxy",
        ):
            monkeypatch.setenv(name, proxy)
        asyncio.run(main())
        assert asked == []


@pytest.mark.slow
def test_a_plan_says_where_the_account_is_in_every_format(tmp_path: Path) -> None:
    vendor = tmp_path / "vendor"
    write_account(vendor, "account: {name: acme}\n")
    with served(vendor, CANARY) as base:
        directory = account(tmp_path / "acme", base)
        for name in FORMATS:
            result = run("plan", directory, "--format", name, LICSYNC_API_KEY=CANARY)
            assert base in result.stdout + (
                result.stderr if name in ("gitlab", "runbook", "csv") else ""
            ), name
        found = json.loads(
            run("plan", directory, "--format", "json", LICSYNC_API_KEY=CANARY).stdout
        )["diagnostics"]
        assert [(d["severity"], d["code"], d["line"]) for d in found if "address" in d["code"]] == [
            ("warning", "other-address", 3)
        ]
        saved = tmp_path / "plan.json"
        run("plan", directory, "--out", saved, LICSYNC_API_KEY=CANARY)
        assert base in run("show", saved).stdout
        assert base in " ".join(run("validate", directory).stderr.split())
