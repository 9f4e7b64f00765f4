"""A setting that means nothing for the type of the backend is not ignored silently."""

from __future__ import annotations

from typing import Any

import pytest

from licsync.diagnostics import Diagnostic
from licsync.planning.validation.validate import check
from tests.support.desired_states import NOW, desired


def found(backend: dict[str, Any]) -> list[Diagnostic]:
    state = desired(account={"backend": backend})
    return [d for d in check(state, None, now=NOW) if "has no effect" in d.message]


CONSOLE = {
    "type": "console",
    "scim": True,
    "bulk_upload": "template.csv",
    "inventory_max_age": "7d",
    "customer_id": "0012J00042NkZQIQA3",
    "seed": "inventory.json",
}
API = {
    "type": "8x8",
    "settle_seconds": 5,
    "operations_at_once": 2,
    "changes_users": False,
    "customer_id": "0012J00042NkZQIQA3",
}


@pytest.mark.parametrize("backend", [CONSOLE, API])
def test_settings_of_the_backend_in_use_are_accepted(backend: dict[str, Any]) -> None:
    assert found(backend) == []


@pytest.mark.parametrize("backend", [CONSOLE, API])
def test_the_sandbox_may_keep_what_belongs_elsewhere(backend: dict[str, Any]) -> None:
    assert found({**backend, "type": "local"}) == []


def test_settings_of_the_console_have_no_effect_on_the_api() -> None:
    diagnostics = found({**CONSOLE, "type": "8x8"})
    assert [d.message.split("'")[1] for d in diagnostics] == [
        "bulk_upload",
        "inventory_max_age",
        "scim",
    ]
    assert {d.severity for d in diagnostics} == {"warning"}
    assert diagnostics[0].message == (
        "'bulk_upload' has no effect: the type of the backend is '8x8'."
    )
    assert diagnostics[0].hint == "Remove it, or write type: console."
    assert diagnostics[0].span is not None
    assert diagnostics[0].span.file == "account/backend/bulk_upload"


def test_settings_of_the_api_have_no_effect_in_the_console() -> None:
    diagnostics = found({**API, "type": "console"})
    assert len(diagnostics) == 3
    assert {d.hint for d in diagnostics} == {"Remove it, or write type: 8x8."}
