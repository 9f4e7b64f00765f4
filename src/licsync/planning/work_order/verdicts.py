"""Verdicts on values: whether one counts as expected, and the sum for an item."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from licsync.model.desired import DEFAULT_POLICY
from licsync.planning.work_order.progress import Fact, Finding, Verdict
from licsync.planning.work_order.records import Expectation


def is_assumed(step: Expectation, fact: Fact, new: Collection[str]) -> bool:
    """Tell whether the console sets a value by itself that nothing shows.

    Args:
        step: what was expected.
        fact: what was found.
        new: the users whom the item creates: they have the default policy profile (POL2).
    """
    is_hidden = fact.verdict == "not_visible"
    is_default = (fact.path, fact.expected) == ("policy", DEFAULT_POLICY) and fact.resource in new
    return (is_hidden and step.by_itself) or (is_default and (is_hidden or fact.found is None))


def finding(verdicts: Sequence[Verdict]) -> Finding:
    """Sum the verdicts on the facts of an item up."""
    seen = {verdict for verdict in verdicts if verdict != "not_visible"}
    if "different" in seen:
        return "different"
    if seen == {"as_expected", "as_before"}:
        return "partly"
    if seen == {"as_before"}:
        return "not_done"
    return "verified" if len(verdicts) and len(seen) == len(set(verdicts)) else "not_visible"


def is_equal_by_hand(step: Expectation, found: object, wanted: object) -> bool:
    """Tell whether a user has the licenses that people assign; others come and go by themselves."""
    own, expected = (
        [pool for pool in multiset(value) if pool.partition(":")[0] not in step.automatic]
        for value in (found, wanted)
    )
    return bool(step.automatic) and found is not None and own == expected


def multiset(value: object) -> list[str]:
    """Give the licenses of a user in an order of their own; none if it is no list."""
    return sorted(map(str, value)) if isinstance(value, list | tuple) else []
