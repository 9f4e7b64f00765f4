"""The pages are looked at in a browser too."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tests.support.browser import chromium
from tests.support.web_pages import running, seen

__all__ = ["chromium"]


@pytest.fixture(scope="module")
def globex(chromium: Any) -> Iterator[tuple[Any, str]]:
    """A browser that came by the link, and the address of the pages."""
    with running(seen("globex")) as link:
        context = chromium.new_context(viewport={"width": 1360, "height": 850})
        page = context.new_page()
        page.goto(link)
        assert "token" not in page.url
        yield context, link.partition("/?")[0]
        context.close()


@pytest.fixture
def page(globex: tuple[Any, str]) -> Iterator[Any]:
    context, base = globex
    page = context.new_page()
    faults: list[str] = []
    page.on(
        "console", lambda message: faults.append(message.text) if message.type == "error" else None
    )
    page.on("pageerror", lambda fault: faults.append(str(fault)))
    page.set_default_timeout(120_000)
    page.base = base
    yield page
    page.close()
    assert faults == []


@pytest.fixture
def still(globex: tuple[Any, str]) -> Iterator[Any]:
    """A page without script."""
    context, base = globex
    other = context.browser.new_context(java_script_enabled=False)
    other.add_cookies(context.cookies())
    page = other.new_page()
    page.base = base
    yield page
    other.close()
