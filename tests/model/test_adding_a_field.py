"""A field is declared in one place: everything else that it needs follows from its markers (design,
section 3).
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from licsync.model.inventory_document import InventoryDocument
from tests.support.accounts import inventory_document, user, write_account
from tests.support.extended_declarations import Declaring

FIELDS = {
    "UserAttributes": """\
    home_office: Annotated[str, Ref("site"), Described("Site where the user works on two days.")]
    badge: Annotated[str | None, CASELESS, Described("Number of the badge; empty removes it.")]
""",
    "Extension": """\
    fax_number: Annotated[
        PhoneNumber | Literal[""] | None,
        Unique("phone-number"), NeedsFeature("fax"), SENSITIVE, Described("Fax number."),
    ]
""",
    "Features": """\
    contact_center: Annotated[
        Boolean, NeedsFeature("contact_center", False), Described("Contact center channels.")
    ]
""",
}
"""Two fields of a user, one of a license, one feature."""

HEAD = """\
account: {name: acme, backend: {seed: inventory.json}, defaults: {country: US}}
sites:
  Annex: {service_address: A1}
"""
WANTED = f"""{HEAD}
users:
  ada: {{home_office: Annex, badge: b-7, licenses: [x6]}}
  bo: {{badge: "", licenses: [{{type: x4, extension: {{fax_number: "+12065550192"}}}}]}}
  cy: {{licenses: [{{type: x4, extension: {{fax_number: "+12065550191"}}}}]}}
  dee: {{licenses: [x4]}}
  eli: {{licenses: [lobby]}}
  new:
    first_name: New
    last_name: Hire
    site: HQ
    home_office: Annex
    licenses:
      - type: x6
        extension: {{fax_number: "+12065550195", features: {{contact_center: true}}}}
"""
FAULTY = f"""{HEAD}
users:
  ada: {{home_office: Annexe}}
  bo: {{licenses: [{{type: x4, extension: {{fax_number: "12"}}}}]}}
  cy: {{licenses: [{{type: x4, extension: {{fax_number: "+12065550101"}}}}]}}
  dee: {{licenses: [{{type: x2, extension: {{features: {{contact_center: true}}}}}}]}}
  eli: {{licenses: [{{type: lobby, extension: {{fax_number: "+12065550199"}}}}]}}
