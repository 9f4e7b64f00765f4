"""The accounts of a fleet: what the entries of its file say of each, and which are selected."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from typing import cast

from licsync.model.fleet_declarations import Fleet, FleetEntry, SecretReference

FLEET_FILE = "fleet.yaml"
WAVE = "wave"
"""The label that says when an account is applied."""

VARIABLES = {
    "key": "LICSYNC_API_KEY",
    "scim_token": "LICSYNC_SCIM_TOKEN",
    "audit_key": "LICSYNC_AUDIT_KEY",
}
"""The keys of an entry that say where a secret is, and the variable in which a command reads it."""

PLACEHOLDERS = ("account", "ACCOUNT", "path")
PLACEHOLDER = re.compile(r"\{([^{}]*)\}")
_UNLIKE_VARIABLE = re.compile(r"[^A-Z0-9]")


@dataclass(frozen=True, slots=True)
class FleetMember:
    """An account of a fleet, with what all entries that match it say together.

    Attributes:
        account: its directory, relative to the fleet file.
        labels: its labels.
        limits: the most actions of each verb in one plan.
        secrets: where its secrets are, by the variable in which a command reads each.
        drift_every: the interval at which it is checked for drift; empty if it is not.
        may_apply: whether the fleet may apply it.
    """

    account: str
    labels: Mapping[str, str] = field(default_factory=dict)
    limits: Mapping[str, int | str] = field(default_factory=dict)
    secrets: Mapping[str, SecretReference] = field(default_factory=dict)
    drift_every: str = ""
    may_apply: bool = True


def members_of(fleet: Fleet, found: Mapping[str, Collection[str]]) -> list[FleetMember]:
    """Give each account what the entries that match it say, in the order of the file.

    Labels and limits are joined one by one. Of everything else, the last entry counts.

    Args:
        fleet: the declared fleet.
        found: the accounts that match each pattern.

    Returns:
        the accounts, sorted.
    """
    entries: dict[str, list[FleetEntry]] = defaultdict(list)
    for pattern, entry in fleet["accounts"].items():
        for account in found.get(pattern, ()):
            entries[account].append(entry or {})
    return [_member(account, entries[account]) for account in sorted(entries)]


def _member(account: str, entries: Sequence[FleetEntry]) -> FleetMember:
    labels: dict[str, str] = {}
    limits: dict[str, int | str] = {}
    joined: FleetEntry = {}
    for entry in entries:
        labels |= {name: str(value) for name, value in entry.get("labels", {}).items()}
        limits |= cast(Mapping[str, int | str], entry.get("limits", {}))
        joined |= entry
    references = cast(Mapping[str, SecretReference], joined)  # or null: no secret
    return FleetMember(
        account,
        labels,
        limits,
        {
            variable: substituted(references[key], account)
            for key, variable in VARIABLES.items()
            if references.get(key)
        },
        joined["drift"]["every"] if "drift" in joined else "",
        joined.get("mode") != "plan-only",
    )


def substituted(reference: SecretReference, account: str) -> SecretReference:
    """Fill in the placeholders of a reference to a secret."""
    name = account.rpartition("/")[2]
    values = {
        "account": name,
        "ACCOUNT": _UNLIKE_VARIABLE.sub("_", name.upper()),
        "path": account,
    }

    def fill(text: str) -> str:
        return PLACEHOLDER.sub(lambda found: values.get(found[1], found[0]), text)

    filled = {
        kind: [fill(word) for word in place] if isinstance(place, list) else fill(str(place))
        for kind, place in reference.items()
    }
    return cast(SecretReference, filled)


def placeholders_in(reference: SecretReference) -> set[str]:
    """Name the placeholders of a reference to a secret, known or not."""
    return {name for text in texts_of(reference) for name in PLACEHOLDER.findall(text)}


def texts_of(reference: SecretReference) -> Iterator[str]:
    """List the texts of a reference to a secret that may have placeholders."""
    for place in reference.values():
        yield from map(str, place if isinstance(place, list) else [place])


def is_selected(member: FleetMember, selection: str) -> bool:
    """Tell whether an account has all labels of a selection and matches its patterns.

    Args:
        member: the account.
        selection: `label=value` and patterns of accounts, separated by commas.
    """
    for condition in selection.split(","):
        name, equals, value = condition.partition("=")
        matches = (
            fnmatchcase(member.labels.get(name, ""), value)
            if equals
            else fnmatchcase(member.account, condition.rstrip("/"))
        )
        if not matches or (equals and name not in member.labels):
            return False
    return True


def in_waves(members: Sequence[FleetMember], waves: Sequence[str]) -> list[list[FleetMember]]:
    """Sort accounts into the waves in which they are applied. Those without a wave come last."""
    by_wave: dict[str | None, list[FleetMember]] = defaultdict(list)
    for member in members:
        wave = member.labels.get(WAVE)
        by_wave[wave if wave in waves else None].append(member)
    return [by_wave[wave] for wave in (*waves, None) if by_wave[wave]]
