"""The features of a license type according to the catalog; uncertain ones are marked."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from licsync.model.catalog import Catalog
from licsync.model.catalog_declarations import LicenseType

_FEATURES = {
    "sms": "SMS",
    "metered_sms": "metered SMS",
    "crm": "CRM integrations",
    "teams": "Microsoft Teams",
    "contact_center": "contact center",
    "barge_monitor_whisper": "barge/monitor/whisper",
    "switchboard_pro": "Switchboard Pro",
    "frontdesk": "Frontdesk",
}
_CALLING = {"internal": "calls between extensions only"}
_COUNTS = {
    "included_local_numbers": "{} local number included",
    "named_users": "{} named users",
    "sms_pool": "{} SMS a month for the account",
}


@dataclass(frozen=True, slots=True)
class LicenseFeatures:
    """What a license includes, what it lacks, and what is uncertain and why."""

    gives: list[str]
    lacks: list[str]
    uncertain: list[str]


def license_features(catalog: Catalog, key: str) -> LicenseFeatures:
    """Describe a license type; of an unknown type nothing is known."""
    if key not in catalog:
        return LicenseFeatures([], [], ["The catalog does not contain this type."])
    entry = catalog[key]
    doubts = entry.get("uncertain", {})
    facts = list(_facts(entry))
    shown = {path for path, _, _ in facts}
    lacking = [name for name, support in entry.get("features", {}).items() if support == "no"]
    return LicenseFeatures(
        [f"{text} (?)" if path in doubts or not sure else text for path, text, sure in facts],
        [_feature(name) for name in lacking],
        [
            f"{_subject(path)}: {why}"
            for path, why in doubts.items()
            if path in shown or path.startswith("features.")
        ],
    )


def _facts(entry: LicenseType) -> Iterator[tuple[str, str, bool]]:
    """Give path, text and certainty of each fact."""
    plan = entry.get("calling_plan", "unknown")
    if plan != "unknown":
        yield "calling_plan", _CALLING.get(plan, f"{plan} calls"), True
    for name, support in entry.get("features", {}).items():
        if support in ("yes", "unknown"):
            yield f"features.{name}", _feature(name), support == "yes"
        elif support == "grandfathered":
            yield f"features.{name}", f"{_feature(name)} if already in use", True
    levels = [level for level, support in entry.get("analytics", {}).items() if support == "yes"]
    if levels:
        yield f"analytics.{levels[-1]}", f"Analytics for Work up to {levels[-1]}", True
    if days := entry.get("recording_days"):
        yield "recording_days", f"recordings kept {days} days", True
    if entry.get("automatic"):
        yield (
            "automatic",
            "one phone number beyond those included; assigned and released with that number",
            True,
        )
    for name, number in entry.get("counts", {}).items():
        yield (
            f"counts.{name}",
            _COUNTS.get(name, f"{{}} {name.replace('_', ' ')}").format(number),
            True,
        )


def _feature(name: str) -> str:
    return _FEATURES.get(name, name.replace("_", " "))


def _subject(path: str) -> str:
    section, _, name = path.partition(".")
    return _feature(name) if section == "features" else (name or section).replace("_", " ")
