"""DID licenses, which come with phone numbers: known by their names, never sent, never owned units
to order.
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from licsync.importing.adopt import adopt
from tests.support.accounts import CATALOG, unit
from tests.support.api_simulation import ApiWorld, document
from tests.support.normalizing_vendor import Document, Tidying

ADA, BO = "ada@acme.example", "bo@acme.example"
NAMES = (
    "Local Number-VOSVC0311-01-US",
    "Local Number - US",
    "DID US-VOSVC0311-01-US",
    "DID-1234-01-US",
)
X2 = {"type": "x2", "country": "US"}


@pytest.fixture(params=NAMES)
def world(request: pytest.FixtureRequest) -> Iterator[ApiWorld]:
    def tidy(user: Document) -> None:
        for entry in user["serviceInfo"]["licenses"]:
            if "Local Number" in entry["name"]:
                entry["name"] = request.param

    content = document({ADA: {"type": "x2"}, BO: {"type": "x2"}}, {"x2": ["M1"], "x4": ["M2"]})
    made = ApiWorld(content, network=lambda app: Tidying(app, tidy))
    yield made
    made.close()


def test_an_import_counts_none_of_them(world: ApiWorld) -> None:
    inventory = world.run(world.backend.read())
    assert [u["type"] for u in inventory.licenses.values()].count("local-number") == 2
    adopted = adopt(inventory, CATALOG, None, world.clock())
    assert {pool["type"]: pool["quantity"] for pool in adopted.desired.pools} == {"x2": 3, "x4": 1}
    assert [entry["type"] for entry in adopted.desired.users[ADA]["licenses"]] == ["x2"]


def test_one_on_the_list_of_units_is_owned(world: ApiWorld) -> None:
    world.declared.licenses["N1"] = unit("local-number")
    world.backend = world.client()
    adopted = adopt(world.run(world.backend.read()), CATALOG, None, world.clock())
    assert {
        "type": "local-number",
        "quantity": 1,
        "unassigned_address": "new-york",
    }.items() <= next(
        pool for pool in adopted.desired.pools if pool["type"] == "local-number"
    ).items()


def test_a_further_number_asks_for_no_unit_of_what_nobody_lists(world: ApiWorld) -> None:
    numbers = ["+12065550000", "+12065550777"]
    plan = world.plan(
        {ADA: {"licenses": [{**X2, "extension": {"phone_numbers": numbers}}]}, BO: {}}
    )
    assert plan.diagnostics == []
    assert [a.verb for a in plan.actions] == ["update"]


def test_a_change_of_license_sends_and_keeps_none_of_them(world: ApiWorld) -> None:
    wanted = {ADA: {"licenses": [{"type": "x4", "country": "US"}]}, BO: {"licenses": []}}
    plan = world.plan(wanted)
    assert sorted(a.verb for a in plan.actions) == ["unassign", "upgrade"]
    assert world.apply(plan).is_complete
    assert world.plan(wanted).actions == []
