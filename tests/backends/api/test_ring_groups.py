"""Places in ring groups (order, logged in, voicemail access) come back with the license, or it is
told.
"""

from __future__ import annotations

from typing import Any

import httpx2
import pytest
from hypothesis import given
from hypothesis import strategies as st

from licsync.backends.api.ring_groups import merge_order, position
from licsync.diagnostics import LicsyncError
from licsync.engine.apply import apply_async, resume_async
from licsync.engine.context import RunContext
from licsync.planning.plan import Plan
from licsync.simulator.faults import read_rules
from licsync.simulator.transport import SimulatorTransport
from tests.support.api_fault_run import FragileStore, Killed
from tests.support.api_simulation import BASE, KEY, ApiWorld, document
from tests.support.samples import parts, seeds

NAMES = [f"user{i}@acme.example" for i in range(5)]
X4 = {"licenses": [{"type": "x4", "country": "US"}]}
Place = tuple[str, int, bool, bool]


class Groups:
    """An account whose five users are in one ring group, each with a position and details."""

    def __init__(
        self,
        users: dict[str, Any] | None = None,
        pool: tuple[str, ...] = tuple("MNOPQ"),
        **options: Any,
    ):
        held = {"type": "x2", "ring_groups": ["Main"], "call_queues": ["Help"]}
        people = document({name: held for name in NAMES} | (users or {}), {"x4": pool})
        self.world = ApiWorld(people, **options)
        (self.group,) = [
            i for i, g in self.world.server.sim.documents.all("ring_groups") if g["name"] == "Main"
        ]
        update = [
            {
                "extensionNumber": str(1000 + i),
                "sequenceNumber": place,
                "loggedIn": i % 2 == 0,
                "voicemailAccessEnabled": i % 3 == 0,
            }
            for place, i in enumerate((3, 1, 4, 0, 2), 1)
        ]
        self._ask("POST", f"/ring-groups/{self.group}/update-members", {"update": update})
        self.world.truth()
        self.before = self.places()

    def _ask(self, method: str, path: str, body: Any = None) -> Any:
        kind = "ringgroups.update-members" if method == "POST" else "ringgroups"
        header = {
            "content-type" if method == "POST" else "accept": f"application/vnd.{kind}.v1+json"
        }

        async def ask() -> Any:
            async with httpx2.AsyncClient(
                transport=SimulatorTransport(self.world.app), base_url=BASE
            ) as client:
                headers = {"x-api-key": KEY, **header}
                url = f"{BASE}/admin-provisioning{path}"
                return (await client.request(method, url, headers=headers, json=body)).json()

        return self.world.run(ask())

    def places(self) -> list[Place]:
        """What the ring group says of each member, by its order."""
        self.world.truth()
        members = self._ask("GET", f"/ring-groups/{self.group}")["members"]
        return [
            (m["userId"], m["sequenceNumber"], m["loggedIn"], m["voicemailAccessEnabled"])
            for m in members
        ]

    def fault(self, *rules: dict[str, Any]) -> None:
        self.world.server.faults.clear()
        self.world.server.faults.add(read_rules(rules))


@pytest.mark.slow
@pytest.mark.parametrize("parallelism", [1, 3, 9])
@pytest.mark.parametrize("names", [NAMES[:1], NAMES[:3], NAMES])
@seeds(1, soak=4)
def test_several_users_of_one_group_change_at_once(
    names: list[str], parallelism: int, seed: int
) -> None:
    groups = Groups(settings={"seed": seed}, parallelism=parallelism)
    plan = groups.world.plan({name: X4 for name in names})
    assert all("ring_groups" in action.kept for action in plan.actions)
    assert groups.world.apply(plan).is_complete
    assert groups.places() == groups.before
    groups.world.close()


MEMBERS = {"method": "POST", "path": "/ring-groups/*/update-members"}
PASSING = {
    "503 once": [{"kind": "status", "status": 503, "count": 1, **MEMBERS}],
    "503 and done": [{"kind": "status", "status": 503, "after": True, "count": 2, **MEMBERS}],
    "409 once": [{"kind": "status", "status": 409, "count": 1, **MEMBERS}],
    "409 for each": [{"kind": "status", "status": 409, "count": 3, **MEMBERS}],
    "failed": [{"kind": "failed", "count": 2, **MEMBERS}],
    "failed and done": [{"kind": "failed", "effect": True, "count": 2, **MEMBERS}],
    "unknown": [{"kind": "unknown", "count": 1, **MEMBERS}],
    "cut": [{"kind": "cut", "count": 2, **MEMBERS}],
    "cut and late": [
        {"kind": "cut", "count": 1, **MEMBERS},
        {"kind": "late", "seconds": 150, "count": 1, **MEMBERS},
    ],
    "never": [{"kind": "never", "effect": True, "count": 1, **MEMBERS}],
    "lag": [{"kind": "lag", "seconds": 20, "count": 3, **MEMBERS}],
}


@pytest.mark.slow
@pytest.mark.parametrize("rules", PASSING.values(), ids=PASSING.keys())
def test_temporary_errors_lose_no_position(rules: list[dict[str, Any]]) -> None:
    groups = Groups()
    plan = groups.world.plan({name: X4 for name in NAMES[:3]})
    groups.fault(*rules)
    assert groups.world.apply(plan).is_complete
    assert groups.places() == groups.before
    groups.world.close()


LASTING = {
    "503": {"kind": "status", "status": 503},
    "409": {"kind": "status", "status": 409},
    "403": {"kind": "status", "status": 403},
    "failed": {"kind": "failed"},
}


