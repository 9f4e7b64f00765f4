"""An account of users of whom most are settled, in files and as an inventory."""

from __future__ import annotations

from typing import Any

ACCOUNT = {
    "account": {
        "name": "quick",
        "backend": {"type": "local", "seed": "inventory.json"},
        "protected_users": ["u03@quick.example"],
    },
    "service_addresses": {
        slug: {
            "street_name": "Pine St",
            "street_number": number,
            "city": "Seattle",
            "postal": "98101",
            "country": "US",
        }
        for slug, number in (("north", "1"), ("south", "2"))
    },
    "sites": {"North": {"service_address": "north"}, "South": {"service_address": "south"}},
    "licenses": [{"type": "x2", "country": "US", "price": {"amount": "10", "currency": "USD"}}],
    "templates": {"sales": {"department": "Sales", "policy": "8x8 Master User Template"}},
}
Tree = dict[str, Any]


def name(index: int) -> str:
    return f"u{index:02}@quick.example"


def wish(index: int) -> Tree:
    """What the files say of a user: most of it as in `record`."""
    kind, site = ("x2", "x4")[index % 2], ("North", "South")[index % 3 == 0]
    numbers = {"number": f"{1000 + index}", "phone_numbers": [f"+1206555{index:04}"]}
    user: Tree = {"first_name": "Ada", "last_name": "Lovelace", "site": site}
    user |= (
        {"template": "sales"}
        if index % 4
        else {"email": name(index).upper(), "timezone": "America/Los_Angeles"}
    )
    return {
        **user,
        "licenses": [kind] if index % 5 == 0 else [{"type": kind, "extension": numbers}],
    }


def inventory() -> Tree:
    """An inventory in which most users are as `wish` says."""
    users, units = {}, {}
    for index in range(24):
        said = wish(index)
        unit, home = f"L{index:02}", {"North": "A1", "South": "A2"}[said["site"]]
        units[unit] = {
            "type": ("x2", "x4")[index % 2],
            "country": "US",
            "service_address": home,
            "status": "assigned",
        }
        units[unit]["user"] = name(index)
        extension = {"number": f"{1000 + index}", "phone_numbers": [f"+1206555{index:04}"]}
        users[name(index)] = {
            "id": f"U{index}", "first_name": "Ada", "last_name": "Lovelace", "email": name(index),
            "status": "active", "site": said["site"], "department": "Sales",
            "policy": "8x8 Master User Template", "timezone": "America/Los_Angeles",
            "services": [{"license": unit, "extension": extension}],
        }  # fmt: skip
    for kind in ("x2", "x4"):
        units |= {
            f"S{kind}{i}": {**units["L00"], "type": kind, "status": "unassigned"} for i in range(3)
        }
    for unit in units.values():
        if unit["status"] == "unassigned":
            del unit["user"]
    addresses = {
        key: ACCOUNT["service_addresses"][slug] for key, slug in (("A1", "north"), ("A2", "south"))
    }
    return {
        "format_version": "1", "account": "quick", "as_of": "2026-11-24T00:00:00Z",
        "service_addresses": addresses,
        "sites": {site: {"service_address": home} for site,
                  home in (("North", "A1"), ("South", "A2"))},
        "policies": {"8x8 Master User Template": {"settings": {}}}, "licenses": units,
        "users": users,
    }  # fmt: skip
