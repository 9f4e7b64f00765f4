"""The walk through a work order at a terminal: one item after the other, and an answer for each."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path

from licsync.cli import output as console
from licsync.diagnostics.exit_codes import Exit
from licsync.engine.work_orders import OpenedOrder
from licsync.model.labels import capitalized
from licsync.planning.work_order.records import WorkItem
from licsync.views.escaping import escape_terminal
from licsync.views.phrases import count
from licsync.views.work_orders import (
    item_lines,
    left_lines,
    progress_line,
    record_lines,
    waiting_phrase,
)
from licsync.workflows.account import Account
from licsync.workflows.walk_through import Given, WalkThrough, walking_through

_ANSWERS: dict[str, Given] = {"d": "done", "s": "skipped", "f": "failed"}
_KEYS = "d done   s skip   f failed   b back   q quit   ? help"
_HELP = (
    "d  The item is done. A note may follow: d with the new extension\n"
    "s  Skip it for now. Items that wait for it are not offered.\n"
    "f  It failed. licsync asks what happened, or write it at once: f the page has no such button\n"
    "b  Back to the item before, to see it again and to answer it again.\n"
    "q  Quit. Ctrl-C does the same. Every answer is saved at once. To continue later: "
    "licsync apply DIR --resume"
)
_RESUME = "To continue: licsync apply DIR --resume"


def is_at_terminal() -> bool:
    """Tell whether somebody can read items and answer."""
    return sys.stdin.isatty() and sys.stderr.isatty()


def walk_through(account: Account) -> Exit:
    """Go through the unfinished work order of an account with the person at the terminal.

    Returns:
        DONE if everything is done, PARTLY if something is left, INTERRUPTED after Ctrl-C.

    Raises:
        Locked: somebody else works on the account.
        Refused: somebody else answered an item or closed the order.
    """
    with walking_through(account) as walk:
        if walk is None:
            return Exit.DONE
        console.print_message(f"\nAnswer each item: {_KEYS}. Every answer is saved at once.")
        try:
            _ask_all(walk, account)
        except KeyboardInterrupt:
            console.print_message(f"\nInterrupted. Every answer is saved. {_RESUME}")
            return Exit.INTERRUPTED
        walk.finish()
        return _print_end(walk.order, account)


def print_work_order(order: OpenedOrder, files: Sequence[Path]) -> None:
    """Print how much work an order is, and where its files are."""
    console.print_message(f"Work by hand: {order.order.summary()}.")
    if any(record.is_answer for record in order.records):
        console.print_message(f"So far: {progress_line(order.progress)}.")
    for path in files:
        console.print_message(f"  {path}")


def _ask_all(walk: WalkThrough, account: Account) -> None:
    while (item := walk.next_item()) is not None:
        _show(walk, item, account)
        if not _ask(walk, item, account):
            return


def _show(walk: WalkThrough, item: WorkItem, account: Account) -> None:
    items = walk.order.order.items
    heading = f"{items.index(item) + 1} of {len(items)}"
    rendering = console.render_options(sys.stderr, widest=110)
    catalog = account.desired.catalog
    lines = item_lines(item, heading, catalog, options=rendering)
    lines += [f"  {escape_terminal(line)}" for line in record_lines(walk.progress, item, catalog)]
    if walk.was_shown(item):
        lines.append("  It was shown before without an answer: check whether it is done already.")
    console.print_message("\n".join(lines))


def _ask(walk: WalkThrough, item: WorkItem, account: Account) -> bool:
    """Ask until there is an answer; tell whether to go on."""
    while True:
        line = _read_line("Done? [d/s/f/b/q/?]")
        if line is None:
            console.print_message(f"Every answer is saved. {_RESUME}")
            return False
        key, _, note = line.partition(" ")
        key, note = key.lower(), note.strip()
        if key in ("q", "quit"):
            console.print_message(f"Every answer is saved. {_RESUME}")
            return False
        if key in ("b", "back"):
            if walk.go_back(item):
                return True
            console.print_message("This is the first item.")
        elif not key and item.id in walk.progress.answers:
            walk.keep(item)
            return True
        elif (answer := _ANSWERS.get(key[:1])) and key in (key[0], _words(answer)):
            if answer == "failed" and not note:
                note = _read_line("What happened?") or ""
            walk.answer(item, answer, note)
            return True
        else:
            console.print_message(_HELP if key in ("?", "h", "help") else f"Answer with {_KEYS}.")


def _words(answer: Given) -> str:
    return "skip" if answer == "skipped" else answer


def _read_line(question: str) -> str | None:
    """Read a line; None at the end of the input."""
    console.print_question(question)
    try:
        line = sys.stdin.readline()
    except UnicodeDecodeError:
        console.print_message("That was not readable. Write it again.")
        return _read_line(question)
    return line.strip() if line else None


def _print_end(order: OpenedOrder, account: Account) -> Exit:
    progress = order.progress
    console.print_message(f"\n{capitalized(progress_line(progress))}.")
    for line in left_lines(order):
        console.print_message(line)
    if progress.left:
        console.print_message(f"To continue: licsync apply DIR --resume. {_skipped_again(order)}")
        return Exit.PARTLY
    console.print_message(
        "Everything is done by hand. To verify it, export again in the console, then run: "
        "licsync refresh DIR --from EXPORT"
        if account.backend_type == "console"
        else "Everything is done by hand."
    )
    if progress.deferred:
        console.print_message(waiting_phrase(len(progress.deferred)))
        return Exit.PARTLY
    return Exit.DONE


def _skipped_again(order: OpenedOrder) -> str:
    again = order.progress.count("skipped", "failed")
    return f"It offers {count(again, 'skipped or failed item')} again." if again else ""
