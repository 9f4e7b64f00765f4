"""Names, e-mails and renames of users: what the vendor accepts (domain.md, 8.1), and what is used twice."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass

from licsync.diagnostics import Code, Diagnostic, Span, error, warning
from licsync.planning.checks.context import Context, Subject


@dataclass(frozen=True, slots=True)
class Rule:
    """What the vendor accepts in a field.

    Attributes:
        title: the field, for people.
        least: fewest characters.
        most: most characters.
        refused: finds a character that is not accepted; None: all are.
        accepted: the accepted characters, in words.
    """

    title: str
    least: int
    most: int
    refused: re.Pattern[str] | None = None
    accepted: str = ""


_PERSON = (re.compile(r"[^A-Za-z0-9 .,\-_()']"), "ASCII letters, digits, space and . , - _ ( ) '")
USER_NAME = Rule("user name", 3, 70, re.compile(r"[^A-Za-z0-9.@\-_/]"), "ASCII letters, digits and . @ - _ /")
RULES = {
    "first_name": Rule("first name", 2, 128, *_PERSON),
    "last_name": Rule("last name", 2, 30, *_PERSON),
    "job_title": Rule("job title", 1, 254),
    "department": Rule("department", 1, 100),
}

_SPELLED = str.maketrans(
    {
        **{"ß": "ss", "ẞ": "SS", "æ": "ae", "Æ": "AE", "œ": "oe", "Œ": "OE", "þ": "th", "Þ": "Th"},
        **{"ø": "o", "Ø": "O", "đ": "d", "Đ": "D", "ð": "d", "Ð": "D", "ł": "l", "Ł": "L", "ı": "i"},
        **{"‘": "'", "’": "'", "–": "-", "—": "-"},
    }
)
"""Letters that Unicode does not take apart into an ASCII letter and marks."""


def check_names(context: Context) -> Iterator[Diagnostic]:
    """Check new user names, and names, job titles and departments that the inventory does not have already."""
    for subject in context.subjects:
        name, user, current = subject.name, subject.user, subject.current
        if subject.current_name != name and (subject.current_name or "").casefold() != name.casefold():
            yield from _refused(context, USER_NAME, name, "users", name)
        for field, rule in RULES.items():
            value = user.get(field)
            if value and value != current.get(field):
                yield from _refused(context, rule, value, "users", name, field)
        if context.is_seen and subject.current_name is None and not subject.has_left:
            yield from _missing(subject, context.place("users", name))


def _refused(context: Context, rule: Rule, value: str, *path: str) -> Iterator[Diagnostic]:
    """Report a value that the vendor refuses; a warning where it may be one that the vendor has already."""
    refused = "".join(dict.fromkeys(rule.refused.findall(value))) if rule.refused else ""
    if refused:
        fault = f"has characters that 8x8 does not accept: {_quoted(refused)}"
    elif not rule.least <= len(value) <= rule.most:
        fault = f"has {len(value)} characters, 8x8 accepts {rule.least} to {rule.most}"
    else:
        return
    suggestion = suggested(rule, value)
    hints = [f"Write '{suggestion}'."] if suggestion and suggestion != value else []
    hints += [f"Accepted are {rule.accepted}."] if refused else []
    report = error if context.is_seen else warning
    message = f"The {rule.title} '{value}' {fault}."
    yield report(Code.INVALID_VALUE, message, context.place(*path), " ".join(hints) or None)


def _quoted(characters: str) -> str:
    return " ".join(f"'{c}'" for c in characters)


def suggested(rule: Rule, value: str) -> str | None:
    """Spell a value in the characters that a rule accepts; None where too little or too much is left."""
    taken_apart = unicodedata.normalize("NFKD", value.translate(_SPELLED))
    plain = rule.refused.sub("", taken_apart) if rule.refused else value
    plain = " ".join(plain.split())
    return plain if rule.least <= len(plain) <= rule.most else None


def _missing(subject: Subject, span: Span | None) -> Iterator[Diagnostic]:
    missing = [field for field in ("first_name", "last_name") if not subject.user.get(field)]
    if missing:
        message = f"The user '{subject.name}' is new and needs {' and '.join(missing)}."
        hint = "Add what is missing; for a user that is renamed, say 'previously:'."
        yield error(Code.INVALID_VALUE, message, span, hint)


def check_emails(context: Context) -> Iterator[Diagnostic]:
    """Warn of an e-mail address that two declared users share."""
    first: dict[str, str] = {}
    for subject in context.subjects:
        email = subject.user.get("email") or (subject.name if subject.current_name is None else None)
        if not email:
            continue
        other = first.setdefault(email.casefold(), subject.name)
        if other != subject.name:
            message = f"The e-mail '{email}' is that of '{other}' too."
            span, related = (context.place("users", name, "email") for name in (subject.name, other))
            yield warning(Code.DUPLICATE_NAME, message, span, related=[related] if related else [])


def check_renames(context: Context) -> Iterator[Diagnostic]:
    """Check `previously`: it must name somebody who is not declared any more, once."""
    renamed = [s for s in context.subjects if s.user.get("previously")]
    if not renamed:
        return
    declared = {name.casefold(): name for name in context.desired.users}
    first: dict[str, str] = {}
    for subject in renamed:
        name, before = subject.name, subject.user["previously"]
        folded, span = before.casefold(), context.place("users", name, "previously")
        if folded == name.casefold():
            message = f"The previous name of '{name}' is its own name."
            yield error(Code.INVALID_VALUE, message, span, "Remove it: user names are compared without case.")
        elif folded in declared:
            place = context.place("users", declared[folded])
            message = f"'{before}' is the previous name of '{name}', but is declared as a user too."
            yield error(Code.DUPLICATE_NAME, message, span, "Remove one of the two.", [place] if place else [])
        elif folded in first:
            place = context.place("users", first[folded], "previously")
            message = f"'{before}' is the previous name of '{first[folded]}' too."
            yield error(Code.DUPLICATE_NAME, message, span, related=[place] if place else [])
        elif context.is_seen and subject.current_name is None and not subject.has_left:
            hint = context.hint("user", before, context.inventory.users)
            message = f"There is no '{before}' in the inventory to rename; '{name}' is created as a new user."
            yield warning(Code.UNKNOWN_REFERENCE, message, span, hint)
        first.setdefault(folded, name)
