"""Items that somebody skips, does wrong or does twice are found by the next export and fixed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

import pytest
from hypothesis import Phase, given, note
from hypothesis import strategies as st

from licsync.diagnostics import Code, Severity
from licsync.model.desired import Desired
from licsync.model.inventory import Inventory
from licsync.model.labels import postal
from licsync.planning.validation.validate import check
from licsync.planning.work_order.records import WorkOrder
from tests.support.by_hand import BY_HAND, is_predicted, left_behind
from tests.support.planning import NOW, planned
from tests.support.played_orders import tell as tell_findings
from tests.support.played_orders import verify
from tests.support.random_plans import Account, accounts
from tests.support.samples import examples
from tests.support.uploaded_users import RandomOrder, order_of
from tests.support.work_mistakes import (
    Facts,
    Mistake,
    differences,
    facts_in,
    keys_of,
    mistakes_in,
    play,
    tell,
)

Key = tuple[str, str]

KINDS = ("bulk_edit", "billing", "upload", "user", "resource")
NAMES = (
    "one too many", "wrong address", "one left out", "wrong license", "wrong user", "mistyped",
    "forgotten", "twice", "skipped",
)  # fmt: skip
"""Every kind of item, rare ones first, and every kind of mistake."""


TAKEN = (Code.DUPLICATE_EXTENSION, Code.DUPLICATE_PHONE_NUMBER)


def last_keys(order: WorkOrder, keys: dict[str, set[Key]]) -> dict[str, set[Key]]:
    """Give what each item is the last to set, by its id."""
    last: dict[Key, str] = {}
    for item in order.items:
        last |= dict.fromkeys(keys[item.id], item.id)
    found: dict[str, set[Key]] = {item.id: set() for item in order.items}
    for key, item_id in last.items():
        found[item_id].add(key)
    return found


def former_names(order: WorkOrder) -> dict[str, str]:
    return {
        str(fact.before): fact.resource.partition("/")[2]
        for item in order.items
        for fact in item.expectations
        if fact.path == "name"
    }


def resources_of(keys: set[Key]) -> set[str]:
    return {resource for resource, _ in keys}


def is_side_effect(key: Key, meant: Facts, ended: Facts) -> bool:
    """Tell whether a mistake elsewhere may have changed a value that is as the item asks.

    Local numbers come and go by themselves, and somebody may have another license with settings.
    """
    if "local-number:" in key[1]:
        return True
    if not key[1].startswith("extension."):
        return False
    right, found = meant.get(key) or [], ended.get(key) or []
    own = meant.get((key[0], "licenses")) or []
    more = [license_ for license_, _ in found if license_ not in own]
    return all(value in found for value in right) and len(found) == len(right) + len(more)


def is_as_declared(key: Key, wanted: Desired, meant: Facts, ended: Facts) -> bool:
    """Tell whether the licenses that declare a setting have it: of others, no file asks for it."""
    section, _, name = key[0].partition("/")
    if section != "users" or not key[1].startswith("extension."):
        return False
    setting = key[1].split(".")[1]
    entries = wanted.users.get(name, {}).get("licenses") or ()
    kinds = {entry["type"] for entry in entries if setting in entry.get("extension", {})}
    asked = [value for value in meant.get(key) or [] if value[0].partition(":")[0] in kinds]
    return all(value in (ended.get(key) or []) for value in asked)


def check_mistake(account: Account, found: RandomOrder, mistake: Mistake) -> None:
    order, there = found.order, account[1]
    renamed = former_names(order)
    right = play(order, there, found.rows)
    assert not right.undone, [it.steps for it in order.items if it.id in right.undone]
    wrong = play(order, there, found.rows, mistake)
    meant, ended = facts_in(right.after, renamed), facts_in(wrong.after, renamed)
    differs = differences(meant, ended)
    gone = {resource for resource, path in differs if path == "exists"}
    verified = verify(order, account, wrong.after)
    note(f"{mistake.name}: {mistake.item.title}; refused {wrong.is_refused}")
    note("\n".join(mistake.item.steps))
    note(tell(differs, meant, ended))
    tell_findings(verified)
    places = {slug: postal(content) for slug, content in found.plan.addresses.items()}
    keys = {item.id: set(keys_of(item, right.after, places)) for item in order.items}
    mine = last_keys(order, keys)
    taken = {
        f"users/{new}" for old, new in renamed.items() if {old, new} <= wrong.after.users.keys()
    }
    if taken:  # somebody else has got a new name: the console shows nothing else of who it is
        renames = [
            it for it in verified for f in it.facts if f.path == "name" and f.resource in taken
        ]
        assert all(it.finding != "verified" for it in renames)
        return
    for it in verified:
        own = {key for key in mine[it.item.id] & differs if not is_side_effect(key, meant, ended)}
        if any(key[0] != "licenses" for key in own):
            assert it.finding != "verified", (it.item.title, own)
        elif not differs & keys[it.item.id] and not resources_of(keys[it.item.id]) & gone:
            assert it.finding == "verified", it.item.title
        for fact in it.faults:
            assert fact.expected != fact.found or fact.verdict != "different"
    check_next_plan(found, there, wrong.after, meant, differs, set().union(*keys.values()))


def managed_keys(found: RandomOrder) -> Iterator[Key]:
    """Give what the files ask for: a default, or what a license carries, they do not."""
    for action in found.plan.actions:
        yield action.resource, "exists"
        yield action.resource, "licenses"
        yield from ((action.resource, c.path) for c in action.changes if c.reason == "declared")
        if action.verb in ("suspend", "reactivate"):
            yield action.resource, "status"


def check_next_plan(
    found: RandomOrder,
    there: Inventory,
    after: Inventory,
    meant: Facts,
    differs: set[Key],
    named: set[Key],
) -> None:
    plan = planned(found.wanted, after, capabilities=BY_HAND)
    note("\n".join(f"{a.verb} {a.resource}" for a in plan.actions))
    note("\n".join(map(str, plan.diagnostics)))
    checked = check(found.wanted, after, now=NOW)
    note("\n".join(map(str, checked)))
    strangers = after.users.keys() - found.wanted.users.keys() - there.users.keys()
    if strangers:  # a name was mistyped: whoever bears it is nobody that the files know
        output = [a.name for a in plan.actions]
        output += [f"{fault.message} {fault.hint}" for fault in (*plan.diagnostics, *checked)]
        assert all(any(name in text for text in output) for name in strangers)
        return
    taken = [fault.message for fault in checked if fault.code in TAKEN]
    if taken:  # somebody has got a number that the files give to another user, and keeps it
        wrong = {of.partition("/")[2] for of, _ in differs}
        assert all(any(f"'{name}'" in text for name in wrong) for text in taken)
        return
    errors = [fault for fault in plan.diagnostics if fault.severity == Severity.ERROR]
    if errors and {fault.code for fault in errors} == {Code.LICENSE_SHORTAGE}:
        # somebody has got the license whose licenses no file declares
        declared = {f"users/{n}" for n, user in found.wanted.users.items() if "licenses" in user}
        assert {of for of, path in differs if path == "own licenses"} - declared
        return
    assert not errors
    touched = {a.resource for a in plan.actions if a.resource.startswith("users/")}
    assert touched <= {resource for resource, _ in differs}
    second = order_of((found.wanted, after), has_template=False)
    mended = play(second.order, after)
    assert not mended.undone
    renamed = former_names(found.order)
    left = differences(meant, facts_in(mended.after, renamed))
    left -= {(of, "licenses") for of, path in left if (of, "own licenses") not in left}
    ended = facts_in(mended.after, renamed)
    left = {key for key in left if not is_as_declared(key, found.wanted, meant, ended)}
    note(tell(left & named, meant, ended))
    assert not left & named & {*managed_keys(found)}
    rest = planned(found.wanted, mended.after, capabilities=BY_HAND).actions
    again = {f"licenses/{unit}" for unit in left_behind(second.plan)}
    assert all(a.verb == "relocate" and a.resource in again for a in rest)


def _kind_of(mistake: Mistake) -> str:
    return mistake.item.kind


def _name_of(mistake: Mistake) -> str:
    return mistake.name


@pytest.mark.slow
def test_mistakes_are_found_and_mended() -> None:
    kinds: Counter[str] = Counter()
    names: Counter[str] = Counter()

    @examples(300, phases=(Phase.explicit, Phase.reuse, Phase.generate))  # shrinking takes minutes
    @given(accounts().filter(is_predicted), st.booleans(), st.booleans(), st.data())
    def are_found(
        account: Account, has_template: bool, likes_bulk: bool, data: st.DataObject
    ) -> None:
        found = order_of(account, has_template=has_template, likes_bulk_edits=likes_bulk)
        every = [m for item in found.order.items for m in mistakes_in(item, account[1])]
        for order, of in ((KINDS, _kind_of), (NAMES, _name_of)) if every else ():
            there = {of(mistake) for mistake in every}
            rarest = next(word for word in order if word in there)
            word = data.draw(st.sampled_from((rarest, *sorted(there))))
            mistake = data.draw(st.sampled_from([m for m in every if of(m) == word]))
            kinds[mistake.item.kind] += 1
            names[mistake.name] += 1
            check_mistake(account, found, mistake)

    are_found()
    assert kinds.keys() == set(KINDS)
    assert names.keys() >= {*NAMES[1:]}  # the first one is too rare for a small sample
