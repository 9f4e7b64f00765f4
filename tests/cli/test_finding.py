"""Users and licenses found by name, number and place."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path

import pytest

from tests.support.accounts import inventory_document, unit, user, write_account
from tests.support.command_line import run

ACCOUNT = "account: {name: acme, backend: {type: local, seed: inventory.json}}\n"


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three people, a ring group with a number, and a license that nobody has."""
    folder = tmp_path_factory.mktemp("finding") / "shop"
    numbers = {"number": "1001", "phone_numbers": ["+12065550101"]}
    users = {
        "ana.silva@acme.example": user(
            {"L1": numbers}, id="U1", first_name="Aná", last_name="Silva",
            email="office@acme.example", site="Seattle", department="Sales",
        ),
        "bo@acme.example": user(
            {"L2": {"number": "1002"}}, id="U2", first_name="Bo", last_name="Silvers",
            email="bo@acme.example", site="London", status="inactive",
        ),
        "cy@acme.example": user(
            {}, id="U3", first_name="Cy", last_name="Ode", email="cy@acme.example",
            site="Seattle", department="Office",
        ),
    }  # fmt: skip
    units = {
        "L1": unit("x4"),
        "L2": unit("x2", country="GB"),
        "L3": unit("x4"),
        "L4": unit("x2", country="GB"),
    }
    sites = {name: {"service_address": "A1", "pbx": "p"} for name in ("Seattle", "London")}
    write_account(folder, ACCOUNT, inventory_document(units, users, sites=sites))
    return folder


def users(shop: Path, *words: str) -> list[str]:
    document = json.loads(run("users", shop, *words, "--format", "json").stdout)
    return [one["user"].partition("@")[0] for one in document["users"]]


@pytest.mark.parametrize(
    ("words", "found"),
    [
        (["silv"], ["ana.silva", "bo"]),
        (["ANA"], ["ana.silva"]),
        (["ana", "SILVA"], ["ana.silva"]),
        (["office@"], ["ana.silva"]),
        (["1002"], ["bo"]),
        (["(206) 555-0101"], ["ana.silva"]),
        (["l2"], ["bo"]),
        (["--site", "seattle"], ["ana.silva", "cy"]),
        (["--site", "Seattle", "--department", "Office"], ["cy"]),
        (["--license", "X4"], ["ana.silva"]),
        (["--license", "x2", "--country", "gb"], ["bo"]),
        (["--status", "inactive"], ["bo"]),
        (["--unlicensed"], ["cy"]),
        (["silv", "--status", "active"], ["ana.silva"]),
        (["silv", "--unlicensed"], []),
    ],
)
def test_users_are_found(shop: Path, words: list[str], found: list[str]) -> None:
    assert users(shop, *words) == found
    text = run("users", shop, *words, "--format", "csv").stdout
    assert len(list(csv.DictReader(io.StringIO(text)))) == len(found)
    table = run("users", shop, *words).stdout
    assert f"· {len(found)} user" in table
    assert ("No matching users." in table) is (not found)


@pytest.mark.parametrize(
    ("words", "found"),
    [
        (["silv"], ["L2", "L1"]),
        (["L3"], ["L3"]),
        (["silva", "--type", "x4"], ["L1"]),
        (["--site", "London"], ["L2"]),
        (["--department", "sales"], ["L1"]),
        (["--unassigned"], ["L4", "L3"]),
        (["silv", "--unassigned"], []),
    ],
)
def test_licenses_are_found(shop: Path, words: list[str], found: list[str]) -> None:
    text = run("licenses", shop, *words, "--format", "csv").stdout
    assert [row["id"] for row in csv.DictReader(io.StringIO(text))] == found


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["users", "anna"], "Did you mean 'ana.silva@acme.example'?"),
        (["users", "zzz"], "licsync users "),
        (["users", "--site", "Seatle"], "Did you mean 'Seattle'?"),
        (["users", "--department", "zzz"], "Known: Office, Sales."),
        (["users", "--license", "x44"], "Did you mean 'x4'?"),
        (["users", "--country", "UK"], "The inventory has no country 'UK'."),
        (["users", "--status", "activ"], "'active'"),
        (["licenses", "silvy"], "There is no license 'silvy'"),
        (["licenses", "--type", "x44"], "Did you mean 'x4'?"),
    ],
)
def test_an_unknown_name_is_reported_with_similar_names(
    shop: Path, words: list[str], says: str
) -> None:
    command, *others = words
    assert says in run(command, shop, *others, code=1).stderr


def test_a_whole_user_name_shows_the_details(shop: Path) -> None:
    document = json.loads(run("users", shop, "users/BO@acme.example", "--format", "json").stdout)
    assert document["name"] == "bo@acme.example"
