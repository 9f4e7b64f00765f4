"""What licsync may do over SCIM: nothing, read, or write."""

from __future__ import annotations

from typing import Any

import pytest

from licsync.diagnostics import Code, Severity
from licsync.model.inventory import Inventory
from licsync.planning.validation.scim_access import scim_access, scim_diagnostics
from tests.support.desired_states import desired

OWN = Inventory("acme", "", users={"ada": {"status": "active"}})
THEIRS = Inventory("acme", "", users={"ada": {}, "bo": {"scim_provider": "okta"}})


@pytest.mark.parametrize("settings", [{}, {"scim": False}])
@pytest.mark.parametrize("inventory", [None, OWN, THEIRS])
def test_without_scim_in_the_files_there_is_no_access(
    settings: dict[str, Any], inventory: Inventory | None
) -> None:
    assert scim_access(settings, inventory) == "none"


@pytest.mark.parametrize("settings", [{"scim": True}, {"scim": {"url": "https://x.8x8.com/"}}])
def test_licsync_writes_unless_users_belong_to_an_identity_provider(
    settings: dict[str, Any],
) -> None:
    assert scim_access(settings, None) == "write"
    assert scim_access(settings, OWN) == "write"
    assert scim_access(settings, THEIRS) == "read"


def test_users_of_an_identity_provider_are_named_as_read_only() -> None:
    wanted = desired(account={"backend": {"type": "console", "scim": True}})
    (found,) = scim_diagnostics(wanted, THEIRS)
    assert (found.code, found.severity) == (Code.IDENTITY_PROVIDER, Severity.INFO)
    assert "users belong to okta" in found.message
    assert list(scim_diagnostics(wanted, OWN)) == []
    assert list(scim_diagnostics(desired(account={}), THEIRS)) == []
