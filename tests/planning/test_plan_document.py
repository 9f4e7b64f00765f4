"""The plan as a document: read back unchanged, with checksum and digest."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import timedelta
from random import Random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from licsync.diagnostics import Span
from licsync.model.inventory import digest
from licsync.planning.actions import Action, Change, UnitRef
from licsync.planning.plan import Plan, is_sealed, is_tampered, read_other_version
from licsync.planning.plan_document import LedgerRow, canonical, canonical_parts, digest_of_parts
from tests.support.accounts import desired, inventory, unit, user
from tests.support.planning import NOW, planned
from tests.support.random_plans import Account, accounts, shuffled_account
from tests.support.samples import examples

FULL = Plan(
    account="acme",
    backend="local",
    created_at="2026-11-24T12:00:00Z",
    expires_at="2026-12-01T12:00:00Z",
    config_digest="sha256:0",
    actions=[
        Action(
            "user",
            "suspend",
            "users/bo",
            units=("L2",),
            id="a1",
            manual=True,
            steps=("Save the user.",),
            why="so",
            follows="sites/HQ",
            unseen=True,
        ),
        Action(
            "license",
            "downgrade",
            "users/ada",
            UnitRef("L9", "x2", "US"),
            UnitRef("L2", "x4", "US"),
            (
                Change(
                    "extension.features.analytics", "supervisor", "essentials", "automatic", "L9"
                ),
            ),
            kept=("extension.number",),
            lost=("extension.devices",),
            available=("frontdesk",),
            needs=("a1",),
            ring="r1",
            split=True,
            source=Span("users/seattle.yaml", 12),
            consent="file",
            id="a2",
        ),
    ],
    licenses=[
        LedgerRow("x4", "US", 40, 31, 30, 2, 2, 7, 8, 0, 40, {"amount": "28.00", "currency": "USD"})
    ],
    addresses={"seattle": {"city": "Seattle", "country": "US"}},
    saw={"users/ada": "sha256:1", "users/new": None},
    users=412,
    units=431,
    directory="examples/acme",
)


def test_the_document_has_the_form_of_the_contract() -> None:
    document = FULL.to_json()
    assert document["summary"] == {"user.suspend": 1, "license.downgrade": 1}
    assert document["actions"][1] == {
        "id": "a2",
        "kind": "license",
        "verb": "downgrade",
        "resource": "users/ada",
        "license": {"id": "L9", "type": "x2", "country": "US"},
        "from": {"id": "L2", "type": "x4", "country": "US"},
        "changes": [
            {
                "path": "extension.features.analytics",
                "before": "supervisor",
                "after": "essentials",
                "reason": "automatic",
                "license": "L9",
            }
        ],
        "kept": ["extension.number"],
        "lost": ["extension.devices"],
        "available": ["frontdesk"],
        "needs": ["a1"],
        "ring": "r1",
        "split": True,
        "manual": False,
        "source": {"file": "users/seattle.yaml", "line": 12},
        "why": "",
        "consent": "file",
    }
    assert document["actions"][0]["unseen"] is True
    assert document["licenses"][0]["quantity"] == 40


def test_actions_are_counted_by_kind_and_verb_in_a_fixed_order() -> None:
    verbs = [("license", "assign"), ("user", "create"), ("user", "create"), ("policy", "update")]
    plan = Plan("acme", "local", "", "", "", [Action(kind, verb, "x/y") for kind, verb in verbs])
    assert list(plan.summary.items()) == [
        ("user.create", 2),
        ("license.assign", 1),
        ("policy.update", 1),
    ]


def test_an_action_knows_its_name_and_label() -> None:
    action = Action("policy", "update", "policies/Sales/Floor")
    assert (action.name, action.label) == ("Sales/Floor", "policy.update")


@pytest.mark.slow
@settings(deadline=None)
@given(accounts(spare=False))
def test_a_plan_is_read_back_as_it_was_written(account: Account) -> None:
    plan = planned(*account)
    document = json.loads(json.dumps(plan.to_json()))
    assert Plan.from_json(document) == plan
    assert not is_tampered(document)


def test_the_example_is_read_back_as_it_was_written() -> None:
    assert Plan.from_json(FULL.to_json()) == FULL
    assert not is_tampered(FULL.to_json())


# --- the seal -------------------------------------------------------------------------------------


def edits(value: Any) -> Iterator[Any]:
    """Change a document in one place, in every place there is."""
    if isinstance(value, dict):
        for key in value:
            yield {k: v for k, v in value.items() if k != key}
            yield from ({**value, key: other} for other in edits(value[key]))
        yield {**value, "unheard_of": None}
    elif isinstance(value, list):
        for i in range(len(value)):
            yield [*value[:i], *value[i + 1 :]]
            yield from ([*value[:i], other, *value[i + 1 :]] for other in edits(value[i]))
        yield [*value, "more"]
    elif isinstance(value, bool):
        yield from (not value, int(value), None)
    elif isinstance(value, int):
        yield from (value + 1, float(value), str(value))
    elif isinstance(value, str):
        yield from (value + " ", value[:-1] + "\u00e9", None)
    else:
        yield from ("", 0)


def test_a_change_in_any_place_outside_the_directory_is_seen() -> None:
    document = FULL.to_json()
    directory = document.pop("directory")
    altered = [
        other
        for other in edits(document)
        if other != document or json.dumps(other) != json.dumps(document)
    ]
    assert len(altered) > 200
    assert all(is_tampered({**other, "directory": directory}) for other in altered)


def test_the_directory_is_not_sealed() -> None:
    assert not is_tampered({**FULL.to_json(), "directory": "/elsewhere"})
    document = FULL.to_json()
    del document["directory"]
    assert is_tampered(document)
    assert is_tampered({**document, "directory": 7})


@pytest.mark.parametrize(
    "document", [{}, [], None, "plan", 3, {"actions": 3}, {**FULL.to_json(), "addresses": ["ab"]}]
)
def test_a_document_that_is_not_a_plan_counts_as_altered(document: Any) -> None:
    assert is_tampered(document)


# --- the digest -----------------------------------------------------------------------------------

SOME = (desired({"ada": {"licenses": ["x2"]}}), inventory({"L1": unit()}, {"ada": user()}))


def resealed(document: dict[str, Any]) -> dict[str, Any]:
    """Seal a document as another version would, in which digests had another meaning."""
    other = {**document, "digest": digest("another meaning")}
    content = {k: v for k, v in other.items() if k not in ("digest", "checksum", "directory")}
    return {**other, "checksum": digest_of_parts(canonical_parts(content))}


@pytest.mark.parametrize(
    ("more", "is_known"),
    [({}, True), ({"weather": "rain"}, False), ({"actions": [{}]}, False), ({"saw": 7}, False)],
)
def test_a_plan_of_another_version_is_read_if_all_its_parts_are_known(
    more: dict[str, Any], is_known: bool
) -> None:
    document = resealed({**FULL.to_json(), **more})
    assert is_tampered(document)
    assert is_sealed(document)
    assert read_other_version(document) == (FULL if is_known else None)


def test_equal_plans_have_equal_digests_whenever_and_wherever_they_were_made() -> None:
    one = planned(*SOME)
    later = planned(*SOME, now=NOW + timedelta(hours=3), directory="/elsewhere")
    assert later.created_at != one.created_at
    assert later.digest == one.digest


def test_another_plan_has_another_digest() -> None:
    other = planned(desired({"ada": {"licenses": ["x2"], "department": "Ops"}}), SOME[1])
    assert other.digest != planned(*SOME).digest


def test_a_plan_of_other_files_that_does_the_same_has_the_same_digest() -> None:
    other = desired({"ada": {"licenses": ["x2"]}})
    other.digest = "sha256:other"
    assert planned(other, SOME[1]).digest == planned(*SOME).digest
    assert planned(other, SOME[1]).to_json()["checksum"] != planned(*SOME).to_json()["checksum"]


def test_a_plan_can_be_applied_for_seven_days() -> None:
    plan = planned(*SOME)
    assert (plan.created_at, plan.expires_at) == ("2026-11-24T12:00:00Z", "2026-12-01T12:00:00Z")


def test_a_plan_says_how_large_the_inventory_was() -> None:
    assert (planned(*SOME).users, planned(*SOME).units) == (1, 1)


# --- determinism ----------------------------------------------------------------------------------


@pytest.mark.slow
@examples(60)
@given(accounts(spare=False), st.randoms(use_true_random=False))
def test_the_order_of_files_keys_and_rows_changes_no_byte(account: Account, random: Random) -> None:
    one, other = planned(*account), planned(*shuffled_account(account, random))
    assert json.dumps(other.to_json()) == json.dumps(one.to_json())


def test_the_keys_of_nested_values_are_in_order() -> None:
    assert (
        json.dumps(canonical([{"b": 1, "a": {"d": 2, "c": [3]}}]))
        == '[{"a": {"c": [3], "d": 2}, "b": 1}]'
    )
    assert list(Change("x", {"b": 1, "a": 2}, None).before) == ["a", "b"]


# --- what a plan saw ------------------------------------------------------------------------------


def test_a_plan_remembers_what_it_saw_of_every_record_it_touches() -> None:
    there = inventory(
        {"L1": unit(), "L2": unit("x4"), "L3": unit()}, {"ada": user(["L2"]), "bo": user()}
    )
    wanted = desired({"ada": {"licenses": ["x2"]}, "new": {"site": "HQ"}}, policies={"Sales": {}})
    seen = planned(wanted, there).saw
    assert seen.keys() == {
        *("users/ada", "users/new", "licenses/L1", "licenses/L2", "policies/Sales"),
        *("sites/HQ", "policies/8x8 Master User Template"),
    }
    assert (seen["users/new"], seen["policies/Sales"]) == (None, None)
    there.users["ada"]["department"] = "Ops"
    again = planned(wanted, there).saw
    assert {key for key in seen if seen[key] != again[key]} == {"users/ada"}


@pytest.mark.slow
@given(
    st.dictionaries(
        st.text(), st.recursive(st.none() | st.integers() | st.text(), st.lists, max_leaves=5)
    )
)
def test_a_digest_of_parts_is_the_digest_of_the_whole(content: dict[str, Any]) -> None:
    assert digest_of_parts(canonical_parts(content)) == digest(content)


def test_a_plan_is_written_as_its_document() -> None:
    assert json.loads(FULL.document()) == canonical(FULL.to_json())


@pytest.mark.parametrize("doc", [None, [], {}, {"directory": 7}])
def test_what_is_no_plan_document_is_not_sealed(doc: object) -> None:
    assert not is_sealed(doc)
