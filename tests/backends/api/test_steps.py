"""Single steps through the client: what is refused, what places become, what became of a step that
was begun.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from typing import Any

import pytest

from licsync.backends.api.account_reader import FRESH_SECONDS
from licsync.backends.api.backend import AdminApiBackend
from licsync.backends.api.change_executor import Ticket
from licsync.engine.ports import BackendFailed, StepOutcome, StepRefused, StepUncertain
from licsync.model.console.step import Step, keys_of_step
from licsync.model.inventory import Inventory, Record
from licsync.model.places import address_key
from licsync.simulator.faults import read_rules
from tests.support.accounts import CATALOG, NEW_YORK
from tests.support.api_clock import run
from tests.support.api_fakes import Script, page, transport
from tests.support.api_simulation import ApiWorld, document
from tests.support.coroutines import perform_step

ADA, BO = "ada@acme.example", "bo@acme.example"
SEATTLE = {
    "street_number": "500", "street_name": "Pine St",
    "city": "Seattle", "state": "WA", "postal": "98101", "country": "US",
}  # fmt: skip
HQ = {"pbx": "acme01", "locale": "en-US", "timezone": "America/New_York"}


@pytest.fixture
def world() -> Iterator[ApiWorld]:
    people = {ADA: {"type": "x2", "ring_groups": ["Main"]}, BO: {}}
    found = ApiWorld(document(people, {"x4": ["M1"], "x2": ["M2"]}), settle=60)
    yield found
    found.close()


def break_(world: ApiWorld, *rules: dict[str, Any]) -> None:
    world.server.faults.clear()
    world.server.faults.add(read_rules(rules))


def do(world: ApiWorld, step: Step, before: dict[str, Record | None] | None = None) -> list[str]:
    """Perform a step as the engine does; give the tickets that were noted."""
    tickets: list[str] = []

    async def main() -> None:
        found = before if before is not None else await world.backend.fetch(keys_of_step(step))
        await perform_step(world.backend, step, found, tickets.append)

    world.run(main())
    return tickets


def fetch(world: ApiWorld, *keys: str) -> dict[str, Record | None]:
    return world.run(world.backend.fetch(keys))  # type: ignore[no-any-return]


def became(
    world: ApiWorld, step: Step, before: dict[str, Record | None], ticket: str | None
) -> StepOutcome:
    return world.run(world.backend.outcome_of(step, before, ticket))  # type: ignore[no-any-return]


# --- refused --------------------------------------------------------------------------------------


def user(op: str, name: str = ADA, **args: Any) -> Step:
    return Step(op, f"users/{name}", args)


@pytest.mark.parametrize(
    ("step", "expected"),
    [
        (
            user("user.update", "nobody@acme.example", set={"job_title": "X"}),
            "There is no user nobody",
        ),
        (user("user.create", ADA, set={"site": "HQ"}), "already in use"),
        (user("user.create", "x@acme.example", set={"first_name": "É", "site": "HQ"}), "firstName"),
        (user("user.delete"), "still holds licenses"),
        (user("license.attach", BO, license="L0000"), "is held by ada"),
        (
            user("license.attach", BO, license="M1", service_address=SEATTLE),
            "address of the user's site",
        ),
        (user("license.attach", BO, license="none"), "License not found"),
        (
            Step("license.relocate", "licenses/M1", {"service_address": SEATTLE}),
            "The API cannot do license.relocate",
        ),
        (Step("policy.put", "policies/P", {"settings": {}}), "The API cannot do policy.put"),
        (Step("site.delete", "sites/None"), "no site None"),
        (Step("site.delete", "sites/HQ"), "HQ|used|can not be removed"),
        (
            Step("site.put", "sites/New", {"set": {**HQ, "service_address": SEATTLE}}),
            "address does not exist",
        ),
        (Step("service_address.delete", "service_addresses/A1"), "usage|in use|used"),
        (
            Step("service_address.create", "service_addresses/x", {"content": {"country": "??"}}),
            "country",
        ),
    ],
    ids=lambda value: f"{value.op} {value.name}" if isinstance(value, Step) else "",
)
def test_a_refused_request_has_no_effect(world: ApiWorld, step: Step, expected: str) -> None:
    world.run(world.backend.read())
    before = world.truth()
    with pytest.raises(StepRefused, match=expected):
        do(world, step, {step.target: None} if step.op == "user.create" else None)
    after = world.truth()
    assert (after.users, after.sites, after.service_addresses) == (
        before.users,
        before.sites,
        before.service_addresses,
    )


def test_a_license_at_the_address_of_the_site_is_attached(world: ApiWorld) -> None:
    do(world, user("license.attach", BO, license="M1", service_address=NEW_YORK))
    assert world.truth().users[BO]["services"][0]["license"] == "M1"


def test_names_that_a_filter_would_misread_are_nobodys(world: ApiWorld) -> None:
    found = fetch(world, "users/*", "users/a'b", "users/a\\b", "users/ADA@ACME.EXAMPLE")
    assert [record is not None for record in found.values()] == [False, False, False, True]


def test_what_is_fetched(world: ApiWorld) -> None:
    keys = [
        "users/none@x.example",
        f"users/{BO}",
        "licenses/L0000",
        "licenses/M1",
        "licenses/none",
        "sites/HQ",
        "sites/None",
    ]
    found = fetch(
        world, *keys, "policies/8x8 Master User Template", "policies/None", "service_addresses/none"
    )
    assert {key for key, record in found.items() if record is None} == {
        "users/none@x.example", "licenses/none", "sites/None", "policies/None",
        "service_addresses/none",
    }  # fmt: skip
    assert found["licenses/L0000"]["user"] == ADA  # type: ignore[index]
    assert found["licenses/M1"]["status"] == "unassigned"  # type: ignore[index]


# --- places ---------------------------------------------------------------------------------------

NEW_ADDRESS = Step("service_address.create", "service_addresses/seattle", {"content": SEATTLE})
NEW_SITE = Step(
    "site.put", "sites/Seattle", {"set": {**HQ, "service_address": SEATTLE}, "units": []}
)
LOST = {"kind": "cut", "after": True, "method": "P*", "count": 1}


@pytest.mark.parametrize(
    "faults", [(), (LOST,), ({**LOST, "after": False},)], ids=["fine", "lost", "not arrived"]
)
def test_addresses_and_sites_are_made_changed_and_removed(
    world: ApiWorld, faults: tuple[dict[str, Any], ...]
) -> None:
    break_(world, *faults)
    do(world, NEW_ADDRESS)
    (made,) = world.truth().service_addresses.keys() - {"A1"}
    (found,) = fetch(world, f"service_addresses/{made}").values()
    assert address_key(found or {}) == address_key(SEATTLE)
    break_(world, *faults)
    do(world, NEW_SITE)
    assert world.truth().sites["Seattle"]["service_address"] == made
    break_(world, *faults)
    do(
        world,
        Step(
            "site.put",
            "sites/Seattle",
            {"set": {"timezone": "America/Denver", "service_address": NEW_YORK}},
        ),
    )
    assert world.truth().sites["Seattle"]["timezone"] == "America/Denver"
    break_(world, *({**rule, "method": "DELETE"} for rule in faults))
    do(world, Step("site.delete", "sites/Seattle"))
    break_(world, *({**rule, "method": "DELETE"} for rule in faults))
    do(world, Step("service_address.delete", f"service_addresses/{made}"))
    truth = world.truth()
    assert (list(truth.sites), list(truth.service_addresses)) == (["HQ"], ["A1"])


def test_a_site_that_a_step_has_read_is_not_read_again_with_all_others(world: ApiWorld) -> None:
    change = Step("site.put", "sites/HQ", {"set": {"timezone": "America/Denver"}, "units": []})
    before = fetch(world, "sites/HQ")
    do(world, change, before)
    asked = len(world.server.log)
    (found,) = fetch(world, "sites/HQ").values()
    assert (found or {})["timezone"] == "America/Denver"
    assert len(world.server.log) == asked
    world.run(asyncio.sleep(FRESH_SECONDS + 1))
    fetch(world, "sites/HQ")
    assert len(world.server.log) == asked + 1


def test_a_site_that_somebody_else_changed_is_left_alone(world: ApiWorld) -> None:
    change = Step("site.put", "sites/HQ", {"set": {"timezone": "America/Denver"}, "units": []})
    before = {"sites/HQ": {**HQ, "service_address": "A1", "locale": "en-GB"}}
    with pytest.raises(StepRefused, match="changed by somebody else"):
        do(world, change, before)


def test_how_people_write_an_address_is_remembered() -> None:
    """The vendor gives an address back as it has normalised it, which can look quite different."""
    theirs = {
        "id": "A7",
        "streetNumber": "500",
        "streetName": "PINE STREET",
        "postal": "98101-0001",
        "country": "US",
    }
    nothing = (200, page([]))
    backend = AdminApiBackend(
        transport(Script(nothing, nothing, nothing, (200, theirs))), Inventory("acme", ""), CATALOG
    )
    run(perform_step(backend, NEW_ADDRESS, {}))
    assert backend.inventory().service_addresses == {"A7": SEATTLE}


# --- what became of it ----------------------------------------------------------------------------

CLERK = user("user.update", set={"job_title": "Clerk", "department": "Sales"})


def test_a_step_without_a_ticket_was_not_sent(world: ApiWorld) -> None:
    before = fetch(world, f"users/{ADA}")
    assert became(world, CLERK, before, None) == "undone"
    do(world, CLERK)
    assert became(world, CLERK, before, None) == "done"


def test_the_effect_of_a_sent_request_is_awaited(world: ApiWorld) -> None:
    before = fetch(world, f"users/{ADA}")
    began = world.runner.loop.now
    assert became(world, CLERK, before, str(Ticket(world.clock()))) == "undone"
    assert 60 <= world.runner.loop.now - began <= 65
    long_ago = "2026-11-23T00:00:00Z"
    began = world.runner.loop.now
    assert became(world, CLERK, before, long_ago) == "undone"
    assert world.runner.loop.now - began < 5


@pytest.mark.parametrize(
    ("fault", "expected"),
    [
        (None, "done"),
        ({"kind": "late", "seconds": 100}, "done"),
        ({"kind": "failed"}, "undone"),
        ({"kind": "failed", "effect": True}, "done"),
        ({"kind": "unknown"}, "undone"),
        ({"kind": "unknown", "effect": True}, "done"),
        ({"kind": "never", "effect": True}, "done"),
    ],
)
def test_an_operation_is_followed_to_its_end(
    world: ApiWorld, fault: dict[str, Any] | None, expected: StepOutcome
) -> None:
    before = fetch(world, f"users/{ADA}")
    break_(world, *([{**fault, "method": "PUT", "count": 1}] if fault else ()))
    tickets: list[str] = []

    class Dead(BaseException):
        pass

    def note(ticket: str) -> None:
        tickets.append(ticket)
        if " " in ticket:  # the operation is known: die
            raise Dead

    with pytest.raises(Dead):
        world.run(perform_step(world.backend, CLERK, before, note))
    world.backend = world.client()
    assert became(world, CLERK, before, tickets[-1]) == expected


def test_a_part_of_it_and_what_somebody_else_did(world: ApiWorld) -> None:
    before = fetch(world, f"users/{ADA}")
    ticket = "2026-11-23T00:00:00Z op_gone"
    do(world, user("user.update", set={"job_title": "Clerk"}))
    assert became(world, CLERK, before, ticket) == "partly"
    do(world, user("user.update", set={"first_name": "Eve"}))
    # whoever plans again sees what there is
    assert became(world, CLERK, before, ticket) == "undone"
    with pytest.raises(StepUncertain, match="cannot be read"):
        became(world, CLERK, before, "what is this")


def test_what_became_of_places_and_of_what_is_never_sent(world: ApiWorld) -> None:
    assert became(world, NEW_ADDRESS, {}, None) == "undone"
    do(world, NEW_ADDRESS)
    assert became(world, NEW_ADDRESS, {}, "2026-11-23T00:00:00Z") == "done"
    assert became(world, NEW_SITE, {"sites/Seattle": None}, None) == "undone"
    do(world, NEW_SITE)
    assert became(world, NEW_SITE, {"sites/Seattle": None}, None) == "done"
    assert (
        became(world, Step("service_address.delete", "service_addresses/A1"), {}, None) == "undone"
    )
    assert became(world, Step("policy.put", "policies/P", {"settings": {}}), {}, None) == "undone"


# --- giving back what a license carried -----------------------------------------------------------


def attach(**service: Any) -> Step:
    return user(
        "license.attach",
        license="M1",
        service={"extension": {"number": "1000"}, **service},
        ring_groups=["Main"],
    )


def test_ring_groups_of_which_only_the_name_is_known_come_back(world: ApiWorld) -> None:
    do(world, user("license.detach", license="L0000"))
    do(world, attach())
    assert world.truth().users[ADA]["ring_groups"] == ["Main"]


def test_a_ring_group_that_is_gone_is_left_out(world: ApiWorld) -> None:
    do(world, user("license.detach", license="L0000"))
    gone = {"id": "gone", "name": "Gone", "sequenceNumber": 1}
    do(world, attach(vendor={"ring_groups": [gone], "call_queues": []}))
    assert world.truth().users[ADA]["services"][0]["license"] == "M1"


def test_a_ring_group_that_refuses_is_reported(world: ApiWorld) -> None:
    do(world, user("license.detach", license="L0000"))
    break_(world, {"kind": "status", "status": 403, "path": "*update-members"})
    with pytest.raises(StepUncertain, match="ring group"):
        do(world, attach())
    assert world.truth().users[ADA]["services"][0]["license"] == "M1"


def test_without_an_extension_no_ring_group_comes_back(world: ApiWorld) -> None:
    do(world, user("license.detach", license="L0000"))
    with pytest.raises(
        StepUncertain, match="ring group Main is not back: only an extension can be a member"
    ):
        do(world, user("license.attach", license="M1", service={}, ring_groups=["Main"]))


# --- the API itself -------------------------------------------------------------------------------


def test_answers_that_are_neither_user_nor_list_fail(world: ApiWorld) -> None:
    world.run(world.backend.read())
    for path in ("/users/*", "/users"):
        break_(world, {"kind": "status", "status": 403, "path": path})
        world.backend.reader._read_at.clear()
        with pytest.raises(BackendFailed, match=r"cannot be (read|looked up)"):
            fetch(world, f"users/{ADA}", "users/new@acme.example")


def test_a_step_whose_key_was_revoked_after_sending_is_uncertain(world: ApiWorld) -> None:
    before = fetch(world, f"users/{ADA}")
    break_(world, {"kind": "revoke", "path": "/operations/*"})
    with pytest.raises(StepUncertain, match="it was sent, and its end could not be asked for"):
        do(world, CLERK, before)


def test_a_step_without_visible_effect_after_three_attempts_is_uncertain(world: ApiWorld) -> None:
    before = fetch(world, f"users/{ADA}")
    break_(world, {"kind": "cut", "after": False, "method": "PUT"})
    with pytest.raises(StepUncertain, match="sent 3 times, and nothing"):
        do(world, CLERK, before)
    assert world.requests(lambda entry: entry.method == "PUT") == 3


def test_a_refusal_after_something_was_sent_is_looked_at(world: ApiWorld) -> None:
    create = user("user.create", "new@acme.example", set={"first_name": "New", "last_name": "Name",
                  "email": "new@acme.example", "site": "HQ"})  # fmt: skip
    late = {"kind": "late", "seconds": 62, "method": "POST", "count": 1}
    break_(world, {"kind": "cut", "after": True, "method": "POST", "count": 1}, late)
    tickets = do(world, create, {create.target: None})
    assert len(tickets) >= 2
    assert list(world.truth().users).count("new@acme.example") == 1
