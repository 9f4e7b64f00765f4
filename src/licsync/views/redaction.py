"""Masks phone numbers, e-mail addresses and postal addresses, for public logs.

The declarations determine what is masked: sensitive fields, and all fields of a service address
except the country. Free text (messages, steps, remarks) is searched for text that looks like a
number or an address, and for the plan's addresses. User names keep the part before the `@`,
because a plan without names cannot be reviewed.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from itertools import chain
from typing import Any

from licsync.diagnostics import Diagnostic
from licsync.diagnostics.findings import Finding
from licsync.model.declarations import (
    Device,
    Extension,
    ForwardingRule,
    ServiceAddress,
    UserAttributes,
)
from licsync.model.fields import SENSITIVE, fields_of
from licsync.planning.drift import Drift
from licsync.planning.plan import Plan

MASK = "…"

_MARKED_FIELDS = chain.from_iterable(
    fields_of(declaration).items()
    for declaration in (UserAttributes, Extension, ForwardingRule, Device)
)
SENSITIVE_FIELDS = frozenset(name for name, marks in _MARKED_FIELDS if SENSITIVE in marks)
_ADDRESS_FIELDS = frozenset(fields_of(ServiceAddress)) - {"country"}
_TOLD_APART = (
    "street_name",
    "building",
    "dependent_street",
    "secondary_location",
    "postal",
    "organization",
)
"""Address fields that are masked in free text; cities and states are site names too."""

_EXTENSION = re.compile(r"[0-9]{1,6}")
_EMAIL = re.compile(r"""([^\s@/'"<>(),;:]+)@[^\s@'"<>(),;:]+""")
_PHONE = re.compile(
    r"\+[0-9][0-9 ().-]{4,18}[0-9]"
    r"|(?<![\w:.-])(?:\([0-9]{3}\) ?|[0-9]{3}[ .-])[0-9]{3}[ .-][0-9]{4}(?!\w)"
    r"|(?<![\w:.-])[0-9]{10,15}(?!\w)"
)
_WRONG_VALUE = re.compile(r"""(\w+)(?:\[[0-9]+\])*(?:'| of [^:]*?)? is (.+)(?=, but must )""")
"""The field and the value of a message of `model.wrong_values`."""
_QUOTED_ADDRESS = re.compile(r"'[^'\n]*, [^'\n]*(, [A-Z]{2})'")
"""An address on one line, as messages have it (`model.labels.postal`)."""


@dataclass(frozen=True)
class RedactedPlan(Plan):
    """A plan with masked values and the digest of the original plan.

    It can be shown but not applied.
    """

    original: str = ""

    @property
    def digest(self) -> str:
        """Give the digest of the original plan."""
        return self.original


def mask(text: str) -> str:
    """Mask text that looks like a phone number, an e-mail address or a quoted postal address."""
    text = _QUOTED_ADDRESS.sub(rf"'{MASK}\1'", text)
    return _PHONE.sub(lambda match: f"+{MASK}{match[0][-2:]}", _EMAIL.sub(rf"\1@{MASK}", text))


def redact_plan(plan: Plan) -> RedactedPlan:
    """Mask a plan."""
    document = {**plan.to_json(), "directory": "", "addresses": {}, "diagnostics": []}
    known = known_addresses(plan.addresses.values())
    document = _mask_value(document, known)
    for action in document["actions"]:
        for change in action["changes"]:
            sides = {side: change[side] for side in ("before", "after")}
            if action["kind"] == "service_address" and change["path"] in _ADDRESS_FIELDS:
                change |= {side: v if v is None else MASK for side, v in sides.items()}
            elif change["path"].rpartition(".")[2] in SENSITIVE_FIELDS:
                change |= {side: redact_sensitive(v) for side, v in sides.items()}
    masked = Plan.from_json(document)
    fields = {name: getattr(masked, name) for name in Plan.__dataclass_fields__}
    fields |= {
        "directory": plan.directory,
        "diagnostics": [_diagnostic(diagnostic, known) for diagnostic in plan.diagnostics],
        "addresses": {slug: redact_address(a) for slug, a in plan.addresses.items()},
        "config_digest": plan.config_digest,
    }
    return RedactedPlan(**fields, original=plan.digest)


def redact_diagnostics(diagnostics: Iterable[Diagnostic]) -> list[Diagnostic]:
    """Mask the messages and hints of diagnostics."""
    return [_diagnostic(diagnostic, None) for diagnostic in diagnostics]


def redact_findings(findings: Iterable[Finding]) -> list[Finding]:
    """Mask the findings of `licsync doctor`."""
    return [
        replace(one, message=mask(one.message), advice=one.advice and mask(one.advice))
        for one in findings
    ]


def redact_drift(found: Iterable[Drift]) -> list[Drift]:
    """Mask the values of drift."""
    return [
        replace(
            drift,
            resource=mask(drift.resource),
            **{
                name: redact_value(drift.resource, drift.path, getattr(drift, name))
                for name in ("applied", "declared", "seen")
            },
        )
        for drift in found
    ]


def redact_value(resource: str, path: str, value: Any) -> Any:
    """Mask a value of a record, by its path in a plan."""
    name = path.partition(" ")[0].rpartition(".")[2]
    if resource.startswith("service_addresses/") and name in _ADDRESS_FIELDS:
        return value if value is None else MASK
    return redact_sensitive(value) if name in SENSITIVE_FIELDS else _mask_value(value, None)


def redact_address(address: Mapping[str, Any]) -> dict[str, Any]:
    """Leave of an address the country."""
    return {"country": address["country"]} if "country" in address else {}


def _diagnostic(diagnostic: Diagnostic, known: re.Pattern[str] | None) -> Diagnostic:
    message = _WRONG_VALUE.sub(_without_value, diagnostic.message)
    hint = _mask_value(diagnostic.hint, known) if diagnostic.hint else None
    if message != diagnostic.message and hint and hint.startswith("Write "):
        hint = None  # it would say the masked value
    return replace(diagnostic, message=_mask_value(message, known), hint=hint)


def _without_value(found: re.Match[str]) -> str:
    """Mask the wrong value of a field that is sensitive, or part of an address."""
    is_shown = found[1] not in SENSITIVE_FIELDS | _ADDRESS_FIELDS
    return found[0] if is_shown else f"{found[0].removesuffix(found[2])}'{MASK}'"


def known_addresses(addresses: Iterable[Mapping[str, Any]]) -> re.Pattern[str] | None:
    """Make the pattern that finds addresses in free text; None without addresses."""
    values = {str(address.get(name) or "") for address in addresses for name in _TOLD_APART}
    texts = sorted((text for text in values if len(text) > 3), key=len, reverse=True)
    found = "|".join(map(re.escape, texts))
    return re.compile(rf"(?:[0-9]+\w? )?(?<!\w)(?:{found})(?!\w)") if found else None


def _mask_value(value: Any, known: re.Pattern[str] | None) -> Any:
    """Mask all text in a JSON value, including the keys of mappings."""
    if isinstance(value, str):
        text = value if value.startswith("sha256:") else mask(value)
        return known.sub(MASK, text) if known else text
    if isinstance(value, list):
        return [_mask_value(item, known) for item in value]
    if isinstance(value, Mapping):
        return {
            _mask_value(name, known): redact_sensitive(item)
            if str(name).rpartition(".")[2] in SENSITIVE_FIELDS
            else _mask_value(item, known)
            for name, item in value.items()
        }
    return value


def redact_sensitive(value: Any) -> Any:
    """Mask a value of a sensitive field, whatever its form, except extension numbers."""
    if isinstance(value, str):
        if not value or MASK in value or _EXTENSION.fullmatch(value):
            return value
        text = mask(value)
        return text if text != value else MASK
    if isinstance(value, list):
        return [
            redact_sensitive(item) if isinstance(item, str) else _mask_value(item, None)
            for item in value
        ]
    return _mask_value(value, None)
