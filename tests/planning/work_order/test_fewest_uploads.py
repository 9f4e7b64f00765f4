"""New users are uploaded or created by hand, whatever takes fewer clicks in all."""

from __future__ import annotations

from itertools import chain, combinations
from typing import Any
from unittest.mock import patch

import pytest
from hypothesis import given
from hypothesis import strategies as st

from licsync.planning.plan import Plan
from licsync.planning.work_order import parts
from licsync.planning.work_order.making import make_work_order
from licsync.planning.work_order.records import WorkOrder
from licsync.planning.work_order.uploads import UploadColumns, uploaded_changes
from tests.support.accounts import desired, inventory, unit, user
from tests.support.by_hand import BY_HAND
from tests.support.planning import planned
from tests.support.samples import examples

ATTRIBUTES = {"first_name": "Ada", "department": "Sales", "job_title": "Clerk", "policy": "Strict"}
PATHS = ("name", "email", "site", "license", "extension.number", *ATTRIBUTES)

some_attributes = st.sets(st.sampled_from(sorted(ATTRIBUTES))).map(
    lambda names: {name: ATTRIBUTES[name] for name in names}
)
figures = st.fixed_dictionaries(
    {}, optional={name: st.fixed_dictionaries({"clicks": st.integers(0, 9)})
                  for name in ("upload", "row", "create", "visit", "bulk_edit")}
)  # fmt: skip


def clicks(order: WorkOrder) -> int:
    return sum(item.clicks for item in order.items)


def an_account(
    new: list[dict[str, Any]], there: list[dict[str, Any]], effort: dict[str, Any]
) -> tuple[Any, Any, Plan]:
    wishes: dict[str, Any] = {f"old{n}": wish for n, wish in enumerate(there)}
    for number, wish in enumerate(new):
        entry = {"type": "x2", "extension": {"number": f"10{number:02}"}}
        wishes[f"new{number}"] = {"site": "HQ", "licenses": [entry], **wish}
    units = {f"L{n}": unit() for n in range(len(new))}
    backend = {"type": "console", "effort": effort}
    wanted = desired(
        wishes,
        account={"defaults": {"country": "US"}, "backend": backend},
        policies={"Strict": {"settings": {}}},
    )
    held = inventory(units, {f"old{n}": user() for n in range(len(there))})
    return wanted, held, planned(wanted, held, capabilities=BY_HAND)


@pytest.mark.slow
@examples(100)
@given(
    st.lists(some_attributes, min_size=1, max_size=3),
    st.lists(some_attributes, max_size=2),
    st.sets(st.sampled_from(PATHS), min_size=1).map(frozenset),
    st.just({}) | figures,
)
def test_no_choice_of_uploaded_users_takes_fewer_clicks(
    new: list[dict[str, Any]],
    there: list[dict[str, Any]],
    paths: frozenset[str],
    effort: dict[str, Any],
) -> None:
    wanted, held, plan = an_account(new, there, effort)
    columns = UploadColumns(paths, {"x2/US": "X2"})
    own = clicks(make_work_order(plan, wanted, held, columns=columns))
    names = [f"new{n}" for n in range(len(new))]
    for some in chain.from_iterable(combinations(names, size) for size in range(len(names) + 1)):

        def of_some(plan: Plan, columns: UploadColumns, some: tuple[str, ...] = some) -> Any:
            names_of = {action.id: action.name for action in plan.actions}
            every = uploaded_changes(plan, columns)
            return {id_: changes for id_, changes in every.items() if names_of[id_] in some}

        with patch.object(parts, "uploaded_changes", of_some):
            assert own <= clicks(make_work_order(plan, wanted, held, columns=columns)), some


@pytest.mark.parametrize(("paths", "kinds"), [(PATHS, ["upload"]), (("site",), ["user"])])
def test_one_new_user_is_uploaded_if_that_saves_clicks(
    paths: tuple[str, ...], kinds: list[str]
) -> None:
    wanted, held, plan = an_account([{}], [], {})
    columns = UploadColumns(frozenset(paths), {"x2/US": "X2"})
    order = make_work_order(plan, wanted, held, columns=columns)
    assert [item.kind for item in order.items if item.users] == kinds
