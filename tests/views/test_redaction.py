"""Masked plans: no number, email or address is left, and an approver still sees each change."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from licsync.config.catalog import load_catalog
from licsync.diagnostics import Code, error
from licsync.model.fields import PhoneNumber
from licsync.planning.actions import Action, Change
from licsync.planning.plan import Plan, is_tampered
from licsync.views.json_documents import plan_json
from licsync.views.plan.markdown import plan_markdown
from licsync.views.plan.text import plan_text
from licsync.views.redaction import mask, redact_diagnostics, redact_plan
from licsync.web.report import plan_html
from tests.support.manual_orders import runbook, runbook_html

CATALOG = load_catalog()
SECRETS = (
    "12065550101",
    "0147",
    "home.example",
    "acme.example",
    "Pine",
    "98101",
    "0a1b2c3d4e5f",
    "Penthouse",
)
ADDRESS = {
    "street_number": "500", "street_name": "Pine St", "secondary_location": "Penthouse",
    "city": "Seattle", "postal": "98101", "country": "US",
}  # fmt: skip


def plan() -> Plan:
    """A plan with something to mask in every place."""
    user = "users/ada@acme.example"
    output = "Call +1 206 555 0147 or (206) 555-0147 at 500 Pine St, or write to ada@home.example."
    changes = [
        Change("email", "ada@home.example", "ada@acme.example"),
        Change("extension.number", "1001", "1002"),
        Change("extension.phone_numbers", ["+12065550101"], None),
        Change(
            "extension.call_forwarding",
            [],
            [{"when": "busy", "to": "12065550101"}, {"when": "always", "to": "1002"}],
        ),
        Change("extension.voicemail_email", "ada@home.example", ""),
        Change(
            "extension.devices", None, [{"model": "Yealink T54W", "mac_address": "0a1b2c3d4e5f"}]
        ),
    ]
    new = [Change(field, None, value) for field, value in ADDRESS.items()]
    return Plan(
        "acme", "local", "2026-11-24T09:00:00Z", "2026-12-01T09:00:00Z",
        "sha256:" + "1234567890" * 6,
        actions=[
            Action("service_address", "create", "service_addresses/seattle", changes=new, id="a1"),
            Action("user", "update", user, changes=changes, why=output, steps=[output], manual=True,
                   id="a2"),
        ],
        diagnostics=[error(Code.INVALID_VALUE, output, hint=output)],
        addresses={"seattle": ADDRESS},
        saw={user: "sha256:" + "0" * 64},
        directory="accounts/acme",
    )  # fmt: skip


def views(shown: Plan) -> dict[str, str]:
    return {
        "json": plan_json(shown),
        "text": plan_text(shown, CATALOG),
        "verbose": plan_text(shown, CATALOG, verbose=True),
        "markdown": plan_markdown(shown, CATALOG),
        "html": plan_html(shown, CATALOG),
        "runbook": runbook(shown, CATALOG),
        "work order": runbook_html(shown, CATALOG),
    }


@pytest.mark.parametrize("view", views(plan()))
def test_no_view_of_a_masked_plan_holds_what_is_masked(view: str) -> None:
    plain, masked = views(plan())[view], views(redact_plan(plan()))[view]
    assert any(secret in plain for secret in SECRETS)
    assert [secret for secret in SECRETS if secret in masked] == []
    assert "ada@…" in masked


def test_text_that_is_not_an_address_is_not_masked() -> None:
    shown = redact_plan(plan())
    assert shown.digest == plan().digest
    assert shown.addresses == {"seattle": {"country": "US"}}
    address, update = shown.actions
    assert {c.path: c.after for c in address.changes}["country"] == "US"
    changes = {c.path: (c.before, c.after) for c in update.changes}
    assert changes["extension.number"] == ("1001", "1002")
    assert changes["extension.phone_numbers"] == (["+…01"], None)
    assert changes["extension.call_forwarding"][1][1] == {"when": "always", "to": "1002"}
    assert changes["extension.voicemail_email"] == ("ada@…", "")
    assert changes["extension.devices"][1] == [{"model": "Yealink T54W", "mac_address": "…"}]


def test_a_masked_plan_cannot_be_applied() -> None:
    document: dict[str, Any] = json.loads(plan_json(redact_plan(plan())))
    assert document["digest"] == plan().digest
    assert is_tampered(document)


def test_a_plan_with_nothing_to_mask_stays_as_it_is() -> None:
    bare = Plan(
        "acme", "local", "2026-11-24T09:00:00Z", "2026-12-01T09:00:00Z", "sha256:0", users=3
    )
    assert redact_plan(bare).to_json() == bare.to_json()


@given(
    st.from_regex(
        PhoneNumber.__metadata__[0].pattern.replace("$", r"\Z"),
        alphabet=st.characters(codec="ascii"),
    )
)
def test_every_number_in_e_164_form_is_masked(number: str) -> None:
    assert mask(f"calls '{number}'.") == f"calls '+…{number[-2:]}'."


@pytest.mark.parametrize(
    "text",
    [
        "2026-11-24T09:00:00Z",
        "extension 1001",
        "L0102",
        "12 users",
        "users/sales.yaml:12:5",
        "sha256:12345678901234",
        "a @ b",
    ],
)
def test_text_that_is_not_a_number_is_not_masked(text: str) -> None:
    assert mask(text) == text


def test_diagnostics_are_masked() -> None:
    (shown,) = redact_diagnostics(plan().diagnostics)
    assert "0147" not in shown.message
    assert "home.example" not in (shown.hint or "")


@pytest.mark.parametrize(
    ("message", "masked"),
    [
        (
            "licenses[0].extension.phone_numbers[0] of user 'ada' is '020 79', but must be a phone"
            " number.",
            "licenses[0].extension.phone_numbers[0] of user 'ada' is '…', but must be a phone"
            " number.",
        ),
        (
            "postal of service address 'hq' is a list, but must be text.",
            "postal of service address 'hq' is '…', but must be text.",
        ),
        (
            "User 'ada': 'services.0.extension.voicemail_email' is 'ada', but must be an e-mail"
            " address (/users).",
            "User 'ada': 'services.0.extension.voicemail_email' is '…', but must be an e-mail"
            " address (/users).",
        ),
        (
            "status of user 'ada' is 'on', but must be one of active, inactive.",
            "status of user 'ada' is 'on', but must be one of active, inactive.",
        ),
    ],
)
def test_the_wrong_value_of_a_sensitive_field_is_masked(message: str, masked: str) -> None:
    (found,) = redact_diagnostics([error(Code.INVALID_VALUE, message, None, "Write '020 79'.")])
    assert found.message == masked
    assert found.hint == (None if masked != message else "Write '020 79'.")
