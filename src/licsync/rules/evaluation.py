"""Asks the rules of the files what they find in a plan document.

An expression sees `plan`, the document (contract, section 4), `today`, the day as text, and what
the rule asks about:

- `each: action`: `action`, one of `plan.actions`, and `user`, who it is about (empty where it is
  about none);
- `each: user`: `user`, one of those that the plan touches, as it is afterwards: `name`, every
  attribute (an empty text where there is none), and `licenses` with `type` and `country`;
- `each: license`: `license`, one row of `plan.licenses`.

`below(type, other)` tells whether a license type stands below another one in a ranked family. Where
an expression
cannot be evaluated, the rule counts as broken: a check that fails open is none.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from types import ModuleType
from typing import TYPE_CHECKING, Any

from licsync.diagnostics import Code, Diagnostic, Span, error
from licsync.model.catalog import Catalog

if TYPE_CHECKING:
    import cel

Doc = Mapping[str, Any]

_NAMES = {
    "plan": ("plan", "today"),
    "action": ("plan", "today", "action", "user"),
    "user": ("plan", "today", "user"),
    "license": ("plan", "today", "license"),
}
"""What an expression may name, by what the rule asks about."""

_BOUND = re.compile(r"\b(?:all|exists|exists_one|filter|map)\(\s*(\w+)\s*,")
"""Finds the names that an expression gives to the items of a list."""


@dataclass(frozen=True, slots=True)
class RuleFinding:
    """Something in which a rule is broken: about what, and where the files ask for it."""

    about: str
    span: Span | None = None


@cache
def _cel() -> ModuleType:
    """Import the evaluator, and not the command line its package imports with it, which takes as long as all else."""
    name = "cel.cli"
    is_stand_in = sys.modules.setdefault(name, stand_in := ModuleType(name)) is stand_in
    try:
        import cel
    finally:
        if is_stand_in:
            del sys.modules[name]
    return cel


class RuleFailed(Exception):
    """An expression cannot be read or evaluated; says why."""


def compile_rule(rule: Doc) -> cel.Program:
    """Read the expressions of a rule; gives that of `when`. Raises RuleFailed."""
    each = rule.get("each", "plan")
    if "counts" in rule:
        if each != "plan":
            raise RuleFailed(
                f"counts is for rules that ask about the plan; of each {each} the findings are counted"
            )
        _compile_expression(rule["counts"], each)
    return _compile_expression(rule["when"], each)


def _compile_expression(expression: str, each: str) -> cel.Program:
    try:
        program: cel.Program = _cel().compile(expression)
    except ValueError as fault:
        raise RuleFailed(_reason(fault)) from fault
    known = {*_NAMES[each], *_BOUND.findall(expression)}
    unknown = set(program.variables()) - known
    if unknown:
        raise RuleFailed(
            f"it names {', '.join(sorted(unknown))}; known are {', '.join(_NAMES[each])}"
        )
    return program


def findings(rule: Doc, plan: Doc, catalog: Catalog, today: str) -> list[RuleFinding]:
    """Give everything in a plan document in which a rule is broken. Raises RuleFailed."""
    program, found = compile_rule(rule), []
    each, named = rule.get("each", "plan"), set(program.variables())
    context = _context(named | {each}, plan, catalog, today)
    for about, span, values in _subjects(each, plan):
        try:
            for name in values.keys() & named:
                context.add_variable(name, values[name])
            answer = program.execute(context)
        except Exception as fault:  # whatever an expression may run into, a division by zero too
            raise RuleFailed(f"{_reason(fault)}, asked of {about}") from fault
        if not isinstance(answer, bool):
            raise RuleFailed("it is neither true nor false")
        if answer:
            found.append(RuleFinding(about, span))
    return found


def extent(rule: Doc, found: Sequence[RuleFinding], plan: Doc, catalog: Catalog, today: str) -> int:
    """Say how many changes the findings of a rule are about, which an approval must cover.

    Raises RuleFailed.

    Of a rule about each action, user or pool it is the number of findings. A finding in the whole
    plan is about what its `counts` says, else about every action.
    """
    if rule.get("each", "plan") != "plan" or not found:
        return len(found)
    if "counts" not in rule:
        return len(plan["actions"])
    try:
        program = _compile_expression(rule["counts"], "plan")
        count = program.execute(_context({"plan", "today"}, plan, catalog, today))
    except RuleFailed:
        raise
    except Exception as fault:  # as above
        raise RuleFailed(f"{_reason(fault)}, asked how much it is") from fault
    if not isinstance(count, int) or isinstance(count, bool) or count < 0:
        raise RuleFailed("counts is no whole number")
    return count


def _context(named: Collection[str], plan: Doc, catalog: Catalog, today: str) -> cel.Context:
    """Give what an expression names, and no more: it is copied each time that this is used, and a plan may be large."""
    values = {
        name: value for name, value in (("plan", dict(plan)), ("today", today)) if name in named
    }
    try:
        context: cel.Context = _cel().Context(values, {"below": _below(catalog)})
    except ValueError as fault:  # a text that is none, of half a character
        raise RuleFailed("the plan holds what no expression can read") from fault
    return context


def _subjects(each: str, plan: Doc) -> Iterator[tuple[str, Span | None, dict[str, Any]]]:
    """Say what a rule is asked about: its name for people, its place in the files, the variables."""
    people: Doc = plan.get("people", {})
    places = {action["resource"]: _place(action) for action in reversed(plan["actions"])}
    if each == "action":
        for action in plan["actions"]:
            name = action["resource"].removeprefix("users/")
            person = {"name": name, **people.get(name, {})}
            yield (
                f"{action['verb']} {action['resource']}",
                _place(action),
                {"action": action, "user": person},
            )
    elif each == "user":
        for name, person in people.items():
            yield f"users/{name}", places.get(f"users/{name}"), {"user": {"name": name, **person}}
    elif each == "license":
        for row in plan["licenses"]:
            yield f"{row['type']} in {row['country']}", None, {"license": row}
    else:
        yield "the plan", None, {}


def _place(action: Doc) -> Span | None:
    source = action.get("source")
    return Span(source["file"], source["line"]) if source else None


def _below(catalog: Catalog) -> Callable[[str, str], bool]:
    def below(kind: str, other: str) -> bool:
        ranks, others = (catalog.types[name].get("ranks", {}) for name in (kind, other))
        return any(rank < others[family] for family, rank in ranks.items() if family in others)

    return below


def _reason(fault: Exception) -> str:
    text = str(fault).splitlines()[0] if str(fault) else type(fault).__name__
    return f"there is no {text}" if isinstance(fault, KeyError) else text


def rule_failed(name: str, reason: str, place: Span | None) -> Diagnostic:
    """Say that a rule cannot be asked."""
    message = f"The rule '{name}' cannot be evaluated: {reason}."
    return error(
        Code.INVALID_VALUE, message, place, "See docs/rules.md for what an expression may name."
    )
