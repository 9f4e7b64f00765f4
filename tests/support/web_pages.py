"""The pages of the example accounts, asked without a network; and `licsync serve` as a process, for
a browser.
"""

from __future__ import annotations

import asyncio
import os
import random
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import cache
from html.parser import HTMLParser
from pathlib import Path
from threading import Thread
from typing import Any

import httpx2
import uvicorn

from bench.generate import SITES, address, changed, inventory, person
from licsync.config.catalog import load_catalog
from licsync.model.desired import Desired
from licsync.model.inventory import Inventory
from licsync.planning.planner import make_plan
from licsync.server import listen
from licsync.web.access import open_access
from licsync.web.account_index import AccountIndex, ReviewedAccount
from licsync.web.app import Source, create_app, link
from licsync.web.pages import Layout, Pages
from licsync.workflows.review import Review
from licsync.workflows.session import Session
from tests.support.paths import EXAMPLES
from tests.support.warm_command import licsync_program

NOW = datetime(2026, 11, 24, 9, tzinfo=UTC)
PORT = 8123
HOST = f"127.0.0.1:{PORT}"
WHOLE = Layout(link)


@cache
def seen(account: str = "acme") -> ReviewedAccount:
    return Review(Session(EXAMPLES / account, at=NOW)).load()


@cache
def pages(account: str = "acme") -> Pages:
    return Pages(index(account))


@cache
def index(account: str = "acme") -> AccountIndex:
    return AccountIndex(seen(account))


def large(users: int, share: float) -> ReviewedAccount:
    """A large account, of which a share of the users changes, without a file."""
    rng = random.Random(1)
    before = [person(rng, number) for number in range(users)]
    moving = set(rng.sample(range(users), round(users * share)))
    after = [changed(rng, user) if number in moving else user for number, user in enumerate(before)]
    desired = Desired(
        {"name": "bench", "limits": {"suspend": "100%", "downgrade": "100%"}},
        load_catalog(),
        service_addresses={slug: address(fields) for _, slug, fields in SITES.values()},
        sites={name: {"service_address": slug} for name, (_, slug, _) in SITES.items()},
        users={user["name"]: _declared(user) for user in after},
    )
    found = Inventory.from_document(inventory(before, len(moving) + 1))
    return ReviewedAccount(desired, found, make_plan(desired, found, now=NOW), NOW)


def _declared(user: dict[str, Any]) -> dict[str, Any]:
    extension = {
        "number": user["number"],
        "phone_numbers": [user["phone"]] if user["phone"] else [],
        "call_forwarding": [{"when": user["forward"], "to": "1000"}],
    }
    fields = {
        name: user[name]
        for name in ("first_name", "last_name", "site", "department", "job_title", "status")
    }
    return {
        **fields,
        "email": user["name"],
        "licenses": [{"type": user["type"], "extension": extension}],
    }


@contextmanager
def running(what: ReviewedAccount) -> Iterator[str]:
    """Serve an account from a thread; gives the link."""
    listener = listen(0)
    listener.listen()  # so that a browser that is faster than the thread waits
    port = listener.getsockname()[1]
    allowed = open_access(["127.0.0.1"], port, None)
    app = create_app(Source(lambda: what, lambda: None), allowed)
    server = uvicorn.Server(
        uvicorn.Config(app, lifespan="off", log_level="critical", timeout_graceful_shutdown=1)
    )
    thread = Thread(target=server.run, kwargs={"sockets": [listener]})
    thread.start()
    try:
        yield f"http://127.0.0.1:{port}/?token={allowed.token}"
    finally:
        server.should_exit = True
        thread.join()
        listener.close()


class Browser:
    """Asks an application as a browser does that came by the link."""

    def __init__(self, what: ReviewedAccount | None = None, token: str | None = None):
        self.access = open_access(["127.0.0.1", "localhost"], PORT, token)
        known = what or seen()
        self.app = create_app(Source(lambda: known, lambda: None), self.access)
        self.cookies: dict[str, str] = {}

    def ask(self, path: str, method: str = "GET", **headers: str) -> httpx2.Response:
        async def asked() -> httpx2.Response:
            transport = httpx2.ASGITransport(app=self.app)
            async with httpx2.AsyncClient(transport=transport, cookies=self.cookies) as client:
                named = {name.replace("_", "-"): value for name, value in headers.items()}
                return await client.request(method, f"http://{HOST}{path}", headers=named)

        return asyncio.run(asked())

    def come_in(self) -> Browser:
        answer = self.ask(f"/?token={self.access.token}")
        assert answer.status_code == 303
        self.cookies = dict(answer.cookies)
        return self


class Page(HTMLParser):
    """Text, tags and attributes of a page, which is well formed."""

    VOID = frozenset(("meta", "link", "input", "path", "rect", "circle", "line", "polyline", "br"))

    def __init__(self, source: str):
        super().__init__(convert_charrefs=True)
        self.text: list[str] = []
        self.tags: set[str] = set()
        self.attributes: list[tuple[str, str, str]] = []
        self._open: list[str] = []
        self.feed(source)
        self.close()
        assert self._open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.attributes += [(tag, name, value or "") for name, value in attrs]
        if tag not in self.VOID:
            self._open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.attributes += [(tag, name, value or "") for name, value in attrs]

    def handle_endtag(self, tag: str) -> None:
        assert self._open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text.append(data)

    @property
    def words(self) -> str:
        return " ".join(" ".join(self.text).split())


def copy_of(account: str, folder: Path) -> Path:
    return Path(shutil.copytree(EXAMPLES / account, folder / account))


@contextmanager
def serving(
    directory: Path, *words: str, **environment: str
) -> Iterator[tuple[str, subprocess.Popen[str]]]:
    """Run `licsync serve`; gives the link that it prints."""
    command = [str(licsync_program()), "serve", str(directory), *words]
    around: Any = {**os.environ, **environment}
    process = subprocess.Popen(
        command, env=around, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    try:
        assert process.stdout is not None
        yield process.stdout.readline().strip(), process
    finally:
        process.kill()
        process.wait()
        for stream in (process.stdout, process.stderr):
            assert stream is not None
            stream.close()