@pytest.mark.slow
@pytest.mark.parametrize("rule", LASTING.values(), ids=LASTING.keys())
def test_a_position_that_cannot_be_restored_is_reported_and_a_resume_restores_it(
    rule: dict[str, Any],
) -> None:
    groups = Groups()
    plan = groups.world.plan({name: X4 for name in NAMES[:3]})
    groups.fault({**rule, **MEMBERS})
    outcome = groups.world.apply(plan)
    assert len(outcome.uncertain) == 3
    assert all("ring group Main (place " in reason for reason in outcome.uncertain.values())
    groups.fault()
    groups.world.backend = groups.world.client()
    resumed = groups.world.resume()
    assert resumed is not None
    assert resumed.is_complete
    assert groups.places() == groups.before
    groups.world.close()


@pytest.mark.slow
def test_a_license_stays_where_the_place_in_a_ring_group_cannot_be_read() -> None:
    groups = Groups()
    plan = groups.world.plan({NAMES[0]: X4})
    groups.fault({"kind": "status", "status": 403, "method": "GET", "path": "/ring-groups/*"})
    (reason,) = groups.world.apply(plan).failed.values()
    assert reason.startswith(
        f"The place of {NAMES[0]} in ring group Main would be lost: it cannot be read: "
    )
    groups.fault()
    assert groups.places() == groups.before
    groups.world.close()


def test_somebody_who_leaves_gives_the_license_up_although_no_ring_group_can_be_read() -> None:
    groups = Groups()
    plan = groups.world.plan({NAMES[0]: {"licenses": []}})
    groups.fault({"kind": "status", "status": 403, "method": "GET", "path": "/ring-groups/*"})
    assert groups.world.apply(plan).is_complete
    groups.fault()
    assert len(groups.places()) == len(NAMES) - 1
    groups.world.close()


def test_a_ring_group_that_is_gone_meanwhile_keeps_nobody_from_a_license() -> None:
    groups = Groups()
    plan = groups.world.plan({NAMES[0]: X4})
    groups.fault({"kind": "status", "status": 404, "path": "/ring-groups/*", "nth": 2})
    assert groups.world.apply(plan).is_complete
    groups.world.close()


def attempt(groups: Groups, plan: Plan | None, at: int | None) -> bool:
    """Apply, or resume, in a process that dies at a write to its journal; tells whether it did."""
    world = groups.world
    fragile = RunContext(
        world.backend, FragileStore(world.store, at), world.clock, "tester", parallelism=3
    )
    try:
        world.run(apply_async(plan, fragile) if plan is not None else resume_async("acme", fragile))
        return False
    except (Killed, LicsyncError):
        world.run(world.backend.close())
        world.backend, world.store = world.client(), world.process_store()
        world.store.unlock("acme")
        return True


@pytest.mark.slow
@pytest.mark.untraced
@seeds(6, soak=33)
def test_faults_and_deaths_lose_no_place(seed: int) -> None:
    groups = Groups(settings={"seed": seed})
    names = NAMES[: 2 + seed % 4]
    plan = groups.world.plan({name: X4 for name in names})
    if seed % 3 == 0:
        groups.fault({"kind": "revoke", "nth": 1 + seed % 5, **MEMBERS})
    elif seed % 3 == 1:
        kinds: list[dict[str, Any]] = [
            {"kind": "status", "status": 503},
            {"kind": "status", "status": 409},
            {"kind": "failed"},
            {"kind": "cut"},
        ]
        groups.fault(*({**kind, **MEMBERS, "probability": 0.4} for kind in kinds))
    attempt(groups, plan, 8 + seed)
    groups.fault()
    attempts = 0
    while groups.world.store.open_run("acme") is not None:
        attempts += 1
        assert attempts < 8
        attempt(groups, None, 10 + seed if attempts < 3 else None)
    # it died before the run was recorded
    if (rest := groups.world.plan({name: X4 for name in names})).actions:
        assert groups.world.apply(rest).is_complete
    assert groups.places() == groups.before
    groups.world.close()


SWAPPED = {"type": "x4", "ring_groups": ["Main"]}


@pytest.mark.slow
@pytest.mark.untraced
@parts(1, soak=4, name="part")
def test_a_swap_without_a_spare_unit_keeps_both_places_whenever_the_process_dies(
    part: int,
) -> None:
    at, died = part - 3, True
    while died:
        at += 4
        groups = Groups({NAMES[1]: SWAPPED}, pool=())
        wanted = {NAMES[0]: X4, NAMES[1]: {"licenses": [{"type": "x2", "country": "US"}]}}
        plan = groups.world.plan(wanted)
        assert any(action.ring for action in plan.actions)
        died = attempt(groups, plan, at)
        if groups.world.store.open_run("acme") is not None:
            attempt(groups, None, None)
        elif died:  # before the run was recorded, or after its end
            attempt(groups, groups.world.plan(wanted), None)
        assert groups.world.plan(wanted).actions == [], at
        assert groups.places() == groups.before, at
        groups.world.close()
    assert at > 20


@given(st.permutations("abcdef"), st.permutations("abcdef"), st.sets(st.sampled_from("abcdef")))
def test_members_return_to_their_positions_in_any_order(
    leaving: list[str], coming: list[str], gone: set[str]
) -> None:
    order = list("abcdef")
    now, known = list(order), []
    for name in leaving:
        if name in gone:
            known = merge_order(known, now)
            now.remove(name)
    for name in coming:
        if name in gone:
            now.insert(position(name, now, known) - 1, name)
    assert now == order


def test_new_members_do_not_prevent_a_restore() -> None:
    assert position("b", ["a", "c", "new"], ["a", "b", "c"]) == 2
    assert position("c", ["a", "b", "new"], ["a", "b", "c"]) == 3
    assert merge_order(["a", "b"], ["a", "new", "b"]) == ["a", "new", "b"]
