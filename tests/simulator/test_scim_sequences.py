"""Random sequences of requests to SCIM do what the model of the console says, step by step."""

from __future__ import annotations

from collections.abc import Callable
from copy import deepcopy
from datetime import datetime
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from licsync.model.console.operations import ConsoleRefusal, InMemoryRecords, perform
from licsync.model.console.step import Step
from licsync.model.inventory_validation import faults_of
from tests.support.scim import CORE, EIGHT, ENTERPRISE, ScimCaller
from tests.support.simulator import World, acme

NAMES = ("ada.lopez@acme.example", "fay.green@acme.example", "one@acme.example", "TWO@acme.example")

names = st.sampled_from(NAMES)
texts = st.none() | st.sampled_from(["Lead", "Sales", "Lab 2"])

REQUESTS = st.one_of(
    st.tuples(
        st.just("make"),
        names,
        st.sampled_from([None, "Seattle", "Nowhere"]),
        st.sampled_from([None, True, False]),
        texts,
    ),
    st.tuples(
        st.just("put"),
        names,
        st.none() | names,
        st.sampled_from([None, True, False]),
        texts,
        texts,
    ),
    st.tuples(st.just("patch"), names, st.booleans()),
    st.tuples(st.just("delete"), names),
    st.tuples(st.just("console"), names, st.sampled_from(["user.suspend", "user.reactivate"])),
    st.tuples(st.just("detach"), names),
    st.tuples(st.just("wait"), st.integers(1, 100_000)),
)


class Model:
    """The account as the requests should leave it: records in memory, and the console's steps."""

    def __init__(self, document: dict[str, Any]):
        sections = ("users", "licenses", "sites", "policies", "service_addresses")
        self.records = InMemoryRecords({s: deepcopy(document[s]) for s in sections})

    def user(self, name: str) -> dict[str, Any] | None:
        found = self.records.find_user(name)
        return self.records.get(f"users/{found}") if found else None

    def step(self, op: str, name: str, now: datetime, **args: Any) -> None:
        perform(self.records, Step(op, f"users/{name}", args), now)  # type: ignore[arg-type]

    def set_active(self, name: str, active: bool, now: datetime) -> None:
        user = self.user(name)
        assert user is not None
        if (user["status"] == "active") != active:
            self.step("user.reactivate" if active else "user.suspend", name, now)

    def make(
        self,
        name: str,
        site: str | None,
        active: bool | None,
        title: str | None,
        now: datetime,
    ) -> int:
        if site == "Nowhere" and self.user(name) is None:
            return 400
        if self.user(name) is not None:
            return 409
        values = {"email": "noreply@8x8.com", "policy": "8x8 Master User Template"}
        self.step("user.create", name, now, set=values | {"site": site, "job_title": title})
        if active is False:
            self.step("user.suspend", name, now)
        return 201

    def put(
        self,
        name: str,
        to: str,
        active: bool | None,
        values: dict[str, Any],
        now: datetime,
    ) -> int:
        other = self.records.find_user(to)
        if other not in (None, name):
            return 409
        if to != name:
            self.step("user.rename", name, now, to=to)
        user = self.user(to)
        assert user is not None
        was_active = user["status"] == "active"
        if active is not None and (active or was_active):
            self.set_active(to, active, now)
        # what an inactive user is called has no effect on its licenses
        record = self.user(to)
        assert record is not None
        kept = {k: v for k, v in record.items() if k not in values}
        self.records.put(f"users/{to}", kept | {k: v for k, v in values.items() if v is not None})
        return 200


def send(scim: ScimCaller, model: Model, request: tuple[Any, ...]) -> None:
    """Send a request, and do the same to the model."""
    kind, name, *rest = request
    world, now = scim.world, scim.world.now
    known = model.records.find_user(name) if kind != "wait" else None
    user = model.user(known) if known else None
    if kind == "wait":
        world.pass_(name)
    elif kind == "make":
        site, active, title = rest
        body = {"schemas": [CORE], "userName": name, "active": active, "title": title}
        answer = scim.ask("POST", "/Users", body | {EIGHT: {"site": site} if site else {}})
        assert answer.status_code == model.make(name, site, active, title, now), answer.text
        if answer.status_code == 201:
            made = model.user(name)
            model.records.put(f"users/{name}", {**(made or {}), "id": answer.json()["id"]})
    elif user is None or known is None:
        return
    elif kind == "put":
        to, active, title, department = rest
        changes = {
            "userName": to or known,
            "active": active,
            "title": title,
            ENTERPRISE: {"department": department} if department else None,
        }
        answer = scim.put(user["id"], **changes)
        values = {"job_title": title, "department": department}
        expected = model.put(known, to or known, active, values, now)
        assert answer.status_code == expected, answer.text
    elif kind in ("patch", "delete"):
        active = bool(rest and rest[0])
        path = f"/Users/{user['id']}"
        answer = scim.set_active(user["id"], active) if rest else scim.ask("DELETE", path)
        assert answer.status_code == 204
        model.set_active(known, active, now)
    else:
        units = [service["license"] for service in user["services"]]
        step = (
            Step(rest[0], f"users/{known}")
            if kind == "console"
            else Step("license.detach", f"users/{known}", {"license": (*units, "none")[0]})
        )
        _work_in_the_console(scim, model, step)


def _work_in_the_console(scim: ScimCaller, model: Model, step: Step) -> None:
    """Somebody else, in another process, does a step on the same account."""
    try:
        perform(model.records, step, scim.world.now)
    except ConsoleRefusal:
        return
    with scim.world.console.records("change") as records:
        perform(records, step, scim.world.now)


@pytest.mark.slow
@given(requests=st.lists(REQUESTS, max_size=12))
@settings(
    max_examples=60,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
def test_requests_do_what_the_console_does(
    make_world: Callable[..., World], requests: list[tuple[Any, ...]]
) -> None:
    document = acme()
    scim = ScimCaller(make_world(document, speed=0))
    model = Model(scim.world.console.dump())
    for request in requests:
        send(scim, model, request)
        after = scim.world.console.dump()
        assert after["users"] == dict(model.records.sections["users"])
        assert after["licenses"] == dict(model.records.sections["licenses"])
        assert list(faults_of(after)) == []
    shown = scim.get("/Users", count=100)["Resources"]
    assert {u["userName"]: u["active"] for u in shown} == {
        name: user["status"] == "active" for name, user in model.records.sections["users"].items()
    }
