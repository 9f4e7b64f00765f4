"""Finds who did a movement by hand: the item of a work order that asked for it, by value.

Somebody else may have changed the same field of the same user to another value. That is not the
item's doing, whatever was answered.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from itertools import combinations

from licsync.model.catalog import Catalog
from licsync.model.declarations import UserAttributes
from licsync.model.fields import fields_of
from licsync.model.license import Pool
from licsync.planning.comparison import equivalent
from licsync.planning.period.movements import Movement, exchanged
from licsync.planning.work_order.progress import ItemState, Progress
from licsync.planning.work_order.records import Expectation, WorkItem

_UNDONE: frozenset[ItemState] = frozenset(("begun", "skipped", "failed", "not_done"))
_USERS = "users/"
_MARKS = fields_of(UserAttributes)


def done_by(
    progress: Progress, movement: Movement, former_names: Collection[str], catalog: Catalog
) -> str | None:
    """Say who did the item of a work order that asked for a movement; None if no item did.

    Args:
        progress: the work order, and what people answered.
        movement: what happened to a user.
        former_names: the names that the user had before the same change.
        catalog: the license types.
    """
    names = {name.casefold() for name in (movement.user, *former_names)}
    facts = [(item, fact) for item in progress.order.items for fact in item.expectations]
    renamed = {fact.subject.casefold(): fact.before for _, fact in facts if fact.path == "name"}
    asked = [
        (item, fact)
        for item, fact in facts
        if fact.path == movement.path and names & _names(fact, renamed) and _is_done(item, progress)
    ]
    if movement.path == "licenses":
        found = _license_item(asked, movement, catalog)
    else:
        found = next((item for item, fact in asked if _is_asked(movement, fact)), None)
    return None if found is None else _actor(found, progress)


def _is_done(item: WorkItem, progress: Progress) -> bool:
    last = progress.last.get(item.id)
    return last is not None and last.state not in _UNDONE


def _actor(item: WorkItem, progress: Progress) -> str:
    return progress.answers.get(item.id, progress.last[item.id]).actor


def _names(expected: Expectation, renamed: Mapping[str, object]) -> set[str]:
    """Give the names that the user of an expectation may have, casefolded.

    A user whose rename was not done still has the name before it, unless somebody else got it.
    """
    if not expected.resource.startswith(_USERS):
        return set()
    name = expected.subject.casefold()
    former = str(renamed.get(name, name)).casefold()
    return {name} if former in renamed else {name, former}


def _is_asked(movement: Movement, expected: Expectation) -> bool:
    """Tell whether an expectation that is not of licenses asks for the value of a movement."""
    if movement.path == "exists":
        return bool(expected.after) == (movement.event == "created")
    if movement.path == "name":
        return str(expected.after).casefold() == str(movement.after).casefold()
    return equivalent(movement.after, expected.after, _MARKS[movement.path])


# --- licenses -------------------------------------------------------------------------------------


def _license_item(
    asked: Sequence[tuple[WorkItem, Expectation]], movement: Movement, catalog: Catalog
) -> WorkItem | None:
    """Find the item that completed the exchange of a movement.

    One item may ask for it, or several in a row: a swap first takes a license, and later gives
    another one.
    """
    wanted = list(movement.before or ()), list(movement.after or ())  # type: ignore[call-overload]
    for first, end in combinations(range(len(asked) + 1), 2):
        steps = [fact for _, fact in asked[first:end]]
        if wanted in _exchanges(steps, catalog):
            return asked[end - 1][0]
    return None


def _exchanges(
    steps: Sequence[Expectation], catalog: Catalog
) -> Iterator[tuple[list[str], list[str]]]:
    """List what some steps in a row exchange, as licenses before and after."""
    held = _pools(steps[0].before, catalog)
    holds = held.copy()
    for step in steps:
        before, after = _pools(step.before, catalog), _pools(step.after, catalog)
        holds = holds - (before - after) + (after - before)
    for _, _, gone, come in exchanged(held, holds, catalog):
        yield gone, come


def _pools(value: object, catalog: Catalog) -> Counter[Pool]:
    """Count licenses as `type:COUNTRY`, without those that come and go with phone numbers."""
    texts = value if isinstance(value, list | tuple) else ()
    pools = (str(text).partition(":") for text in texts)
    return Counter((kind, of) for kind, _, of in pools if not catalog.is_automatic(kind))
