"""A small account in which somebody works, and what an inventory then shows of the work order."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from copy import deepcopy
from typing import Any

from licsync.model.inventory import Inventory
from licsync.planning.work_order.progress import ItemRecord, Progress
from licsync.planning.work_order.records import Expectation, WorkItem
from licsync.planning.work_order.verification import Verification, VerifiedItem
from tests.support.accounts import inventory, unit, user
from tests.support.work_orders import ADA, BO, an_item, an_order, expect

DAY = "2026-11-25T09:00:00Z"


BEFORE = "2026-11-23T09:00:00Z"


NEW = "new.hire@acme.example"


NUMBERS = ["+12065550101", "+12065550102", "+12065550103"]


def world() -> Inventory:
    """Ada holds an X4 and bo an X2; an X2 in New York is free."""
    units = {"L1": unit("x4"), "L2": unit("x2"), "L3": unit("x2"), "L4": unit("x2"), "L5": unit()}
    extension = {"number": "1001", "phone_numbers": NUMBERS, "voicemail_email": ADA}
    users = {
        ADA: user({"L1": extension}, site="HQ", job_title="Sales", email=ADA),
        BO: user({"L2": {"number": "1002"}}, site="HQ"),
    }
    return inventory(units, users)


def names_of(address: str | None) -> Sequence[str]:
    return {"A1": ("7 W 34th St", "new-york", "A1"), "A2": ("500 Pine St", "seattle", "A2")}.get(
        address or "", ()
    )


def verify(
    item: WorkItem | Sequence[WorkItem],
    now: Inventory,
    *records: ItemRecord,
    seen: Mapping[str, str] | None = None,
    before: Inventory | None = None,
) -> list[VerifiedItem]:
    items = [item] if isinstance(item, WorkItem) else item
    progress = Progress(an_order(*items), records)

    def observed_at(section: str, path: str) -> str | None:
        return DAY if seen is None else seen.get(f"{section}.{path}" if path else section)

    return Verification(progress, now, observed_at, names_of, before).items()


def finding(item: WorkItem, now: Inventory, *records: ItemRecord, **options: Any) -> str:
    [verified] = verify(item, now, *records, **options)
    return verified.finding


def changed(edit: Any = lambda now: None) -> Inventory:
    """The account after somebody worked in the console."""
    now = deepcopy(world())
    edit(now)
    return now


def hold(now: Inventory, name: str, *units: str) -> None:
    """Let a user hold exactly these units; those that it had are free."""
    for service in now.users[name]["services"]:
        now.licenses[service["license"]] = unit(now.licenses[service["license"]]["type"])
    for held in units:
        now.licenses[held] |= {"status": "assigned", "user": name}
    extension = {"number": "1001"}
    now.users[name]["services"] = [{"license": held, "extension": extension} for held in units]


def set_value(name: str, path: str, value: object) -> Any:
    def edit(now: Inventory) -> None:
        if path.startswith("extension."):
            extension = now.users[name]["services"][0]["extension"]
            extension[path.removeprefix("extension.")] = value  # type: ignore[literal-required]
        else:
            now.users[name][path] = value  # type: ignore[literal-required]

    return edit


def create(now: Inventory, name: str = NEW) -> None:
    now.users[name] = user({"L5": {"number": "1009"}}, site="HQ")
    now.licenses["L5"] |= {"status": "assigned", "user": name}


def delete(now: Inventory) -> None:
    hold(now, ADA)
    del now.users[ADA]


def rename(now: Inventory, name: str = NEW) -> None:
    now.users[name] = now.users.pop(ADA)
    now.licenses["L1"]["user"] = name


def assign_twice(now: Inventory) -> None:
    hold(now, ADA, "L3", "L4")


KINDS: dict[str, tuple[WorkItem, Any, Any]] = {
    "suspend": (
        an_item("i1", expect(ADA, "status", "active", "inactive")),
        set_value(ADA, "status", "inactive"),
        set_value(ADA, "status", "blocked"),
    ),
    "downgrade": (
        an_item("i1", expect(ADA, "licenses", ["x4:US"], ["x2:US"])),
        lambda now: hold(now, ADA, "L4"),
        assign_twice,
    ),
    "unassign": (
        an_item("i1", expect(ADA, "licenses", ["x4:US"], [])),
        lambda now: hold(now, ADA),
        lambda now: hold(now, ADA, "L3"),
    ),
    "move": (
        an_item("i1", expect(ADA, "site", "HQ", "Seattle")),
        set_value(ADA, "site", "Seattle"),
        set_value(ADA, "site", "London"),
    ),
    "address": (
        an_item("i1", expect(ADA, "service_address", "7 W 34th St", "seattle")),
        lambda now: now.licenses["L1"].update(service_address="A2"),
        lambda now: now.licenses["L1"].update(service_address=None),
    ),
    "number": (
        an_item("i1", expect(ADA, "extension.number", "1001", "1005")),
        set_value(ADA, "extension.number", "1005"),
        set_value(ADA, "extension.number", "1006"),
    ),
    "feature": (
        an_item("i1", expect(ADA, "extension.features.analytics", None, "supervisor")),
        set_value(ADA, "extension.features", {"analytics": "supervisor"}),
        None,
    ),
    "create": (
        an_item(
            "i1",
            expect(NEW, "exists", False, True),
            expect(NEW, "licenses", None, ["x2:US"]),
            expect(NEW, "site", None, "HQ"),
        ),
        create,
        lambda now: (create(now), now.users[NEW].update(site="Seattle")),
    ),
    "delete": (
        an_item("i1", expect(ADA, "exists", True, False)),
        delete,
        None,
    ),
    "rename": (
        an_item("i1", expect(NEW, "name", ADA, NEW)),
        rename,
        None,
    ),
    "policy": (
        an_item("i1", Expectation("policies/Sales", "exists", False, True), kind="resource"),
        lambda now: now.policies.update({"Sales": {"settings": {"disable_sms": True}}}),
        None,
    ),
    "setting": (
        an_item(
            "i1",
            Expectation("policies/Sales", "exists", False, True),
            Expectation("policies/Sales", "settings.disable_sms", None, True),
        ),
        lambda now: now.policies.update({"Sales": {"settings": {"disable_sms": True}}}),
        lambda now: now.policies.update({"Sales": {"settings": {"disable_sms": False}}}),
    ),
    "site": (
        an_item("i1", Expectation("sites/HQ", "service_address", "new-york", "seattle")),
        lambda now: now.sites["HQ"].update(service_address="A2"),
        lambda now: now.sites["HQ"].update(service_address="A3"),
    ),
    "a new address": (
        an_item("i1", Expectation("service_addresses/seattle", "exists", True, False)),
        lambda now: now.service_addresses.pop("A2"),
        None,
    ),
    "reinstate": (
        an_item("i1", Expectation("licenses/L5", "status", "unassigned", "suspended")),
        lambda now: now.licenses["L5"].update(status="suspended"),
        lambda now: now.licenses["L5"].update(status="assigned"),
    ),
}
