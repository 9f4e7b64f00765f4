"""Makes the work order of a plan, and its files for people without a terminal."""

from __future__ import annotations

from pathlib import Path

from licsync.engine.work_orders import OpenedOrder
from licsync.planning.plan import Plan
from licsync.planning.work_order.making import make_work_order
from licsync.planning.work_order.records import WorkOrder
from licsync.views.plan.work_order_csv import work_order_csv
from licsync.views.plan.work_order_markdown import work_order_markdown
from licsync.workflows.account import Account
from licsync.workflows.bulk_upload import fill_template, template_of, usable_columns
from licsync.workflows.files import write_new
from licsync.workflows.inventory import last_seen

FOLDER = ".licsync"


def work_order_of(account: Account, plan: Plan) -> WorkOrder:
    """Make the work order of a plan.

    If the template of the bulk upload does not take the new users, people create them one by one,
    and a warning says why.

    Raises:
        InputInvalid: the inventory last seen cannot be used.
    """
    columns, warnings = usable_columns(account.directory, account.desired, plan)
    account.session.output.diagnostics(warnings)
    return make_work_order(plan, account.desired, last_seen(account), columns=columns)


def write_files(account: Account, order: OpenedOrder) -> list[Path]:
    """Write a work order as Markdown, HTML and CSV below the account's directory, with the upload.

    Raises:
        InputInvalid: a file cannot be written.
    """
    run = account.storage.runs().run(order.run) if order.run else None
    if run is None:
        return []
    plan = Plan.from_json(run.plan)
    from licsync.web.work_order_page import work_order_html

    catalog, folder = account.desired.catalog, account.directory / FOLDER
    texts = {
        "work-order.md": work_order_markdown(order.order, plan, catalog),
        "work-order.html": work_order_html(order.order, plan, catalog),
        "work-order.csv": work_order_csv(order.order, plan, catalog),
    }
    files: dict[str, str | bytes] = {**texts}
    uploads = [item for item in order.order.items if item.kind == "upload"]
    if uploads:
        template = template_of(account.directory, account.desired)
        if template is not None:
            # the order stays as it is, whatever the files have come to say of the upload
            actions = {name for item in uploads for name in item.actions}
            filled = fill_template(plan, template, account.desired, actions)
            files["new-users.csv"] = filled.content
    for name, content in files.items():
        write_new(folder / name, content, overwrite=True, private=True)
    return [folder / name for name in files]
