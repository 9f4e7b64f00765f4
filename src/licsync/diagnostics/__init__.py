"""Diagnostics: what is wrong, where, why, and what to do.

Every fault that a user can cause is a `Diagnostic`; faults are collected and reported together.
`LicsyncError` carries them to the command line, which alone knows exit codes.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from itertools import islice
from typing import Any


class Severity(StrEnum):
    """An error refuses the input or plan, a warning needs attention, an info is only a note."""

    ERROR = "error"
    WARNING = "warning"
    INFO = "info"


class Code(StrEnum):
    """The diagnostic codes (contract, section 5). The second group is for runs."""

    YAML_SYNTAX = "yaml-syntax"
    DUPLICATE_KEY = "duplicate-key"
    UNKNOWN_KEY = "unknown-key"
    INVALID_VALUE = "invalid-value"
    UNKNOWN_REFERENCE = "unknown-reference"
    DUPLICATE_NAME = "duplicate-name"
    DUPLICATE_EXTENSION = "duplicate-extension"
    DUPLICATE_PHONE_NUMBER = "duplicate-phone-number"
    INCOMPATIBLE_LICENSES = "incompatible-licenses"
    MISSING_LICENSE = "missing-license"
    FEATURE_NEEDS_LICENSE = "feature-needs-license"
    DEVICE_NEEDS_LICENSE = "device-needs-license"
    USER_NEEDS_SITE = "user-needs-site"
    LICENSE_SHORTAGE = "license-shortage"
    LIMIT_EXCEEDED = "limit-exceeded"
    PROTECTED_USER = "protected-user"
    PLAN_STALE = "plan-stale"
    PLAN_EXPIRED = "plan-expired"
    PLAN_ALTERED = "plan-altered"
    PLAN_APPLIED = "plan-applied"
    PLAN_VERSION = "plan-version"
    INVENTORY_INVALID = "inventory-invalid"
    UNLISTED_USER = "unlisted-user"
    PROBABLE_RENAME = "probable-rename"
    ORDER_MORE = "order-more"
    SPARE_LICENSES = "spare-licenses"
    MANUAL_STEP = "manual-step"
    BRANCH_BEHIND = "branch-behind"
    APPROVED = "approved"
    RULE_BROKEN = "rule-broken"
    LOSS_NOT_ALLOWED = "loss-not-allowed"
    INVENTORY_NOT_KEPT = "inventory-not-kept"
    INVENTORY_STALE = "inventory-stale"
    ACCOUNT_IDENTITY = "account-identity"
    IDENTITY_PROVIDER = "identity-provider"
    REACTIVATION_MISSING = "reactivation-missing"
    ACKNOWLEDGED = "acknowledged"
    LICENSE_ABROAD = "license-abroad"
    ADDRESS_ABROAD = "address-abroad"
    NUMBER_ABROAD = "number-abroad"
    UNKNOWN_TIME_ZONE = "unknown-time-zone"
    DUPLICATE_DEVICE = "duplicate-device"
    FORWARDING_LOOP = "forwarding-loop"
    FORWARDING_TARGET = "forwarding-target"
    CALLS_UNANSWERED = "calls-unanswered"
    NUMBER_PORTING = "number-porting"
    NUMBER_UNKNOWN = "number-unknown"
    HOLDERS_UNKNOWN = "holders-unknown"
    EXPORT_OLDER = "export-older"
    EXPORT_INCOMPLETE = "export-incomplete"

    CREDENTIALS = "credentials"
    ADDRESS_NOT_ALLOWED = "address-not-allowed"
    OTHER_ADDRESS = "other-address"
    LOCKED = "locked"
    STORE_FAILED = "store-failed"
    BACKEND_FAILED = "backend-failed"
    AUDIT_LOG = "audit-log"
    RUN_UNFINISHED = "run-unfinished"
    WORK_ORDER_OPEN = "work-order-open"
    ACTIONS_LEFT = "actions-left"
    LEFT_AS_IS = "left-as-is"
    PLAN_NARROWED = "plan-narrowed"
    LEFT_OUT = "left-out"
    NOT_UNDONE = "not-undone"
    SCHEDULED = "scheduled"
    OVERDUE = "overdue"
    RENEWAL = "renewal"
    WHAT_IF = "what-if"
    NOT_TOLD = "not-told"
    FLEET_INCOMPLETE = "fleet-incomplete"
    FLEET_ACCOUNT = "fleet-account"
    DEPRECATED = "deprecated"


REFUSALS = frozenset(
    (
        Code.LICENSE_SHORTAGE,
        Code.LIMIT_EXCEEDED,
        Code.PROTECTED_USER,
        Code.PLAN_NARROWED,
        Code.LOSS_NOT_ALLOWED,
        Code.BRANCH_BEHIND,
        Code.RULE_BROKEN,
        Code.INVENTORY_STALE,
        Code.PROBABLE_RENAME,
    )
)
"""Errors of a plan that refuse its apply, while the input is valid."""


@dataclass(frozen=True, slots=True, order=True)
class Span:
    """A position in an input file: path below the account directory, line and column from 1."""

    file: str
    line: int = 1
    column: int = 1

    def __str__(self) -> str:
        return f"{self.file}:{self.line}:{self.column}"


@dataclass(frozen=True, slots=True)
class Diagnostic:
    """One fault or remark.

    Attributes:
        severity: error, warning or info.
        code: the kind of fault, stable for programs.
        message: what is wrong and why, in one sentence, with untrusted text in quotes.
        span: the position, if it has one in a file.
        hint: what to do, if the message does not say it.
        related: other positions, such as the first of two declarations.
    """

    severity: Severity
    code: Code
    message: str
    span: Span | None = None
    hint: str | None = None
    related: tuple[Span, ...] = ()

    def to_json(self) -> dict[str, Any]:
        """Return the document form (contract, section 4)."""
        doc: dict[str, Any] = {
            "severity": str(self.severity),
            "code": str(self.code),
            "message": self.message,
        }
        if self.span is not None:
            doc |= {"file": self.span.file, "line": self.span.line, "column": self.span.column}
        if self.hint:
            doc["hint"] = self.hint
        if self.related:
            doc["related"] = [
                {"file": s.file, "line": s.line, "column": s.column} for s in self.related
            ]
        return doc

    @classmethod
    def from_json(cls, doc: dict[str, Any]) -> Diagnostic:
        """Parse the document form."""
        span = Span(doc["file"], doc["line"], doc["column"]) if "file" in doc else None
        related = tuple(Span(r["file"], r["line"], r["column"]) for r in doc.get("related", ()))
        return cls(
            Severity(doc["severity"]),
            Code(doc["code"]),
            doc["message"],
            span,
            doc.get("hint"),
            related,
        )


def error(
    code: Code,
    message: str,
    span: Span | None = None,
    hint: str | None = None,
    related: Sequence[Span] = (),
) -> Diagnostic:
    """Create an error diagnostic."""
    return Diagnostic(Severity.ERROR, code, message, span, hint, tuple(related))


def warning(
    code: Code,
    message: str,
    span: Span | None = None,
    hint: str | None = None,
    related: Sequence[Span] = (),
) -> Diagnostic:
    """Create a warning diagnostic."""
    return Diagnostic(Severity.WARNING, code, message, span, hint, tuple(related))


def info(code: Code, message: str, span: Span | None = None, hint: str | None = None) -> Diagnostic:
    """Create an info diagnostic."""
    return Diagnostic(Severity.INFO, code, message, span, hint)


_RANK = {Severity.ERROR: 0, Severity.WARNING: 1, Severity.INFO: 2}


def sort_diagnostics(diagnostics: Iterable[Diagnostic]) -> list[Diagnostic]:
    """Sort without duplicates: errors first, then by position, code and message."""
    unique = dict.fromkeys(diagnostics)
    nowhere = Span("\U0010ffff", 0, 0)
    return sorted(unique, key=lambda d: (_RANK[d.severity], d.span or nowhere, d.code, d.message))


MAX_FAULTS = 10_000
"""How many faults one kind of check lists at most: more only cost time and memory."""


def cap_diagnostics(diagnostics: Iterable[Diagnostic]) -> list[Diagnostic]:
    """Collect diagnostics up to `MAX_FAULTS`, and report if there are more."""
    found = list(islice(diagnostics, MAX_FAULTS + 1))
    if len(found) > MAX_FAULTS:
        message = f"There are more than {MAX_FAULTS:,} faults; the check stopped here."
        found[MAX_FAULTS] = error(
            Code.INVALID_VALUE, message, hint="Fix these, and run the command again."
        )
    return found


def has_errors(diagnostics: Iterable[Diagnostic]) -> bool:
    """Return whether any of them is an error."""
    return any(d.severity is Severity.ERROR for d in diagnostics)


def errors_of(diagnostics: Iterable[Diagnostic]) -> list[Diagnostic]:
    """List the errors among diagnostics."""
    return [d for d in diagnostics if d.severity is Severity.ERROR]


def as_warnings(diagnostics: Iterable[Diagnostic]) -> list[Diagnostic]:
    """Give diagnostics as warnings: what failed prevents nothing."""
    return [replace(diagnostic, severity=Severity.WARNING) for diagnostic in diagnostics]


def did_you_mean(word: str, known: Iterable[str]) -> str | None:
    """Return a hint with the most similar known word; None if no word is similar."""
    near = nearest_user(word, known) if "@" in word else _nearest(word, known)
    return _suggestion(word, near) if near else None


def _suggestion(word: str, near: str) -> str:
    """Suggest a word, and name what makes another one of it, if that cannot be seen."""
    from unicodedata import name

    hint = f"Did you mean '{near}'?"
    if word.strip(" ") == near:
        return f"{hint} Here it has a space at its {'start' if word[0] == ' ' else 'end'}."
    unseen = next((c for c in word if c not in near and _is_unseen(c, near)), None)
    if unseen is None:
        return hint
    return f"{hint} Here it contains U+{ord(unseen):04X} ({name(unseen, 'no name').lower()})."


def _is_unseen(character: str, near: str) -> bool:
    """Tell whether a character may look like another one: a space, a letter of another script."""
    from unicodedata import name

    if character.isascii():
        return False
    is_foreign = character.isalpha() and near.isascii() and "LATIN" not in name(character, "")
    return character.isspace() or not character.isprintable() or is_foreign


def _nearest(word: str, known: Iterable[str]) -> str | None:
    by_folded = {k.casefold(): k for k in known}
    near = _closest(word.casefold(), by_folded)
    return by_folded[near[0]] if near else None


def _closest(word: str, known: Iterable[str]) -> list[str]:
    from difflib import get_close_matches  # most commands suggest nothing

    return get_close_matches(word, list(known), n=1, cutoff=0.61)


def nearest_user(name: str, known: Iterable[str]) -> str | None:
    """Find the most similar user name: a domain that both have makes them no more similar."""
    domain = "@" + name.casefold().rpartition("@")[2]
    by_local = {k.casefold().removesuffix(domain): k for k in known}
    near = _closest(name.casefold().removesuffix(domain), by_local)
    others = [k for k in by_local.values() if not k.casefold().endswith(domain)]
    return by_local[near[0]] if near else _nearest(name, others)


class Suggestions:
    """Suggests the most similar known word, once per word, within a budget.

    A comparison takes a few microseconds per known word; many faults and names would take minutes.

    Args:
        effort: how many comparisons to make at most.
    """

    def __init__(self, effort: int = 10_000):
        self._left = effort
        self._made: dict[tuple[str, str], str | None] = {}

    def __call__(self, word: str, known: Collection[str], what: str = "") -> str | None:
        """Return a hint with the most similar known word; None if no word is similar.

        Args:
            word: the unknown word.
            known: the known words.
            what: a name for this collection of known words.
        """
        near = self.nearest(word, known, what)
        return _suggestion(word, near) if near else None

    def nearest(self, word: str, known: Collection[str], what: str = "") -> str | None:
        """Return the most similar known word; None if no word is similar."""
        if (what, word) not in self._made:
            has_time = self._left > 0
            self._left -= len(known)
            self._made[what, word] = _nearest(word, known) if has_time else None
        return self._made[what, word]


class LicsyncError(Exception):
    """A command cannot continue; has the diagnostics for the user.

    The subclass determines the exit code (contract, section 5).
    """

    def __init__(self, *diagnostics: Diagnostic):
        super().__init__("; ".join(d.message for d in diagnostics))
        self.diagnostics = list(diagnostics)


class InputInvalid(LicsyncError):
    """The input or the run failed and nothing was changed (exit 1)."""


class Refused(LicsyncError):
    """A shortage, limit, protected user, or a stale, expired, altered or used plan (exit 3)."""


class PartlyApplied(LicsyncError):
    """Some actions were done and recorded, others were not (exit 4)."""


class Locked(LicsyncError):
    """Another run works on the account (exit 5)."""


class CredentialsMissing(LicsyncError):
    """The credentials are missing or were not accepted (exit 6)."""
