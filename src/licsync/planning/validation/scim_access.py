"""Says what licsync may do over SCIM.

8x8 lets one SCIM client write (domain.md, 9). If users belong to an identity provider, it is that.
"""

from __future__ import annotations

from collections.abc import Iterator

from licsync.diagnostics import Code, Diagnostic, info
from licsync.model.account_declarations import BackendSettings
from licsync.model.capabilities import ScimAccess
from licsync.model.desired import Desired
from licsync.model.inventory import Inventory


def scim_access(settings: BackendSettings, inventory: Inventory | None) -> ScimAccess:
    """Say what licsync may do over SCIM.

    Args:
        settings: the account's `backend` section.
        inventory: the inventory; None if there never was one.
    """
    if not settings.get("scim"):
        return "none"
    return "read" if identity_provider(inventory) else "write"


def identity_provider(inventory: Inventory | None) -> str | None:
    """Name the identity provider that users belong to; None if there is none."""
    users = inventory.users.values() if inventory is not None else ()
    return next((provider for user in users if (provider := user.get("scim_provider"))), None)


def scim_diagnostics(desired: Desired, inventory: Inventory | None) -> Iterator[Diagnostic]:
    """Say that licsync only reads over SCIM, if the files ask for it and a provider writes."""
    settings = desired.account.get("backend") or {}
    if scim_access(settings, inventory) == "read":
        provider = identity_provider(inventory)
        message = (
            f"licsync only reads over SCIM: users belong to {provider}, and 8x8 lets one SCIM "
            "client write."
        )
        place = desired.where("account", "backend", "scim")
        hint = f"Change users at {provider}, or in 8x8's Admin Console as the plan says."
        yield info(Code.IDENTITY_PROVIDER, message, place, hint)
