"""The pages of a fleet in a browser: from the table to an account and back; axe."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from threading import Thread
from typing import Any

import pytest
import uvicorn

from licsync.engine.fleet import AccountResult, StoredResult
from licsync.engine.fleet_status import AccountStatus, FleetStatus
from licsync.server import listen
from licsync.web.access import open_access
from licsync.web.app import Source
from licsync.web.fleet_app import FleetSource, create_fleet_app
from tests.support.accounts import CATALOG
from tests.support.fake_fleet import summary
from tests.support.set_clock import NOW
from tests.support.web_pages import seen

AT = "2026-11-24T08:00:00Z"
USE = {"type": "x2", "country": "US", "owned": 4, "assigned": 3, "suspended": 1}
RESULT = AccountResult("c/acme", "plan", 3, AT, AT, summary(1, licenses=[USE]))
FLEET = FleetStatus(
    "northwind",
    NOW,
    [AccountStatus("c/acme", {"tier": "gold"}, {"plan": StoredResult(RESULT)}, {}, NOW)],
)


@contextmanager
def running(found: FleetStatus) -> Iterator[str]:
    listener = listen(0)
    listener.listen()
    port = listener.getsockname()[1]
    allowed = open_access(["127.0.0.1"], port, None)
    app = create_fleet_app(
        FleetSource(lambda: found, lambda name: Source(seen, lambda: None), "n", CATALOG), allowed
    )
    server = uvicorn.Server(uvicorn.Config(app, lifespan="off", log_level="critical"))
    thread = Thread(target=server.run, kwargs={"sockets": [listener]})
    thread.start()
    try:
        yield f"http://127.0.0.1:{port}/?token={allowed.token}"
    finally:
        server.should_exit = True
        thread.join()
        listener.close()


@pytest.mark.filterwarnings("default")
def test_axe_finds_nothing(chromium: Any) -> None:
    axe = pytest.importorskip(
        "axe_playwright_python.sync_playwright", reason="axe is not installed"
    ).Axe()
    with running(FLEET) as link:
        context = chromium.new_context(viewport={"width": 1200, "height": 850})
        page = context.new_page()
        page.goto(link)
        found = [fault["id"] for fault in axe.run(page).response["violations"]]
        page.get_by_role("link", name="c/acme").click()
        page.get_by_role("link", name="Plan").first.click()
        page.wait_for_url("**/accounts/c/acme/plan")
        page.get_by_role("link", name="fleet").click()
        page.wait_for_url("**/fleet")
        context.close()
    assert found == []
