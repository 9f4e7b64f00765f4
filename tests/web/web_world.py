"""The pages of the example accounts, asked without a network; and `licsync serve` as a process, for a browser."""

from __future__ import annotations

import asyncio
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import cache
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import httpx2

from licsync.cli.review import Review
from licsync.web.app import Source, create_app, link
from licsync.web.guard import access
from licsync.web.index import Index, Seen
from licsync.web.pages import Layout, Pages

EXAMPLES = Path(__file__).resolve().parents[2] / "examples" / "accounts"
NOW = datetime(2026, 11, 24, 9, tzinfo=UTC)
PORT = 8123
HOST = f"127.0.0.1:{PORT}"
WHOLE = Layout(link)


@cache
def seen(account: str = "acme") -> Seen:
    return Review(EXAMPLES / account, now=NOW).see()


@cache
def pages(account: str = "acme") -> Pages:
    return Pages(index(account))


@cache
def index(account: str = "acme") -> Index:
    return Index(seen(account))


class Browser:
    """Asks an application as a browser does that came by the link."""

    def __init__(self, what: Seen | None = None, token: str | None = None):
        self.access = access(["127.0.0.1", "localhost"], PORT, token)
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
    def said(self) -> str:
        return " ".join(" ".join(self.text).split())


def copy_of(account: str, folder: Path) -> Path:
    return Path(shutil.copytree(EXAMPLES / account, folder / account))


@contextmanager
def serving(directory: Path, *words: str, **environment: str) -> Iterator[tuple[str, subprocess.Popen[str]]]:
    """Run `licsync serve`; gives the link that it prints."""
    command = [sys.executable, "-m", "licsync", "serve", str(directory), *words]
    around: Any = {**os.environ, **environment}
    process = subprocess.Popen(command, env=around, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        yield process.stdout.readline().strip(), process
    finally:
        process.kill()
        process.wait()
        for stream in (process.stdout, process.stderr):
            assert stream is not None
            stream.close()
