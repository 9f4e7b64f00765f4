"""Names of sites that the vendor stores tidied: the site of the files is the site there, and that
is told once.
"""

from __future__ import annotations

import html
import json
from collections.abc import Callable, Iterator
from typing import Any

import httpx2
import pytest

from licsync.backends.api.mirror import _match_names
from licsync.model.inventory import Inventory
from licsync.simulator.transport import SimulatorTransport
from tests.support.accounts import NEW_YORK
from tests.support.api_simulation import ApiWorld, document

ADA, NEW = "ada@acme.example", "nia@acme.example"
Tidy = Callable[[str], str]
SENT: list[Any] = []

SPELLINGS: dict[str, tuple[str, Tidy]] = {
    "spaces at the ends": (" Harbor ", str.strip),
    "spaces within": ("Harbor  East", lambda v: " ".join(v.split())),
    "small letters": ("Harbor East", str.lower),
    "capitals": ("Harbor East", str.upper),
    "entities": ("Harbor & East", html.escape),
    "composition": ("Mu\u0308nchen", lambda v: v.replace("u\u0308", "\u00fc")),
}


class Tidying(httpx2.AsyncBaseTransport):
    """Shows names of sites as a vendor does that stores them in a form of its own, and finds them
    by that only.
    """

    def __init__(self, app: Any, tidy: Tidy):
        self.inner, self.tidy = SimulatorTransport(app), tidy

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        if request.method in ("POST", "PUT"):
            SENT.append(json.loads(await request.aread()))
        asked = None
        if request.url.path.endswith("/sites") and "filter" in request.url.params:
            asked = request.url.params["filter"].removeprefix("name=='").removesuffix("'")
            request = httpx2.Request(
                "GET", request.url.copy_remove_param("filter"), headers=request.headers
            )
        answer = await self.inner.handle_async_request(request)
        body = json.loads(await answer.aread() or b"null")
        for row in (body.get("data") or [body]) if isinstance(body, dict) else []:
            site = row if "pbxName" in row else row.get("basicInfo", {}).get("site") or {}
            if isinstance(site.get("name"), str):
                site["name"] = self.tidy(site["name"])
        if asked is not None:
            body["data"] = [site for site in body["data"] if site["name"] == asked]
        headers = {k: v for k, v in answer.headers.items() if k != "content-length"}
        content = b"" if body is None else json.dumps(body).encode()
        return httpx2.Response(
            answer.status_code, headers=headers, stream=httpx2.ByteStream(content)
        )


@pytest.fixture
def world(request: pytest.FixtureRequest) -> Iterator[ApiWorld]:
    """An account at a vendor that tidies names of sites as the parameter says."""
    found = ApiWorld(
        document({ADA: {"type": "x2"}}, {}), network=lambda app: Tidying(app, request.param)
    )
    SENT.clear()
    yield found
    found.close()


def next_process(world: ApiWorld, expected: list[str]) -> None:
    """Go on as a new process does, with the inventory that was kept."""
    kept = world.backend.inventory()
    world.declared = Inventory.from_document(json.loads(json.dumps(kept.to_document())))
    world.run(world.backend.close())
    world.backend = world.client()
    world.backend.reader.report = expected.append


@pytest.mark.parametrize(
    ("name", "tidy", "world"),
    [(*case, case[1]) for case in SPELLINGS.values()],
    ids=SPELLINGS.keys(),
    indirect=["world"],
)
def test_a_site_that_is_stored_tidied_is_made_once_and_used(
    name: str, tidy: Tidy, world: ApiWorld
) -> None:
    output: list[str] = []
    world.backend.reader.report = output.append
    site = {
        "service_address": "hq",
        "pbx": "acme01",
        "locale": "en-US",
        "timezone": "America/Denver",
    }
    places: dict[str, Any] = {"service_addresses": {"hq": NEW_YORK}, "sites": {name: site}}
    people = {NEW: {"first_name": "Nia", "last_name": "Brooks", "site": name}}
    plan = world.plan(people, **places)
    assert sorted(f"{a.kind} {a.verb}" for a in plan.actions) == ["site create", "user create"]
    assert world.apply(plan).is_complete
    message = (
        f"8x8 stores the site name {name!r} as {tidy(name)!r}; licsync treats them as the same."
    )
    assert output == [message]
    assert world.plan(people, **places).actions == []
    next_process(world, output)
    assert world.plan(people, **places).actions == []
    places["sites"][name] = {**site, "timezone": "America/Chicago"}
    change = world.plan(people, **places)
    assert [f"{a.verb} {a.resource}" for a in change.actions] == [f"update sites/{name}"]
    assert world.apply(change).is_complete
    gone = world.plan({}, **places | {"sites": {name: None}})
    assert [f"{a.verb} {a.resource}" for a in gone.actions] == [f"delete sites/{name}"]
    assert output == [message]


@pytest.mark.parametrize("world", [html.escape], indirect=True)
def test_a_user_is_created_with_the_name_that_the_vendor_knows(world: ApiWorld) -> None:
    site = {
        "service_address": "hq",
        "pbx": "acme01",
        "locale": "en-US",
        "timezone": "America/Denver",
    }
    places: dict[str, Any] = {"service_addresses": {"hq": NEW_YORK}, "sites": {"R & D": site}}
    assert world.apply(world.plan({}, **places)).is_complete
    people = {NEW: {"first_name": "Nia", "last_name": "Brooks", "site": "R & D"}}
    assert world.apply(world.plan(people, **places)).is_complete
    (sent,) = [body["basicInfo"]["site"] for body in SENT if "basicInfo" in body]
    assert sent["name"] == "R &amp; D"


@pytest.mark.parametrize(
    ("stored", "wanted", "found"),
    [
        (["East"], ["east"], {"East": "east"}),
        (["East"], ["East"], {}),
        (["East", "EAST"], ["East"], {}),
        (["EAST", "eAST"], ["East"], {}),
        (["EAST"], ["East", "east"], {}),
        (["East"], ["West"], {}),
    ],
)
def test_names_are_matched_only_where_it_is_clear_which_is_which(
    stored: list[str], wanted: list[str], found: dict[str, str]
) -> None:
    assert _match_names(stored, wanted) == found
