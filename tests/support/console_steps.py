"""A small account, and random things to do in its console."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

from licsync.model.console.step import Step
from licsync.model.declarations import Extension
from licsync.model.inventory_document import InventoryDocument
from tests.support.accounts import inventory_document, unit, user

ADDRESSES = [
    {"street_name": f"{street} St", "city": "Seattle", "country": "US"}
    for street in ("Pine", "Oak", "Elm")
]


def small_account() -> InventoryDocument:
    """An inventory document in which something of everything happens."""
    kinds = ("x2", "x4", "vcc-agent", "x2", "x4", "x2", "x2")
    removed = {"L5": "2026-11-20T00:00:00Z", "L6": "2026-10-01T00:00:00Z"}
    units = {f"L{n}": unit(kind, removed=removed.get(f"L{n}")) for n, kind in enumerate(kinds)}
    ada: dict[str, Extension | None] = {
        "L0": {"number": "1", "phone_numbers": ["+12065550101"]},
        "L2": None,
    }
    bo: dict[str, Extension | None] = {
        "L1": {"number": "2", "features": {"analytics": "supervisor"}}
    }
    users = {
        "ada": user(ada, id="U1", first_name="Ada", policy=None, ring_groups=["Main"]),
        "bo": user(bo, id="U2", status="inactive", policy="Strict"),
        "cy": user(None, id="U3", site=None, policy=None),
    }
    users["ada"]["services"][0] |= {"vendor": 1}
    return inventory_document(
        units,
        users,
        service_addresses={"A1": ADDRESSES[0], "A2": ADDRESSES[1]},
        sites={
            "HQ": {"service_address": "A1", "pbx": "p1"},
            "Lab": {"service_address": "A2", "pbx": "p1"},
            "Far": {"pbx": "p2"},
        },
        policies={"Strict": {"settings": {"a": True}}},
    )


_names = st.sampled_from(["ada", "bo", "cy", "Ada", "dan", "CY"])
_units = st.sampled_from([f"L{n}" for n in range(8)])
_sites = st.sampled_from(["HQ", "Lab", "Far", "New"])
_policies = st.sampled_from(["Strict", "Loose", "8x8 Master User Template"])
_contents = st.sampled_from([*ADDRESSES, ADDRESSES[0] | {"city": " seattle "}])
_values = {
    "number": st.sampled_from([None, "1", "2", "3"]),
    "phone_numbers": st.sampled_from(
        [[], ["+12065550101"], ["+12065550102", "+12065550103"], ["+12065550103"] * 2]
    ),
    "recording_mode": st.sampled_from([None, "always"]),
    "features.analytics": st.sampled_from([None, "essentials", "supervisor"]),
}
_settings = st.fixed_dictionaries({}, optional=_values)
_attributes = st.fixed_dictionaries(
    {},
    optional={
        "site": _sites,
        "policy": _policies,
        "job_title": st.sampled_from([None, "", "Clerk"]),
    },
)
_extension = st.fixed_dictionaries(
    {}, optional={name: values.filter(bool) for name, values in _values.items() if "." not in name}
)


def _step(
    op: str, section: str, names: st.SearchStrategy[str], **args: st.SearchStrategy[Any]
) -> Any:
    return st.builds(
        lambda name, given: Step(op, f"{section}/{name}", given), names, st.fixed_dictionaries(args)
    )


def _maybe(op: str, section: str, names: Any, must: dict[str, Any], may: dict[str, Any]) -> Any:
    args = st.fixed_dictionaries(must, optional=may)
    return st.builds(lambda name, given: Step(op, f"{section}/{name}", given), names, args)


_placed = {"service_address": _contents}
_beside = {
    "attached": st.dictionaries(
        _units, st.fixed_dictionaries({}, optional={**_placed, "at": st.just(0)}), max_size=2
    ),
    "detached": st.lists(_units, max_size=2, unique=True),
}
_moving = {"automatic": st.fixed_dictionaries({}, optional=_beside)}
STEPS: st.SearchStrategy[Step] = st.one_of(
    _step("user.create", "users", _names, set=_attributes),
    _maybe(
        "user.update",
        "users",
        _names,
        {},
        {
            "set": _attributes,
            "extensions": st.dictionaries(_units, _settings, max_size=2),
            "addresses": st.dictionaries(_units, _contents, max_size=1),
            **_moving,
        },
    ),
    _step("user.rename", "users", _names, to=_names, units=st.just([])),
    _step("user.suspend", "users", _names, units=st.just([])),
    _step("user.reactivate", "users", _names, units=st.just([])),
    _step("user.delete", "users", _names),
    _maybe(
        "license.attach",
        "users",
        _names,
        {"license": _units},
        {
            **_placed,
            "extension": _extension,
            "at": st.just(0),
            "ring_groups": st.just(["Sales"]),
            **_moving,
        },
    ),
    _maybe("license.detach", "users", _names, {"license": _units}, _moving),
    _maybe(
        "license.replace",
        "users",
        _names,
        {"from": _units, "to": _units},
        {**_placed, "extension": _settings, **_moving},
    ),
    _step("license.relocate", "licenses", _units, **_placed),
    _step("license.reinstate", "licenses", _units),
    _maybe(
        "numbers.release",
        "users",
        _names,
        {"extensions": st.dictionaries(_units, st.just(["number"]), max_size=1)},
        _moving,
    ),
    _step(
        "policy.put",
        "policies",
        _policies,
        set=st.fixed_dictionaries(
            {"settings": st.dictionaries(st.sampled_from("ab"), st.sampled_from([None, True]))}
        ),
    ),
    _step("policy.delete", "policies", _policies),
    _step(
        "site.put",
        "sites",
        _sites,
        set=st.fixed_dictionaries({}, optional={**_placed, "pbx": st.sampled_from(["p1", "p2"])}),
    ),
    _step("site.delete", "sites", _sites),
    _step("service_address.create", "service_addresses", st.just("slug"), content=_contents),
    _step("service_address.delete", "service_addresses", st.sampled_from(["A1", "A2", "A3"])),
)
"""Steps of every kind, most of which the console takes and many of which it refuses."""
