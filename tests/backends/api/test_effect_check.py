"""What became of a step, by the records before it and now."""

from __future__ import annotations

from typing import Any

import pytest

from licsync.backends.api.effect_check import judge_effect, missing_effects
from licsync.model.console.step import Step
from licsync.model.inventory import Record

NAME = "users/ada"


def user(**changes: Any) -> Record:
    services = [
        {"license": "L1", "extension": {"number": "1001", "phone_numbers": ["+12065550101"]}}
    ]
    return {
        "id": "U1",
        "status": "active",
        "job_title": "Clerk",
        "services": services,
        "ring_groups": ["Main"],
    } | changes


def held(*units: str, **extension: Any) -> list[Record]:
    return [{"license": unit, "extension": {"number": "1001", **extension}} for unit in units]


UPDATE = Step("user.update", NAME, {"set": {"job_title": "Lead", "department": "Sales"}})
NUMBERS = Step("user.update", NAME, {"extensions": {"L1": {"phone_numbers": ["+12065550109"]}}})
DETACH = Step("license.detach", NAME, {"license": "L1"})
ATTACH = Step(
    "license.attach",
    NAME,
    {"license": "L2", "service": {"extension": {"number": "1001"}}, "ring_groups": ["Main"]},
)


@pytest.mark.parametrize(
    ("step", "now", "expected"),
    [
        (UPDATE, user(job_title="Lead", department="Sales"), "done"),
        (UPDATE, user(), "undone"),
        (UPDATE, user(job_title="Lead"), "partly"),
        (UPDATE, user(job_title="Lead", department="Sales", status="inactive"), "done"),
        (UPDATE, user(job_title="Lead", status="inactive"), "changed"),
        (UPDATE, user(first_name="Somebody else's"), "changed"),
        (UPDATE, None, "changed"),
        (
            NUMBERS,
            user(services=[*held("L1", phone_numbers=["+12065550109"]), {"license": "DID"}]),
            "done",
        ),
        (NUMBERS, user(services=[*held("L1"), {"license": "DID"}]), "partly"),
        (NUMBERS, user(services=held("L1", voicemail_email="x@y.example")), "changed"),
        (DETACH, user(services=[], ring_groups=[]), "done"),
        (DETACH, user(services=held("L1", number="9")), "partly"),
        (DETACH, user(), "undone"),
        (DETACH, user(job_title="Boss"), "undone"),
        (Step("user.suspend", NAME, {"units": []}), user(status="inactive"), "done"),
        (Step("user.reactivate", NAME, {"units": []}), user(), "done"),
        (Step("user.suspend", NAME, {"units": []}), user(), "undone"),
        (Step("user.delete", NAME), None, "done"),
        (Step("user.delete", NAME), user(), "undone"),
        (Step("user.delete", NAME), user(job_title="Boss"), "changed"),
        (
            Step("numbers.release", NAME, {"extensions": {"L1": ["number"]}}),
            user(services=[{"license": "L1"}]),
            "done",
        ),
    ],
)
def test_what_became_of_a_step(step: Step, now: Record | None, expected: str) -> None:
    assert judge_effect(step, user(), now, "ada") == expected


@pytest.mark.parametrize(
    ("now", "expected"),
    [
        (user(services=held("L2"), ring_groups=["Main"]), "done"),
        (user(services=held("L2"), ring_groups=[]), "partly"),
        (user(services=[{"license": "L2"}], ring_groups=["Main"]), "partly"),
        (user(services=[], ring_groups=[]), "undone"),
        (user(services=[], ring_groups=[], job_title="Boss"), "undone"),
    ],
)
def test_an_attach_is_done_when_everything_is_back(now: Record, expected: str) -> None:
    assert judge_effect(ATTACH, user(services=[], ring_groups=[]), now, "ada") == expected


def test_a_rename_is_recognized_by_the_name() -> None:
    rename = Step("user.rename", NAME, {"to": "ada.lopez"})
    assert judge_effect(rename, user(), user(), "ada.lopez") == "done"
    assert judge_effect(rename, user(), user(), "ada") == "undone"


def test_a_creation_is_done_when_the_user_is_as_asked() -> None:
    create = Step(
        "user.create",
        NAME,
        {"set": {"first_name": "Ada", "email": "Ada@x.example", "job_title": None}},
    )
    assert judge_effect(create, None, None) == "undone"
    assert judge_effect(create, None, {"first_name": "Ada", "email": "ada@x.example"}) == "done"
    assert judge_effect(create, None, {"first_name": "Eva", "email": "ada@x.example"}) == "changed"


def test_missing_effects_are_named() -> None:
    lacking = list(missing_effects(ATTACH, user(services=[], ring_groups=[])))
    assert lacking == ["license L2", "ring group Main", "extension.number"]
    assert list(missing_effects(UPDATE, None)) == ["ada is not there"]
    assert list(missing_effects(DETACH, user())) == ["license L1 is still held"]
    assert list(missing_effects(Step("user.delete", NAME), user())) == ["ada is still there"]
