"""A work order of the example account in which every kind of answer and finding occurs."""

from __future__ import annotations

from dataclasses import replace

from licsync.diagnostics import Span
from licsync.engine.work_orders import OpenedOrder
from licsync.planning.work_order.progress import Fact
from licsync.planning.work_order.records import Expectation, WorkItem
from licsync.web.account_index import ReviewedAccount
from tests.support.web_pages import seen
from tests.support.work_orders import an_item, an_order, expect, item_record, opened

NAMES = tuple(f"{name}@acme.example" for name in ("ada.lopez", "bo.chen", "cy.diaz", "di.evans"))


def items() -> list[WorkItem]:
    ada, bo, cy, di = NAMES
    return [
        an_item(
            "i1",
            *(expect(name, "exists", False, True) for name in NAMES),
            kind="upload",
            title="Upload 4 new users",
            steps=("Open Home > Users and choose Bulk upload.", "Upload new-users.csv.", "Save."),
            why="4 users are in the files and not in the account",
            source=Span("users/sales.yaml", 12),
            seconds=180,
        ),
        an_item(
            "i2",
            *(expect(name, "licenses", ["x4:US"], ["x2:US"]) for name in NAMES[:3]),
            kind="bulk_edit",
            title="Downgrade 3 users from X4 to X2",
            selection=(("Site", "Seattle"), ("License", "X4")),
            steps=("Filter the list, select all, choose Edit.", "Set the license to X2.", "Save."),
            kept=("extension number, phone numbers",),
            changed=("analytics becomes essentials",),
            seconds=120,
        ),
        an_item(
            "i3",
            expect(di, "status", "active", "inactive"),
            title="Suspend di.evans@acme.example",
            steps=("Open the user's menu.", "Choose Deactivate user."),
            lost=("call history",),
        ),
        an_item("i4", expect(bo, "site", "HQ", "Seattle"), title="Move bo.chen to Seattle"),
        an_item("i5", expect(cy, "department", "Sales", "Support"), title="Move cy to Support"),
        an_item(
            "i6",
            Expectation("policies/Sales Floor", "exists", False, True),
            kind="resource",
            title="Create the policy profile Sales Floor",
        ),
        an_item(
            "i7",
            expect(ada, "policy", "8x8 Master User Template", "Sales Floor"),
            title="Set the policy profile of ada.lopez@acme.example",
            after=("i6",),
        ),
        an_item("i8", expect(ada, "job_title", "Rep", "Lead"), title="Title of ada", after=("a9",)),
    ]


def order() -> OpenedOrder:
    wrong = Fact(f"users/{NAMES[1]}", "site", "Seattle", "London", "different")
    missed = Fact(f"users/{NAMES[2]}", "department", "Support", "Sales", "as_before")
    shown = opened(an_order(*items()), waiting=("a9",))
    shown.run = "20261124T090000-1a2b3c"
    shown.records = [
        item_record("i1", "done"),
        item_record("i1", "verified", actor="bo"),
        item_record("i2", "done"),
        item_record("i3", "failed", note="the button <b>Deactivate</b> is grey"),
        item_record("i4", "done", note="moved by hand"),
        item_record("i4", "different", wrong, actor="bo"),
        item_record("i5", "done"),
        item_record("i5", "not_done", missed, actor="bo"),
        item_record("i6", "skipped", note="not my role"),
    ]
    return shown


def account(shown: OpenedOrder | None = None) -> ReviewedAccount:
    return replace(seen(), order=shown or order())
