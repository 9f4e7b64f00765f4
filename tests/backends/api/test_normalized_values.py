"""Values that 8x8 normalizes: the change counts as done, is reported, and is not planned again."""

from __future__ import annotations

import html
import json
from collections.abc import Callable

import pytest

from licsync.engine.events import ActionDone, Event
from tests.support.api_simulation import ApiWorld, document
from tests.support.normalizing_vendor import Document, Tidy, Tidying

ADA, NEW = "ada@acme.example", "nia@acme.example"


def world_of(tidy: Tidy) -> ApiWorld:
    content = document({ADA: {"type": "x2"}}, {"x2": ["M1"], "local-number": ["N1", "N2"]})
    return ApiWorld(content, network=lambda app: Tidying(app, tidy))


def of(part: str, name: str, change: Callable[[str], str]) -> Tidy:
    def tidy(user: Document) -> None:
        if isinstance(user[part].get(name), str):
            user[part][name] = change(user[part][name])

    return tidy


SPELLINGS: dict[str, tuple[str, str, Tidy]] = {
    "spaces": (
        "job_title",
        " Sales  Rep ",
        of("directoryInfo", "jobTitle", lambda v: " ".join(v.split())),
    ),
    "small letters": ("job_title", "Sales Rep", of("directoryInfo", "jobTitle", str.lower)),
    "capitals": ("department", "Research", of("directoryInfo", "department", str.upper)),
    "titles": ("first_name", "nia marie", of("basicInfo", "firstName", str.title)),
    "entities": ("job_title", "R&D <all>", of("directoryInfo", "jobTitle", html.escape)),
    "cut": (
        "job_title",
        "Regional Account Executive",
        of("directoryInfo", "jobTitle", lambda v: v[:16]),
    ),
    "cut at a space": (
        "job_title",
        "Regional Account Executive",
        of("directoryInfo", "jobTitle", lambda v: v[:9]),
    ),
    "mail": ("email", "Nia.Brooks@ACME.example", of("basicInfo", "primaryEmail", str.lower)),
    "locale": ("locale", "en-GB", of("basicInfo", "locale", lambda v: v.replace("-", "_"))),
    "locale in small letters": ("locale", "en-GB", of("basicInfo", "locale", str.lower)),
    "zone": (
        "timezone",
        "America/Los_Angeles",
        of("basicInfo", "timezone", lambda v: "US/Pacific"),
    ),
}


@pytest.mark.slow
@pytest.mark.parametrize("existing", [True, False], ids=["changed", "created"])
@pytest.mark.parametrize(("path", "value", "tidy"), SPELLINGS.values(), ids=SPELLINGS.keys())
def test_a_normalized_value_counts_as_done_and_is_not_planned_again(
    path: str, value: str, tidy: Tidy, existing: bool
) -> None:
    world = world_of(tidy)
    name = ADA if existing else NEW
    base = {} if existing else {"first_name": "Nia", "last_name": "Brooks", "site": "HQ"}
    held = {"licenses": [{"type": "x2", "country": "US"}]} if path != "locale" else {}
    wanted = {name: {**base, path: value, **held}}
    events: list[Event] = []
    began = world.clock()
    outcome = world.apply(world.plan(wanted), listener=events.append)
    assert outcome.is_complete
    assert (world.clock() - began).total_seconds() < 40
    output = [note for event in events if isinstance(event, ActionDone) for note in event.notes]
    assert len(output) == 1
    if path != "email":
        assert repr(value) in output[0]
    assert world.plan(wanted).actions == []
    kept = world.backend.inventory()  # as it is kept for the next process
    world.declared = type(kept).from_document(json.loads(json.dumps(kept.to_document())))
    world.backend = world.client()
    assert world.plan(wanted).actions == []
    world.close()


def test_entities_do_not_grow_with_each_change() -> None:
    world = world_of(of("directoryInfo", "jobTitle", html.escape))
    for entry in ({"job_title": "R&D"}, {"department": "Sales"}, {"department": "Support"}):
        assert world.apply(world.plan({ADA: entry})).is_complete
    assert world.truth().users[ADA]["job_title"] == "R&D"
    world.close()


def test_another_value_is_planned_where_one_was_stored_tidied() -> None:
    world = world_of(of("directoryInfo", "jobTitle", str.lower))
    for title in ("Sales Rep", "Boss"):
        assert world.apply(world.plan({ADA: {"job_title": title}})).is_complete
        assert world.plan({ADA: {"job_title": title}}).actions == []
    assert [a.verb for a in world.plan({ADA: {"job_title": "Sales Rep"}}).actions] == ["update"]
    world.close()


def test_letters_of_another_case_are_a_change_that_is_written() -> None:
    world = world_of(lambda user: None)
    for title in ("sales rep", "Sales Rep"):
        assert world.apply(world.plan({ADA: {"job_title": title}})).is_complete
        assert world.truth().users[ADA]["job_title"] == title
    world.close()


def test_case_that_the_vendor_never_stores_ends_all_the_same() -> None:
    world = world_of(of("directoryInfo", "jobTitle", str.lower))
    assert world.apply(world.plan({ADA: {"job_title": "clerk"}})).is_complete
    assert world.apply(world.plan({ADA: {"job_title": "Clerk"}})).is_complete
    assert world.plan({ADA: {"job_title": "Clerk"}}).actions == []
    world.close()


def test_a_user_that_is_made_is_never_called_refused() -> None:
    world = world_of(of("directoryInfo", "jobTitle", lambda v: "Something else"))
    plan = world.plan(
        {NEW: {"first_name": "Nia", "last_name": "Brooks", "site": "HQ", "job_title": "Clerk"}}
    )
    events: list[Event] = []
    outcome = world.apply(plan, listener=events.append)
    assert outcome.done == [plan.actions[0].id]
    (note,) = [note for event in events if isinstance(event, ActionDone) for note in event.notes]
    assert note == "job title 'Clerk' is stored as 'Something else'"
    world.close()


def numbers_sorted(user: Document) -> None:
    for extension in user["serviceInfo"]["extensions"]:
        extension["phoneNumbers"].sort(key=lambda row: (not row["primary"], row["phoneNumber"]))
        extension["voicemailEmail"] = (extension.get("voicemailEmail") or "").lower() or None


def test_further_numbers_and_voicemail_addresses_come_back_in_any_form() -> None:
    world = world_of(numbers_sorted)
    extension = {
        "number": "1001",
        "phone_numbers": ["+12065550109", "+12065550108", "+12065550107"],
        "voicemail_email": "Ada.Lopez@ACME.example",
    }
    wanted = {ADA: {"licenses": [{"type": "x2", "country": "US", "extension": extension}]}}
    assert world.apply(world.plan(wanted)).is_complete
    assert world.plan(wanted).actions == []
    other = {**extension, "phone_numbers": ["+12065550108", "+12065550109", "+12065550107"]}
    assert world.plan(
        {ADA: {"licenses": [{"type": "x2", "country": "US", "extension": other}]}}
    ).actions
    world.close()
