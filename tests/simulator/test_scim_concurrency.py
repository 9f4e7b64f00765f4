"""Several clients, and several servers on one store: each change happens once, and none is lost."""

from __future__ import annotations

import shutil
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx2
import pytest

from licsync.model.inventory_validation import faults_of
from licsync.store.database import open_database
from tests.support.databases import HISTORIES
from tests.support.paths import ACME
from tests.support.scim import CORE, PATCH, ScimCaller
from tests.support.simulator import World, acme
from tests.support.simulator_process import served

WORKERS = 6


def test_clients_of_two_servers_make_each_user_once(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'state.db'}"
    engines = [open_database(url, HISTORIES) for _ in range(2)]
    worlds = [World(engines[0], acme(), speed=0), World(engines[1], speed=0, seed=1)]
    callers = [ScimCaller(world) for world in worlds]
    names = [f"user{number}@acme.example" for number in range(8)]

    def work(worker: int) -> list[int]:
        caller = callers[worker % 2]
        bodies = ({"schemas": [CORE], "userName": name} for name in names)
        return [caller.ask("POST", "/Users", body).status_code for body in bodies]

    with ThreadPoolExecutor(2) as pool:
        found = Counter(status for statuses in pool.map(work, range(2)) for status in statuses)
    assert found == {201: len(names), 409: len(names)}
    document = worlds[0].console.dump()
    assert set(names) < set(document["users"])
    assert list(faults_of(document)) == []
    for engine in engines:
        engine.dispose()


@pytest.mark.slow
def test_no_request_of_many_clients_is_lost(tmp_path: Path) -> None:
    """Every client switches users of its own off and on, in one server, while others list them."""
    shutil.copytree(ACME, tmp_path / "acme", ignore=shutil.ignore_patterns(".licsync"))
    with served(tmp_path / "acme", "key") as address:
        base = address.replace("/admin-provisioning", "/udi/customers/001SIMULATED0000AA/scim/v2")
        headers = {"Authorization": "Bearer simulator", "Content-Type": "application/scim+json"}
        with httpx2.Client(headers=headers, timeout=60) as client:
            users = client.get(f"{base}/Users", params={"count": 100}).json()["Resources"]

            def work(worker: int) -> int:
                mine = users[worker::WORKERS]
                for turn in range(4):
                    for user in mine:
                        active = {"op": "replace", "path": "active", "value": turn % 2 == 1}
                        body = {"schemas": [PATCH], "Operations": [active]}
                        answer = client.patch(f"{base}/Users/{user['id']}", json=body)
                        assert answer.status_code == 204, answer.text
                        shown = client.get(f"{base}/Users/{user['id']}").json()
                        assert shown["active"] == (turn % 2 == 1)
                return len(mine)

            with ThreadPoolExecutor(WORKERS) as pool:
                assert sum(pool.map(work, range(WORKERS))) == len(users)
            after = client.get(f"{base}/Users", params={"count": 100}).json()["Resources"]
            assert all(user["active"] for user in after)
