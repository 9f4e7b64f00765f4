"""Asks rules in a process of its own: whoever writes an expression must not be able to stop whoever plans by it.

An expression is short and can still take forever, or all the memory there is. The process that
evaluates it has a limit on its computing time and its memory. Where it meets one, or comes to
another bad end, the rule that was asked is the one to blame, and no rule after it is asked.
"""

from __future__ import annotations

import faulthandler
import os
import signal
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

from licsync.forking import can_fork
from licsync.model.catalog import Catalog
from licsync.rules.evaluation import Doc, RuleFailed, RuleFinding, compile_rule, extent, findings

if TYPE_CHECKING:
    from multiprocessing.connection import Connection

MOST_RULES = 1_000
SECONDS, MEGABYTES = 2, 256
"""What all rules of a plan may use together.

Rules that are asked often, and of large plans, get more:
"""
_SECONDS_EACH, _BYTES_EACH = 0.001, 16_000
_PATIENCE = 30  # seconds in which a process gets its computing time on a busy machine


@dataclass(frozen=True, slots=True)
class RuleResult:
    """What a rule says of a plan.

    Attributes:
        findings: in what the rule is broken.
        count: how many changes that is about.
        failed: why it cannot be asked; nothing else is known then.
        is_unreadable: whether that is so of any plan.
    """

    findings: Sequence[RuleFinding] = field(default_factory=list)
    count: int = 0
    failed: str = ""
    is_unreadable: bool = False


def evaluate_rules(
    rules: Mapping[str, Doc], plan: Doc, catalog: Catalog, today: str
) -> dict[str, RuleResult]:
    """Ask rules about a plan document.

    Args:
        rules: by name.
        plan: the plan document.
        catalog: ranks the license types.
        today: the day.
    """
    sizes = {
        "action": len(plan["actions"]),
        "user": len(plan.get("people", ())),
        "license": len(plan["licenses"]),
    }
    asked = sum(sizes.get(rule.get("each", "plan"), 1) for rule in rules.values())
    return _evaluate_within_limits(
        rules, _evaluate_rule, (plan, catalog, today), asked, sum(sizes.values())
    )


def validate_rules(rules: Mapping[str, Doc]) -> dict[str, RuleResult]:
    """See whether rules can be read."""
    return _evaluate_within_limits(rules, _validate_rule, (), 0, 0)


def _evaluate_rule(rule: Doc, plan: Doc, catalog: Catalog, today: str) -> RuleResult:
    if (unreadable := _validate_rule(rule)).failed:
        return unreadable
    try:
        found = findings(rule, plan, catalog, today)
        return RuleResult(
            found,
            extent(rule, found, plan, catalog, today) if rule.get("level") == "approval" else 0,
        )
    except RuleFailed as fault:
        return RuleResult(failed=str(fault))


def _validate_rule(rule: Doc) -> RuleResult:
    try:
        compile_rule(rule)
    except RuleFailed as fault:
        return RuleResult(failed=str(fault), is_unreadable=True)
    return RuleResult()


def _evaluate_within_limits(
    rules: Mapping[str, Doc],
    ask: Callable[..., RuleResult],
    given: tuple[Any, ...],
    asked: int,
    size: int,
) -> dict[str, RuleResult]:
    """Ask as many rules as anybody has, and say of the others that they were not asked."""
    too_many = RuleResult(failed=f"there are more than {MOST_RULES:,} rules", is_unreadable=True)
    first = dict(islice(rules.items(), MOST_RULES))
    return dict.fromkeys(rules, too_many) | _evaluate_in_child(first, ask, given, asked, size)


def _evaluate_in_child(
    rules: Mapping[str, Doc],
    ask: Callable[..., RuleResult],
    given: tuple[Any, ...],
    asked: int,
    size: int,
) -> dict[str, RuleResult]:
    """Ask each rule in another process; of the one at which that ended, and of those after it, say so."""
    import multiprocessing

    seconds = SECONDS + int(_SECONDS_EACH * asked)
    limits = (seconds, MEGABYTES * 1_000_000 + _BYTES_EACH * size)
    ways = (
        multiprocessing.get_context("fork") if can_fork(2) else multiprocessing.get_context("spawn")
    )
    reading, writing = ways.Pipe(duplex=False)
    process = ways.Process(
        target=_child_main, args=(writing, limits, ask, list(rules.values()), given), daemon=True
    )
    found: list[RuleResult] = []
    try:
        process.start()
    except (
        OSError
    ) as fault:  # a machine without room for one more process: what is not asked is refused
        reading.close()
        writing.close()
        why = RuleResult(failed=f"no process can be started to ask it: {fault.strerror or fault}")
        return dict.fromkeys(rules, why)
    try:
        writing.close()
        with suppress(EOFError, OSError):  # it ended before its time
            while len(found) < len(rules) and reading.poll(seconds + _PATIENCE):
                found.append(reading.recv())
    finally:
        process.kill()
        process.join()
        reading.close()
    left = list(rules)[len(found) :]
    return dict(
        zip(rules, (*found, *_failed_results(left, process.exitcode, seconds)), strict=True)
    )


def _failed_results(
    names: Sequence[str], exit_code: int | None, seconds: int
) -> Iterator[RuleResult]:
    """Say why the first rule has no answer, and that the others were not asked."""
    if not names:
        return
    is_late = exit_code is not None and -exit_code in (
        signal.SIGKILL,
        getattr(signal, "SIGXCPU", 0),
    )
    how = (
        f"more than {seconds} seconds"
        if is_late
        else f"more than {MEGABYTES} MB of memory, or is nested too deeply"
    )
    yield RuleResult(failed=f"it takes {how}")
    yield from (
        RuleResult(failed=f"it was not asked, because the rule '{names[0]}' was stopped")
        for _ in names[1:]
    )


def _child_main(
    writing: Connection,
    limits: tuple[int, int],
    ask: Callable[..., RuleResult],
    rules: Sequence[Doc],
    given: Sequence[Any],
) -> None:
    """Ask rules within limits, in the other process."""
    faulthandler.disable()  # how it ends is said by whoever waits for it
    os.dup2(os.open(os.devnull, os.O_WRONLY), 2)
    _limit(*limits)
    for rule in rules:
        writing.send(ask(rule, *given))


def _limit(seconds: int, size: int) -> None:
    """Let this process use no more than so many seconds of computing, and bytes beyond those that it has."""
    try:
        import resource
    except ImportError:  # on Windows time is limited by whoever waits, and memory is not
        return
    pages = (
        int(Path("/proc/self/statm").read_text().split()[0])
        if Path("/proc/self/statm").exists()
        else 0
    )
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds + 1))
    with suppress(ValueError, OSError):  # macOS has no such limit
        most = pages * resource.getpagesize() + size
        resource.setrlimit(resource.RLIMIT_AS, (most, most))
