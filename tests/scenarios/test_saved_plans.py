"""What a scenario file cannot say: digests read from one plan and given to the next, files that are
altered.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.support.account_directory import Licsync, account_at
from tests.support.accounts import inventory_document, unit, user

NOW = "2026-11-24T00:00:00Z"
FILES = {
    "account.yaml": "account: {name: acme, backend: {type: local, seed: inventory.json}}\n",
    "users.yaml": (
        "users:\n  ada@acme.example: {licenses: [x2]}\n  bo@acme.example: {department: Sales}\n"
    ),
}


INVENTORY = inventory_document(
    {"L1": unit()},
    {
        f"{first.lower()}@acme.example": user(
            id=f"U-{first}",
            first_name=first,
            last_name="Lopez",
            email=f"{first.lower()}@acme.example",
        )
        for first in ("Ada", "Bo")
    },
    service_addresses={"A1": {"street_name": "W 34th St", "city": "New York", "country": "US"}},
    sites={"HQ": {"service_address": "A1", "pbx": "acme01"}},
)


@pytest.fixture
def acme(tmp_path: Path) -> Licsync:
    return account_at(tmp_path, FILES, INVENTORY, NOW)


def _saved(acme: Licsync) -> Path:
    assert acme.run("plan", "{dir}", "--out", "{tmp}/plan.json", "--now", NOW).exit_code == 0
    return acme.root.parent / "plan.json"


def test_apply_with_the_digest_of_the_plan(acme: Licsync) -> None:
    _, plan = acme.plan()
    assert acme.apply("--digest", plan["digest"]).exit_code == 0
    assert acme.dump()["licenses"]["L1"]["user"] == "ada@acme.example"


def test_plan_prints_its_digest(acme: Licsync) -> None:
    _, plan = acme.plan()
    result = acme.run("plan", "{dir}", "--now", NOW)
    assert plan["digest"] in result.stdout + result.stderr


def test_a_digest_outlives_the_hour_but_no_change_of_the_files(acme: Licsync) -> None:
    _, plan = acme.plan()
    later = acme.run("plan", "{dir}", "--format", "json", "--now", "2026-11-24T05:00:00Z")
    assert json.loads(later.stdout)["digest"] == plan["digest"]
    (acme.root / "users.yaml").write_text(FILES["users.yaml"].replace("Sales", "Support"))
    assert acme.apply("--digest", plan["digest"]).exit_code == 3
    assert acme.dump()["licenses"]["L1"]["status"] == "unassigned"


@pytest.mark.parametrize(
    "path",
    [
        ("actions", 0, "resource"),
        ("actions", 0, "why"),
        ("expires_at",),
        ("created_at",),
        ("account",),
        ("config_digest",),
        ("licenses", 0, "owned"),
    ],
)
def test_an_altered_plan_is_refused(acme: Licsync, path: tuple[str | int, ...]) -> None:
    saved = _saved(acme)
    document = json.loads(saved.read_text())
    place: Any = document
    for key in path[:-1]:
        place = place[key]
    place[path[-1]] = 99 if isinstance(place[path[-1]], int) else f"{place[path[-1]]}x"
    saved.write_text(json.dumps(document))
    assert acme.run("apply", str(saved), "--now", NOW).exit_code == 3
    assert acme.dump()["licenses"]["L1"]["status"] == "unassigned"


def test_a_dropped_action_is_an_alteration(acme: Licsync) -> None:
    saved = _saved(acme)
    document = json.loads(saved.read_text())
    del document["actions"][-1]
    saved.write_text(json.dumps(document))
    assert acme.run("apply", str(saved), "--now", NOW).exit_code == 3
    assert "department" not in acme.dump()["users"]["bo@acme.example"]


def test_the_directory_may_be_another_than_the_file_remembers(acme: Licsync) -> None:
    saved = _saved(acme)
    moved = acme.root.with_name("moved")
    acme.root.rename(moved)
    assert acme.run("apply", str(saved), str(moved), "--now", NOW).exit_code == 0
    assert Licsync(moved, NOW).dump()["users"]["bo@acme.example"]["department"] == "Sales"


def test_an_inconsistent_inventory_is_refused_with_every_fault_named(acme: Licsync) -> None:
    bad = json.loads(json.dumps(INVENTORY))
    bad["licenses"] |= {
        "L2": unit(status="suspended"),
        "L3": unit(status="assigned", user="bo@acme.example"),
    }
    bad["users"]["ada@acme.example"]["services"] = [{"license": "L9"}, {"license": "L3"}]
    bad["users"]["bo@acme.example"]["services"] = [{"license": "L3"}]
    (acme.root / "bad.json").write_text(json.dumps(bad))
    acme.plan()
    result = acme.run("inventory", "load", "{dir}", "{dir}/bad.json")
    assert result.exit_code == 1
    output = result.stdout + result.stderr
    assert [unit for unit in ("L2", "L3", "L9") if unit not in output] == []
    assert acme.dump()["licenses"].keys() == {"L1"}


def test_a_dump_loads_back_to_the_same_dump(acme: Licsync) -> None:
    assert acme.apply().exit_code == 0
    first = acme.run("inventory", "dump", "{dir}").stdout
    (acme.root / "dump.json").write_text(first)
    assert acme.run("inventory", "load", "{dir}", "{dir}/dump.json").exit_code == 0
    assert json.loads(acme.run("inventory", "dump", "{dir}").stdout) == json.loads(first)
