"""Labels of fields and values for people, in console steps, diagnostics and views."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime

NONE = "—"
"""The label of an empty value."""

_LABELS = {
    "number": "extension number",
    "email": "e-mail",
    "voicemail_email": "voicemail e-mail",
    "recording_mode": "recording",
    "pbx": "PBX",
    "timezone": "time zone",
    "phone_numbers": "phone numbers",
    "voicemail_pin": "voicemail PIN",
    "sms": "SMS",
}
"""Labels of fields that are not the field's name with spaces for underscores."""

_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")

_WHEN = {
    "always": "always",
    "busy": "when busy",
    "no_answer": "on no answer",
    "unreachable": "when unreachable",
    "after_hours": "after hours",
}


def capitalized(text: str) -> str:
    """Begin a text with a capital letter and leave the rest as it is."""
    return text[:1].upper() + text[1:]


def label(path: str) -> str:
    """Give the label of a field. The settings of a policy keep 8x8's names."""
    if path.startswith("settings."):
        return path.removeprefix("settings.")
    last = path.rpartition(".")[2]
    return _LABELS.get(last, last.replace("_", " "))


def value(path: str, content: object) -> str:
    """Give the label of a field's value."""
    if content in (None, "", [], {}):
        return NONE
    if isinstance(content, bool):
        return "on" if content else "off"
    if isinstance(content, list | tuple):
        return ", ".join(map(item, content))
    if isinstance(content, Mapping):
        return item(content)
    return str(content).replace("_", " ") if path.endswith("recording_mode") else str(content)


def item(content: object) -> str:
    """Give the label of a list item: a forwarding rule, a desk phone or another value."""
    if not isinstance(content, Mapping):
        return str(content)
    if "when" in content and "to" in content:
        return forwarding(content)
    if "model" in content:
        return device(content)
    return " ".join(f"{key}={inner}" for key, inner in content.items())


def forwarding(rule: Mapping[str, object]) -> str:
    """Give the label of a forwarding rule."""
    seconds = rule.get("after_seconds")
    when = _WHEN.get(str(rule.get("when")), str(rule.get("when")))
    return f"{when}{f' for {seconds} s' if seconds is not None else ''} to {rule.get('to')}"


def device(phone: Mapping[str, object]) -> str:
    """Give the label of a desk phone."""
    mac = phone.get("mac_address")
    return f"{phone.get('model')}{f' ({mac})' if mac else ''}"


def postal(address: Mapping[str, object] | None) -> str:
    """Write a service address on one short line."""
    if not address:
        return NONE
    house, street = str(address.get("street_number") or ""), str(address.get("street_name") or "")
    line = f"{house} {street}".strip()
    region = f"{address.get('state') or ''} {address.get('postal') or ''}".strip()
    parts = (
        address.get("organization"),
        address.get("building"),
        line,
        address.get("dependent_street"),
        address.get("secondary_location"),
        address.get("city"),
        region,
        address.get("country"),
    )
    return ", ".join(str(part) for part in parts if part)


def sentence(words: Iterable[str]) -> str:
    """Join words as in a sentence: a, b and c."""
    *first, last = list(words) or [NONE]
    return f"{', '.join(first)} and {last}" if first else last


def day(moment: date) -> str:
    """Write a day, the same in every locale."""
    return f"{moment.day} {_MONTHS[moment.month - 1]} {moment.year}"


def day_and_time(moment: datetime) -> str:
    """Write an instant in UTC, the same in every locale."""
    moment = moment.astimezone(UTC)
    return f"{day(moment)} {moment:%H:%M} UTC"