"""


def inventory() -> InventoryDocument:
    """Ada to Eli, of whom each has an extension of some sort."""
    kinds = ("x6", "x4", "x4", "x6", "x4", "lobby", "x4", "x6")
    carried: dict[str, dict[str, Any]] = {
        "ada": {"number": "1", "phone_numbers": ["+12065550101"]},
        "bo": {"number": "2", "fax_number": "+12065550191"},
        "cy": {"number": "3", "fax_number": "+12065550192"},
        "dee": {"number": "4", "fax_number": "+12065550194", "features": {"contact_center": True}},
        "eli": {"number": "5", "fax_number": "+12065550196"},
    }
    users = {
        name: user({f"L{n}": extension}, id=f"U{n}", badge=f"B-{n}", policy=None)
        for n, (name, extension) in enumerate(carried.items(), 1)
    }
    users["bo"] |= {"home_office": "Old"}
    return inventory_document(
        {f"L{n}": kind for n, kind in enumerate(kinds, 1)},
        users,
        service_addresses={"A1": {"street_name": "Pine St", "city": "Seattle", "country": "US"}},
        sites={"HQ": {"service_address": "A1"}, "Old": {"service_address": "A1"}},
    )


@pytest.fixture(scope="module")
def licsync(tmp_path_factory: pytest.TempPathFactory) -> Declaring:
    return Declaring(tmp_path_factory.mktemp("declaring"), FIELDS)


@pytest.mark.slow
def test_the_schema_has_it(licsync: Declaring) -> None:
    definitions = json.loads(licsync.run("schema"))["definitions"]
    assert definitions["User"]["properties"]["home_office"]["description"].startswith("Site where")
    assert definitions["Extension"]["properties"]["fax_number"]["description"] == "Fax number."
    assert "contact_center" in definitions["Features"]["properties"]


@pytest.mark.slow
def test_it_is_planned_applied_and_shown(licsync: Declaring, tmp_path: Path) -> None:
    folder = write_account(tmp_path, WANTED, inventory())
    plan = json.loads(licsync.run("plan", folder, "--format", "json"))
    actions = {(a["verb"], a["resource"]): a for a in plan["actions"]}
    changes = {
        f"{name} {change['path']}": (change["before"], change["after"], change["reason"])
        for (_, name), action in actions.items()
        for change in action["changes"]
    }
    assert changes["users/ada home_office"] == (None, "Annex", "declared")
    assert changes["users/ada badge"] == ("B-1", "b-7", "declared")
    assert changes["users/bo badge"] == ("B-2", None, "declared")
    assert changes["users/new extension.fax_number"] == (None, "+12065550195", "declared")

    # a new license keeps what it can carry, and what it cannot goes by itself
    downgrade = actions["downgrade", "users/dee"]
    assert changes["users/dee extension.features.contact_center"] == (True, False, "automatic")
    assert {"extension.number", "extension.fax_number"} <= set(downgrade["kept"])
    assert changes["users/eli extension.fax_number"] == ("+12065550196", None, "automatic")
    assert actions["downgrade", "users/eli"]["lost"] == ["extension.fax_number"]

    # what only one user has at a time is swapped; what is referred to comes first
    swap = [actions["update", name] for name in ("users/bo", "users/cy")]
    assert {action["ring"] for action in swap} == {"r1"}
    order = [(a["verb"], a["resource"]) for a in plan["actions"]]
    for moved in (("create", "users/new"), ("update", "users/ada")):
        assert order.index(("create", "sites/Annex")) < order.index(moved)
        assert actions["create", "sites/Annex"]["id"] in actions[moved]["needs"]

    licsync.run("apply", folder, "--auto-approve")
    assert "No changes" in licsync.run("plan", folder)
    users = json.loads(licsync.run("inventory", "dump", folder))["users"]
    assert (users["ada"]["home_office"], users["ada"]["badge"], "badge" in users["bo"]) == (
        "Annex",
        "b-7",
        False,
    )
    assert users["bo"]["services"][0]["extension"] == {"number": "2", "fax_number": "+12065550192"}
    assert users["dee"]["services"][0]["extension"]["features"] == {"contact_center": False}
    assert users["eli"]["services"][0]["extension"] == {"number": "5"}
    assert users["new"]["services"][0]["extension"]["features"] == {"contact_center": True}
    page = licsync.run("users", folder, "new")
    for label, value in (
        ("home office", "Annex"),
        ("fax number", "+12065550195"),
        ("contact center", "on"),
    ):
        assert any(line.split() == [*label.split(), value] for line in page.splitlines()), page


@pytest.mark.slow
def test_it_is_checked(licsync: Declaring, tmp_path: Path) -> None:
    found = licsync.run("validate", write_account(tmp_path, FAULTY, inventory()), code=1)
    for fault in (
        (
            "error[invalid-value] account.yaml:7:42: licenses[0].extension.fax_number of user "
            "'bo' is '12', but must be a phone number"
        ),
        (
            "error[unknown-reference] account.yaml:6:9: The site 'Annexe' is neither declared "
            "nor in the inventory."
        ),
        (
            "error[duplicate-phone-number] account.yaml:8:42: The phone number '+12065550101' "
            "belongs to 'ada'"
        ),
        "error[feature-needs-license] account.yaml:9:54: X2 does not have contact center.",
        "error[device-needs-license] account.yaml:10:46: Lobby does not work with a fax.",
    ):
        assert fault in found, found
    assert "Did you mean 'Annex'?" in found


def test_what_it_refers_to_is_not_deleted(licsync: Declaring, tmp_path: Path) -> None:
    folder = write_account(tmp_path, f"{HEAD}  Old: null\n", inventory())
    assert "The site 'Old' cannot be deleted: it is used by bo." in licsync.run(
        "plan", folder, code=1
    )


@pytest.mark.slow
def test_the_console_keeps_it_right(licsync: Declaring, tmp_path: Path) -> None:
    """The console refuses by itself what a plan would not ask for: a reference to nothing, a number
    twice.
    """
    folder, document = write_account(tmp_path, HEAD, inventory()), inventory()
    document["users"]["ada"]["home_office"] = "Nowhere"
    document["users"]["cy"]["services"][0]["extension"]["fax_number"] = "+12065550101"
    (tmp_path / "bad.json").write_text(json.dumps(document), "utf-8")
    found = licsync.run("inventory", "load", folder, tmp_path / "bad.json", code=1)
    assert (
        "User 'ada' names the site 'Nowhere', which is unknown (/users/ada/home_office)." in found
    )
    assert "Phone number '+12065550101' is used twice: by 'ada' and by 'cy'" in found
