"""What a user keeps when one step detaches a license and a later step attaches another."""

from __future__ import annotations

from collections.abc import Mapping
from copy import deepcopy

from licsync.model.console.records import set_value
from licsync.model.console.step import Step
from licsync.model.inventory import Record, as_user, services_of
from licsync.model.inventory_document import InventoryUser


def complete_attach(step: Step, before: Mapping[str, Record | None]) -> Step:
    """Complete an attach with what the user had before the license `origin` was detached.

    It restores what the old license carried, with the wanted `changes`: the extension and
    whatever else the service has, its place among the user's services, ring groups and call queues
    (design, section 4).

    Args:
        step: a `license.attach` with `license`, `origin`, `changes`, perhaps `service_address`, and
            `detached`: units that went with `origin` and stay detached, or come automatically.
        before: the records that the detaching step touched, as they were before it.
    """
    args = step.args.copy()
    origin, changes, gone = args.pop("origin"), args.pop("changes"), args.pop("detached", ())
    user: InventoryUser = as_user(before[step.target]) or {}
    services = [s for s in services_of(user) if s["license"] not in gone]
    at = next(i for i, service in enumerate(services) if service["license"] == origin)
    service = deepcopy(services[at])
    extension: dict[str, object] = {**(service.pop("extension", {}) or {})}
    for path, value in changes.items():
        set_value(extension, path, value)
    args["service"] = {**service, "extension": extension} if extension else service
    args["at"] = at
    if user.get("ring_groups"):
        args["ring_groups"] = user["ring_groups"]
    if user.get("call_queues"):
        args["call_queues"] = user["call_queues"]
    return Step("license.attach", step.target, args)
