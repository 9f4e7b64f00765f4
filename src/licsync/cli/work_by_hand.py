"""What `apply` does about the work by hand: a walk-through at a terminal, else files."""

from __future__ import annotations

from licsync.cli import output as console
from licsync.cli.walkthrough import is_at_terminal, print_work_order, walk_through
from licsync.diagnostics.exit_codes import Exit
from licsync.engine.work_orders import OpenedOrder
from licsync.views.work_orders import left_lines
from licsync.workflows.account import Account
from licsync.workflows.unfinished_orders import describe, unfinished_order
from licsync.workflows.work_order_content import write_files
from licsync.workflows.work_orders import verify_from_backend


def work_by_hand(account: Account, code: Exit, *, may_ask: bool, is_new: bool = True) -> Exit:
    """Go on with the unfinished work order of an account, if it has one.

    Args:
        account: the account.
        code: what licsync's own part ended with.
        may_ask: whether somebody may be asked, if there is a terminal.
        is_new: whether nobody can have done anything yet, unless it is asked for now.

    Returns:
        what the command ends with.

    Raises:
        InputInvalid: a file cannot be written.
        Refused: somebody else has changed the work order.
        Locked: another person works on it.
    """
    order = unfinished_order(account)
    if order is None or code is Exit.INTERRUPTED:
        return code
    print_work_order(order, write_files(account, order))
    if code is Exit.FAILED:
        return code
    if order.state == "done":
        ended = _print_done(order)
    elif may_ask and is_at_terminal():
        ended = walk_through(account)
    else:
        ended = _print_left(order, account)
        if is_new:
            return code if code is not Exit.DONE else ended
    if ended is not Exit.INTERRUPTED:
        if verify_from_backend(account):
            return code
        order = unfinished_order(account)
        if order is not None and order.state == "open":
            ended = Exit.PARTLY
    return ended if code is Exit.DONE or ended is Exit.INTERRUPTED else code


def _print_done(order: OpenedOrder) -> Exit:
    console.print_message(describe(order))
    console.print_message("To verify it: licsync refresh DIR --from EXPORT")
    return Exit.DONE


def _print_left(order: OpenedOrder, account: Account) -> Exit:
    for line in left_lines(order):
        console.print_message(line)
    console.print_message(
        "Go through it at a terminal, and record each answer, with: licsync apply DIR --resume. "
        + (
            "Or do it from the files, export again and run: licsync refresh DIR --from EXPORT"
            if account.is_stored
            else "Or do it from the files; the same command then verifies what the API shows."
        )
    )
    return Exit.PARTLY
