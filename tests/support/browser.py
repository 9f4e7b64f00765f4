"""A headless Chromium, where there is one."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from typing import Any

import pytest

ARGUMENTS = (
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
)  # fmt: skip
NAMES = ("chromium", "chromium-browser", "google-chrome")
HOW_TO_INSTALL = "`apt-get install chromium` on Debian, `dnf install chromium` on Fedora."


def find_browser() -> str | None:
    """Find a browser on the path."""
    return next((found for name in NAMES if (found := shutil.which(name))), None)


@pytest.fixture(scope="module")
def chromium() -> Iterator[object]:
    """The browser, for one module: while it runs, its client holds the event loop of the thread."""
    sync_api = pytest.importorskip("playwright.sync_api", reason="Playwright is not installed")
    path = find_browser()
    if path is None:
        pytest.skip(f"there is no browser, none of {', '.join(NAMES)}. {HOW_TO_INSTALL}")
    with sync_api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=list(ARGUMENTS))
        yield browser
        browser.close()


def rows(page: Any, table: str) -> list[str]:
    return page.locator(f"table.{table} tbody tr").all_inner_texts()


def settled(page: Any, pattern: str) -> None:
    page.wait_for_url(re.compile(pattern))
    page.locator("html:not(.waiting)").wait_for(state="attached")
