"""The documentation builds as a site whose links lead somewhere, without another host."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any
from zipfile import ZipFile

import pytest

from tests.support.paths import ROOT

pytestmark = pytest.mark.untraced

ASSET = re.compile(
    r'<(?:script|img|iframe|source|video)\b[^>]*\bsrc="([^"]+)"'
    r'|<link\b(?![^>]*rel="(?:canonical|next|prev)")[^>]*\bhref="([^"]+)"'
)
COMMANDS_OF_PAGE = re.compile(r"^```(?:console|sh|pycon)\n(.*?)^```", re.MULTILINE | re.DOTALL)


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The site, of a build in which a warning is an error: a dead link, anchor or page."""
    folder = tmp_path_factory.mktemp("site")
    built = subprocess.run(
        [sys.executable, "-m", "mkdocs", "build", "--strict", "--quiet", "--site-dir", folder],
        cwd=ROOT, env={**os.environ, "NO_MKDOCS_2_WARNING": "1"},
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert built.returncode == 0, built.stderr
    return folder


def test_the_site_has_every_page_of_docs(site: Path) -> None:
    for page in sorted((ROOT / "docs").rglob("*.md")):
        name = page.relative_to(ROOT / "docs").with_suffix("")
        folder = name.parent if name.name == "index" else name
        assert (site / folder / "index.html").exists(), name


def test_no_page_of_the_site_loads_anything_from_another_host(site: Path) -> None:
    pages = sorted(site.rglob("*.html"))
    assert len(pages) > 50
    for page in pages:
        assets = ["".join(found) for found in ASSET.findall(page.read_text("utf-8"))]
        assert assets
        foreign = [asset for asset in assets if re.match(r"(?:[a-z]+:)?//", asset)]
        assert not foreign, f"{page.relative_to(site)} loads {foreign}"
        assert 'class="mermaid"' not in page.read_text("utf-8"), "mermaid comes from a CDN"
    assert not [*site.rglob("*.py*")]


@pytest.mark.slow
def test_the_site_offers_the_examples_that_its_commands_read(site: Path, tmp_path: Path) -> None:
    with ZipFile(site / "examples.zip") as archive:
        archive.extractall(tmp_path)
    needed = []
    for page in (ROOT / "docs").rglob("*.md"):
        name = page.relative_to(ROOT / "docs").with_suffix("")
        commands = COMMANDS_OF_PAGE.findall(page.read_text("utf-8"))
        paths = [path for block in commands for path in re.findall(r"\bexamples/[\w./-]+\w", block)]
        assert [path for path in paths if not (tmp_path / path).exists()] == [], name
        if paths:
            folder = name.parent if name.name == "index" else name
            shown = (site / folder / "index.html").read_text("utf-8")
            assert f'href="{"../" * len(folder.parts)}examples.zip"' in shown, name
            needed.append(name)
    assert len(needed) > 10


class Quiet(SimpleHTTPRequestHandler):
    def log_message(self, format: str, *args: object) -> None:
        pass


@pytest.fixture
def address(site: Path) -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(site)))
    Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}/"
    server.shutdown()
    server.server_close()


@pytest.mark.slow
def test_a_reader_finds_a_code_on_a_phone_without_another_host(chromium: Any, address: str) -> None:
    page = chromium.new_page(viewport={"width": 390, "height": 800})
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto(address)
    page.locator("label[for=__search].md-header__button").click()
    page.locator(".md-search__input").press_sequentially("license-shortage")  # it hears keys only
    page.locator(".md-search-result__item a[href*=diagnostics]").first.click()
    page.wait_for_url(re.compile(r"reference/diagnostics/"))
    for path in ("reference/diagnostics/", "reference/yaml/", "concepts/architecture/"):
        page.goto(address + path)
        wide = "document.documentElement.scrollWidth > document.documentElement.clientWidth"
        assert not page.evaluate(wide), f"{path} is wider than the screen"
    page.close()
    assert not [url for url in asked if not url.startswith((address, "data:"))]
