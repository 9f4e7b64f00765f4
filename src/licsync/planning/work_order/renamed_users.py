"""Finds whoever got another new name than a work order says."""

from __future__ import annotations

from collections.abc import Container

from licsync.model.inventory import Inventory, services_of


def renamed_otherwise(
    before: Inventory | None, after: Inventory, former: str, named: Container[str]
) -> str:
    """Find the user who was renamed, but not to the name of the work order.

    It is somebody new who has a license or the e-mail address of the user who is gone.

    Args:
        before: the account when the order was made; None if it is unknown.
        after: the account now.
        former: the name of the user before.
        named: the resources that the work order names. Their users are somebody else.

    Returns:
        the name that the user has now; empty if nobody is known to be the same person.
    """
    if before is None or former.casefold() not in before.user_names:
        return ""
    record = before.users[before.user_names[former.casefold()]]
    units = {service["license"] for service in services_of(record)}
    email = (record.get("email") or "").casefold()
    for name in sorted(after.users.keys() - before.users.keys()):
        if f"users/{name}" in named:
            continue
        user = after.users[name]
        held = {service["license"] for service in services_of(user)}
        if held & units or (email and (user.get("email") or "").casefold() == email):
            return name
    return ""
