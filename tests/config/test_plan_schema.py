"""Every plan is a document of its schema, and the schema refuses plans of another shape."""

from __future__ import annotations

import json
from dataclasses import replace
from functools import cache
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft7Validator

from licsync.config.json_schema import plan_schema
from licsync.diagnostics import Code, Severity, Span, error, info
from licsync.model.capabilities import VERBS
from licsync.planning.actions import Action, Change, UnitRef
from licsync.planning.plan import Plan
from licsync.planning.plan_document import LedgerRow
from tests.support.samples import examples

SCALAR = st.none() | st.booleans() | st.integers(-(10**12), 10**12) | st.text(max_size=8)
WORD = st.text(min_size=1, max_size=6)
UNIT = st.builds(UnitRef, st.none() | WORD, WORD, WORD)
PLACE = st.builds(Span, WORD, st.integers(1, 99), st.integers(1, 99))
CHANGE = st.builds(Change, WORD, SCALAR, SCALAR, WORD, st.none() | WORD)
DIAGNOSTIC = st.sampled_from(
    [
        info(Code.ORDER_MORE, "m"),
        error(Code.LIMIT_EXCEEDED, "m", Span("f", 2, 3), "do it", [Span("g")]),
        replace(info(Code.MANUAL_STEP, "m"), severity=Severity.WARNING),
    ]
)
ACTION = st.sampled_from([(k, v) for k, verbs in VERBS.items() for v in verbs]).flatmap(
    lambda label: st.builds(
        Action,
        kind=st.just(label[0]),
        verb=st.just(label[1]),
        resource=WORD,
        license=st.none() | UNIT,
        origin=st.none() | UNIT,
        changes=st.lists(CHANGE, max_size=2),
        kept=st.lists(WORD, max_size=2),
        needs=st.lists(WORD, max_size=2),
        ring=st.none() | WORD,
        manual=st.booleans(),
        steps=st.lists(WORD, max_size=2),
        source=st.none() | PLACE,
        units=st.lists(WORD, max_size=2),
        id=WORD,
    )
)
ROW = st.builds(
    LedgerRow,
    WORD,
    WORD,
    quantity=st.none() | st.integers(0, 9),
    price=st.none() | st.just({"amount": "1", "currency": "USD"}),
)
PLAN = st.builds(
    Plan,
    account=WORD,
    backend=WORD,
    created_at=WORD,
    expires_at=WORD,
    config_digest=WORD,
    actions=st.lists(ACTION, max_size=3),
    licenses=st.lists(ROW, max_size=2),
    diagnostics=st.lists(DIAGNOSTIC, max_size=3),
    addresses=st.dictionaries(WORD, st.just({"country": "US"}), max_size=1),
    saw=st.dictionaries(WORD, st.none() | WORD, max_size=2),
    users=st.integers(0, 9),
    directory=WORD,
)


@cache
def validator() -> Draft7Validator:
    return Draft7Validator(plan_schema(), format_checker=Draft7Validator.FORMAT_CHECKER)


@pytest.mark.slow
@examples(50)
@given(PLAN)
def test_every_plan_is_a_document_of_its_schema(plan: Plan) -> None:
    schema = validator()
    document = json.loads(json.dumps(plan.to_json()))
    assert list(schema.iter_errors(document)) == []
    for key in document:
        assert not schema.is_valid({k: v for k, v in document.items() if k != key}), key
    assert not schema.is_valid({**document, "extra": 1})


def test_a_plan_of_another_shape_is_refused() -> None:
    schema = validator()
    plan = Plan("a", "local", "", "", "", actions=[Action("user", "create", "users/a", id="a1")])
    for path, value in {
        ("actions", 0, "kind"): "users",
        ("actions", 0, "verb"): "explode",
        ("actions", 0, "origin"): None,
        ("actions", 0, "changes"): [{}],
        ("diagnostics",): [{"severity": "fatal", "code": "order-more", "message": ""}],
        ("saw",): [],
        ("format_version",): "2",
    }.items():
        document = plan.to_json()
        place: Any = document
        for step in path[:-1]:
            place = place[step]
        place[path[-1]] = value
        assert not schema.is_valid(document), path
