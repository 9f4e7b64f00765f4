"""The console's Licenses page."""

import csv
import io
import json
from collections.abc import Callable
from datetime import timedelta

import pytest

from licsync.model.inventory import Inventory
from licsync.views.licenses import LicenseFilter, licenses_table, unit_groups
from licsync.views.terminal import RenderOptions
from tests.support import sample_plans as samples
from tests.support.accounts import unit

Golden = Callable[[str, str], None]


def shown(
    format: str = "csv", inventory: Inventory | None = None, color: bool = False, **chosen
) -> str:
    inventory, chosen = inventory or samples.inventory(), {"now": samples.NOW, **chosen}
    groups = unit_groups(inventory, samples.CATALOG, **chosen)
    options = RenderOptions(color)
    return licenses_table(inventory, samples.CATALOG, groups, format=format, options=options)


def ids(status: str = "", **chosen: str) -> list[str]:
    wanted = LicenseFilter(**chosen, statuses=frozenset((status,) if status else ()))
    rows = csv.DictReader(io.StringIO(shown(chosen=wanted)))
    return [row["id"] for row in rows]


@pytest.mark.parametrize(("format", "name"), [("table", "txt"), ("json", "json"), ("csv", "csv")])
def test_golden(golden: Golden, format: str, name: str):
    golden(f"licenses.{name}", shown(format))


def test_types_stand_in_the_order_of_the_catalogue_and_ids_in_natural_order():
    assert ids() == ["L6", "L3", "L4", "L1", "L2", "L10"]


@pytest.mark.parametrize(
    ("chosen", "expected"),
    [
        ({"type": "x4"}, ["L1", "L2"]),
        ({"type": "vcc agent"}, ["L10"]),
        ({"type": "no-such"}, []),
        ({"country": "gb"}, ["L6"]),
        ({"status": "suspended"}, ["L3", "L4"]),
        ({"status": "unassigned"}, ["L6", "L1"]),
        ({"search": "l1"}, ["L1", "L10"]),
        ({"address": "a1"}, ["L4", "L1"]),
        ({"address": "pine st"}, ["L3", "L2", "L10"]),
        ({"address": "98101", "status": "assigned"}, ["L2", "L10"]),
    ],
)
def test_filters(chosen: dict[str, str], expected: list[str]):
    assert ids(**chosen) == expected


def test_an_address_is_found_by_its_slug():
    output = shown(chosen=LicenseFilter(address="hq"), slugs={"A1": "hq"})
    assert "L1," in output
    assert "L2," not in output


def test_counts_are_of_the_whole_pool_whatever_is_filtered():
    document = json.loads(shown("json", chosen=LicenseFilter(statuses=frozenset({"unassigned"}))))
    x4 = next(entry for entry in document["types"] if entry["type"] == "x4")
    assert (x4["unassigned"], x4["total"]) == (1, 2)
    assert [unit["id"] for unit in x4["countries"][0]["licenses"]] == ["L1"]


def test_a_removed_license_says_how_long_it_can_be_reinstated_and_is_not_owned():
    document = json.loads(shown("json", chosen=LicenseFilter(type="x2", country="US")))
    pool = document["types"][0]
    assert (pool["total"], pool["removed"]) == (1, 1)
    assert [unit.get("days_left") for unit in pool["countries"][0]["licenses"]] == [None, 16]


@pytest.mark.parametrize(("days", "left"), [(0, "16"), (15, "1"), (16, None)])
def test_days_left_count_down_until_it_is_gone(days: int, left: str | None):
    rows = csv.DictReader(io.StringIO(shown(now=samples.NOW + timedelta(days=days))))
    found = {row["id"]: row["days_left"] for row in rows}
    assert found.get("L4") == left


def test_who_holds_it_and_where_it_is():
    assert (
        "L2    assigned     Ada Lopez (ada.lopez@acme.example)   500 Pine St, Seattle, WA 98101, US"
        in shown("table")
    )


def test_a_suspension_of_unknown_date_is_shown_as_such():
    inventory = samples.inventory()
    inventory.licenses["L3"]["suspended"]["at"] = "some day"
    assert "user inactive since some day" in shown("table", inventory)


def test_nothing_fits():
    assert shown("table", chosen=LicenseFilter(search="nope")).endswith("No matching licenses.\n")
    assert shown(chosen=LicenseFilter(search="nope")).count("\n") == 1


def test_headings_have_colour_where_asked():
    assert "\x1b[1mX2 " in shown("table", color=True)
    assert "\x1b" not in shown("table")


def test_a_holder_that_is_not_a_user_is_named():
    inventory = samples.inventory()
    door = {"kind": "auto_attendant", "name": "Front Door"}
    inventory.licenses["L99"] = unit("x2", None, status="assigned", holder=door)
    assert "L99   assigned" in (text := shown("table", inventory))
    assert "auto attendant Front Door" in text
    document = json.loads(shown("json", inventory))
    rows = [
        unit
        for kind in document["types"]
        for country in kind["countries"]
        for unit in country["licenses"]
    ]
    (row,) = [unit for unit in rows if unit["id"] == "L99"]
    assert row["holder"] == {"kind": "auto_attendant", "name": "Front Door"}
    assert "auto attendant Front Door" in shown("csv", inventory)


def test_an_id_that_licsync_made_up_is_marked_in_every_format() -> None:
    inventory = samples.inventory()
    inventory.licenses["L6"] = {**inventory.licenses["L6"], "unnamed": True}

    def text(format: str) -> str:
        return shown(format, inventory)

    assert "L6 *   unassigned" in text("table")
    assert "L3     " in text("table")
    assert text("table").endswith("licsync made one up, to recognize it.\n")
    assert "made one up" not in shown("table")
    marked = [row["id"] for row in csv.DictReader(io.StringIO(text("csv"))) if row["unnamed"]]
    assert marked == ["L6"]
    assert text("json").count('"unnamed": true') == 1


def test_a_slug_names_its_address_and_not_those_whose_text_contains_it():
    output = shown(chosen=LicenseFilter(address="pine"), slugs={"A1": "pine", "A2": "other"})
    assert "Pine St" not in output
