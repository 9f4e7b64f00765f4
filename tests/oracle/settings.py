"""What becomes of a license that is exchanged for another: which for which, what is kept, what
changes by itself.

From the contract (sections 1 and 3) and domain.md, sections 1 to 3; what they leave open is
`unsure`.

"""

from __future__ import annotations

from copy import deepcopy
from dataclasses import dataclass, field
from typing import Any

Doc = dict[str, Any]
Key = tuple[str, str]  # license type and country

RANKED = ("lobby", "x1", "x2", "x3", "x4", "x5", "x6", "x7", "x8")
PLANES = {
    "vcc-agent": {"cc"},
    "x6": {"uc", "cc"},
    "x7": {"uc", "cc"},
    "x8": {"uc", "cc"},
    "uc-cold-storage": set(),
}
LACKS = {  # domain.md, section 2; what is not known of a type is neither here nor in HAS
    "analytics": {"lobby", "vo-basic", "x1", "x2", "x3"},
    "switchboard_pro": {"lobby", "vo-basic", "x1", "x2"},
    "frontdesk": {"lobby", "vo-basic", "vo-editions", "x1", "x2"},
}
HAS = {
    "analytics": {"x4", "x6", "x7", "x8"},
    "switchboard_pro": {"x3", "x4", "x6", "x7", "x8"},
    "frontdesk": {"x4", "x6", "x7", "x8"},
}
FALLBACK = {"analytics": "essentials", "switchboard_pro": False, "frontdesk": False}


@dataclass
class Holding:
    """One license that a user should hold afterwards."""

    key: Key
    extension: Doc
    unsure: set[str] = field(default_factory=set)
    unit: str | None = None  # where it must be this very unit
    addresses: list[Doc] | None = None  # one of these; None: whatever it is
    automatic: list[tuple[str, Any, Any]] = field(default_factory=list)
    kept: set[str] = field(default_factory=set)
    verb: str = "keep"


def relation(old: Key, new: Key) -> str:
    """Classify going from one license to another (contract, section 1)."""
    for family in (RANKED, ("lobby", "vo-basic")):
        if old[0] != new[0] and old[0] in family and new[0] in family:
            return "upgrade" if family.index(old[0]) < family.index(new[0]) else "downgrade"
    return "change"


def planes(kind: str) -> set[str]:
    """Give the planes that a type fills; add-ons fill none."""
    return PLANES.get(kind, {"uc"})


def pairs(current: list[Doc], wanted: list[Doc]) -> list[tuple[Doc | None, Doc | None]]:
    """Pair what a user holds with what they should hold: the same first, then by plane, uc before
    cc.
    """
    result: list[tuple[Doc | None, Doc | None]] = []
    current, wanted = list(current), list(wanted)

    def take(fits: Any) -> None:
        for entry in list(wanted):
            for service in list(current):
                if fits(service, entry):
                    result.append((service, entry))
                    current.remove(service)
                    wanted.remove(entry)
                    break

    take(lambda s, e: s["key"] == (e["type"], e["country"]))
    for plane in ("uc", "cc"):
        take(lambda s, e, p=plane: p in planes(s["key"][0]) and p in planes(e["type"]))
    take(lambda s, e: s["key"][0] == e["type"])
    return result + [(s, None) for s in current] + [(None, e) for e in wanted]


def settle(holding: Holding, service: Doc | None, given: Doc | None) -> None:
    """Work out what a license carries afterwards: what is kept, what changes by itself, what is
    declared.
    """
    if given == {}:  # an explicit empty value removes
        return
    declared: Doc = given or {}
    old: Doc = deepcopy(service["extension"]) if service else {}
    if service and service["key"][0] != holding.key[0]:
        before, after = service["key"][0], holding.key[0]
        if {before, after} - set(RANKED[1:]):
            holding.unsure |= {"voicemail_email", "recording_mode", "devices"}
        if "cc" in planes(before) ^ planes(after) or "vcc-agent" in (before, after):
            holding.unsure |= (
                {"phone_numbers", "call_forwarding"} if "vcc-agent" in (before, after) else set()
            )
        for name, value in list(old.get("features", {}).items()):
            if value != FALLBACK[name] and after in LACKS[name]:
                if name not in declared.get("features", {}):
                    holding.automatic.append((f"extension.features.{name}", value, FALLBACK[name]))
                old["features"][name] = FALLBACK[name]
            elif after not in RANKED or (after not in HAS[name] and value != FALLBACK[name]):
                holding.unsure.add(f"features.{name}")
    if service:
        kept = ("number", "phone_numbers", "call_forwarding")
        holding.kept = {
            k for k in kept if old.get(k) and k not in declared and k not in holding.unsure
        }
    holding.extension = {**old, **declared}
    if "features" in old or "features" in declared:
        holding.extension["features"] = {**old.get("features", {}), **declared.get("features", {})}
        holding.unsure -= {f"features.{name}" for name in declared.get("features", {})}
    holding.unsure -= declared.keys()


def same(key: str, one: Any, other: Any) -> bool:
    """Compare two values of an attribute; an empty one is an absent one, e-mail has no case."""
    if key == "email":
        one, other = str(one).casefold(), str(other).casefold()
    return (one or None) == (other or None)


def normal(extension: Doc | None, prefix: str = "") -> Doc:
    """Flatten what a license carries to paths; empty is absent, devices have no order."""
    flat: Doc = {}
    for key, value in (extension or {}).items():
        if isinstance(value, dict):
            flat |= normal(value, f"{prefix}{key}.")
        elif value not in (None, "", []):
            flat[prefix + key] = sorted(value, key=str) if key == "devices" else value
    return flat
