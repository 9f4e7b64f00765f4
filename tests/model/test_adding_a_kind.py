"""A kind of resource is declared in one place, with a row of `KINDS` (design, section 3).

Kinds with rules of their own (licenses, users, service addresses) need more than that. A kind of
records that are named, created, changed and deleted, as sites and policy profiles are, does not.
"""

from __future__ import annotations

import json
from copy import deepcopy
from pathlib import Path

import pytest

from tests.support.accounts import inventory_document, user, write_account
from tests.support.extended_declarations import Declaring

KINDS = {
    '''@closed
class Department(TypedDict, total=False):
    """A department, with the site that it belongs to."""

    home: Annotated[str, Ref("site"), Described("Site of the department.")]
    code: Annotated[Name, IMMUTABLE, Described("Cost center.")]
    lead: Annotated[str | None, CASELESS, Described("Who leads it; empty removes it.")]
    options: Annotated[dict[str, Setting], Described("Option to value.")]
''': 'Kind("department", "departments", Department, "department")',
}
FIELDS = {
    "Tree": (
        '    departments: Annotated[dict[str, Department | None], Described("Name to department; '
        'null deletes.")]\n'
    ),
    "UserAttributes": (
        '    team: Annotated[str, Ref("department"), Described("Department of the user.")]\n'
    ),
}

HEAD = "account: {name: acme, backend: {seed: inventory.json}, defaults: {country: US}}\n"
WANTED = f"""{HEAD}
sites: {{Annex: {{service_address: A1}}}}
departments:
  Sales: {{home: Annex, code: "100", options: {{night: true}}}}
  Support: {{lead: "", options: {{night: false, day: null}}}}
  Old: null
users:
  ada: {{team: Sales}}
  bo: {{team: Support}}
"""
FAULTY = f"""{HEAD}
departments:
  Sales: {{home: Annexe, cod: "1"}}
  Support: {{code: "201"}}
  Old: null
  Elder: null
users:
  ada: {{team: Suport}}
"""


SUPPORT = {
    "home": "HQ",
    "code": "200",
    "lead": "Ada",
    "options": {"day": True, "dusk": True},
}
INVENTORY = inventory_document(
    users={
        "ada": user(id="U1", team="Support", policy=None),
        "bo": user(id="U2", team="Old", policy=None),
    },
    service_addresses={"A1": {"street_name": "Pine St", "city": "Seattle", "country": "US"}},
    sites={"HQ": {"service_address": "A1"}},
    policies={},
    departments={"Support": SUPPORT, "Old": {"code": "300"}},
)


@pytest.fixture(scope="module")
def licsync(tmp_path_factory: pytest.TempPathFactory) -> Declaring:
    return Declaring(tmp_path_factory.mktemp("declaring"), FIELDS, KINDS)


@pytest.mark.slow
def test_the_schemas_have_it(licsync: Declaring) -> None:
    schema = json.loads(licsync.run("schema"))
    assert "departments" in schema["properties"]
    assert (
        schema["definitions"]["Department"]["properties"]["home"]["description"]
        == "Site of the department."
    )
    assert (
        "department"
        in json.loads(licsync.run("schema", "plan"))["definitions"]["Action"]["properties"]["kind"][
            "enum"
        ]
    )


@pytest.mark.slow
def test_it_is_planned_applied_and_shown(licsync: Declaring, tmp_path: Path) -> None:
    folder = write_account(tmp_path, WANTED, INVENTORY)
    plan = json.loads(licsync.run("plan", folder, "--format", "json"))
    order = [(action["verb"], action["resource"]) for action in plan["actions"]]
    assert order == [
        ("create", "sites/Annex"),
        ("create", "departments/Sales"),
        ("update", "departments/Support"),
        ("update", "users/ada"),
        ("update", "users/bo"),
        ("delete", "departments/Old"),
    ]
    assert plan["summary"]["department.create"] == 1
    changes = [
        [(c["path"], c["before"], c["after"]) for c in action["changes"]]
        for action in plan["actions"]
    ]
    assert changes[1] == [
        ("home", None, "Annex"),
        ("code", None, "100"),
        ("options.night", None, True),
    ]
    assert changes[2] == [
        ("lead", "Ada", None),
        ("options.day", True, None),
        ("options.night", None, False),
    ]
    assert [action["needs"] for action in plan["actions"]] == [[], ["a1"], [], ["a2"], [], ["a5"]]

    text = licsync.run("plan", folder)
    assert "+ department Sales" in text
    assert "Plan: 1 department to delete, 2 to update" in " ".join(text.split())

    licsync.run("apply", folder, "--auto-approve")
    assert "No changes" in licsync.run("plan", folder)
    assert json.loads(licsync.run("inventory", "dump", folder))["departments"] == {
        "Support": {"home": "HQ", "code": "200", "options": {"dusk": True, "night": False}},
        "Sales": {"home": "Annex", "code": "100", "options": {"night": True}},
    }
    assert any(
        line.split() == ["team", "Sales"]
        for line in licsync.run("users", folder, "ada").splitlines()
    )


def test_a_plan_is_narrowed_to_it(licsync: Declaring, tmp_path: Path) -> None:
    words = (
        "plan",
        write_account(tmp_path, WANTED, INVENTORY),
        "--format",
        "json",
        "--target",
        "departments/support",
    )
    assert [a["resource"] for a in json.loads(licsync.run(*words))["actions"]] == [
        "departments/Support"
    ]


@pytest.mark.slow
def test_it_is_checked(licsync: Declaring, tmp_path: Path) -> None:
    folder = write_account(tmp_path, FAULTY, INVENTORY)
    found = licsync.run("validate", folder, code=1)
    for fault in (
        "error[unknown-key] account.yaml:4:25: Unknown key 'cod' in department 'Sales'.",
        (
            "error[unknown-reference] account.yaml:4:11: The site 'Annexe' is neither declared "
            "nor in the inventory."
        ),
        (
            "error[unknown-reference] account.yaml:9:9: The department 'Suport' is neither "
            "declared nor in the inventory."
        ),
        "info[unknown-reference] account.yaml:7:3: The department 'Elder' is not in the inventory",
    ):
        assert fault in found, found
    assert "Did you mean 'Support'?" in found
    wrong = f'{HEAD}\ndepartments: {{Support: {{code: "201"}}, Old: null}}\n'
    write_account(tmp_path, wrong, INVENTORY)
    found = licsync.run("plan", folder, code=1)
    assert "The code of department 'Support' is '200' and cannot be changed." in found
    assert "The department 'Old' cannot be deleted: it is used by bo." in found


@pytest.mark.slow
def test_the_inventory_is_checked(licsync: Declaring, tmp_path: Path) -> None:
    folder, document = write_account(tmp_path, HEAD), deepcopy(INVENTORY)
    document["users"]["ada"]["team"] = "Nobody"
    (tmp_path / "bad.json").write_text(json.dumps(document), "utf-8")
    found = licsync.run("inventory", "load", folder, tmp_path / "bad.json", code=1)
    assert "User 'ada' names the department 'Nobody', which is unknown (/users/ada/team)." in found
