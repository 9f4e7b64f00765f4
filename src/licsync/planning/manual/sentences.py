"""The console's own words: its sections, and the sentences that say what to do there.

The pages and the words are those of the vendor's own instructions (SEED, SVCPERM, SITECHG, PBXMOVE,
DEACT, DEL, ANALYT, BULKED and BULKUP in domain.md).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence

from licsync.model.labels import capitalized, label, sentence, value
from licsync.planning.actions import Action, AnyChange

BASIC = "Basic information"

SECTIONS: Mapping[str, tuple[str, ...]] = {
    BASIC: (
        "name", "first_name", "last_name", "email", "site", "job_title", "department", "locale",
        "timezone",
    ),
    "Services and permissions": ("policy",),
    "Voice basic settings": ("extension.number", "extension.phone_numbers", "extension.devices"),
    "Voicemail settings": ("extension.voicemail_email",),
    "Call forwarding rules": ("extension.call_forwarding",),
    "Call recording settings": ("extension.recording_mode",),
    "Analytics for 8x8 Work": ("extension.features.analytics",),
}  # fmt: skip
"""The sections of the page that edits a user, with the values in each."""

SECTION_OF = {path: section for section, paths in SECTIONS.items() for path in paths}

CREATE = "Go to Home > Users and click Create User."
SAVE = "Save the user."
SERVICES = "Open Services and permissions."


def edit(name: str) -> str:
    """Say how to open the page that edits a user."""
    return f"Go to Home > Users and edit {name}."


def menu(name: str, entry: str) -> str:
    """Say how to choose from the menu of a user."""
    return (
        f"Go to Home > Users, open the menu (three dots) of {name}, choose {entry}, then Continue."
    )


def settings_of(title: str) -> str:
    """Say where the settings of one of several licenses are."""
    return f"Go to the settings of {title}."


def ask_billing(title: str, place: str) -> str:
    """Say how to bind a license that somebody holds to an address of its own."""
    return (
        f"Ask 8x8 Billing to bind license {title} to the service address '{place}': the console "
        "edits the addresses of unassigned licenses only."
    )


def asks_billing(action: Action) -> bool:
    """Tell whether people have to ask 8x8 for an action on a license."""
    return any(step.startswith("Ask 8x8 Billing ") for step in action.steps)


def relocation_steps(
    kind: str, country: str, row: str, place: str, *, may_be_taken: bool = False
) -> list[str]:
    """Say how to bind an unassigned license to another address.

    Args:
        kind: the title of its type.
        country: its country.
        row: how the page shows the license.
        place: the address.
        may_be_taken: whether the console may have assigned this license by itself.
    """
    other = " If somebody has it by now, take another one." if may_be_taken else ""
    return [
        "Go to Home > Licenses.",
        "Unselect the filters Assigned and Suspended.",
        f"Expand {kind} and select {country}.",
        f"At license {row}, choose the service address '{place}'.{other}",
        "Review the unsaved changes, then Save.",
    ]


def entry_steps(changes: Sequence[AnyChange]) -> Iterator[str]:
    """Write what to set, section by section in the order of the page."""
    by_place: dict[str, list[AnyChange]] = {place: [] for place in (*SECTIONS, "")}
    for change in changes:
        by_place[SECTION_OF.get(change.path, "")].append(change)
    for place, found in by_place.items():
        if found:
            values = sentence(value_text(c) for c in found)
            yield f"Under {place}: {values}." if place else f"{capitalized(values)}."


def noun(path: str) -> str:
    """Give what sentences call a value."""
    return "user name" if path == "name" else label(path)


def value_text(change: AnyChange) -> str:
    """Say what to set, or what to remove."""
    what = noun(change.path)
    if change.after in (None, "", [], {}):
        return f"remove the {what}"
    return f"set the {what} to {value(change.path, change.after)}"


def bulk_edit_steps(names: Sequence[str], changes: Sequence[AnyChange]) -> list[str]:
    """Say how to set the same values for several users, or for one."""
    several = len(names) > 1
    who = f"these {len(names)} users" if several else names[0]
    review = f"the changes of {len(names)} users" if several else "the changes"
    return [
        f"Go to Home > Users, select {who} and click Bulk edit.",
        *entry_steps(changes),
        f"Click Continue, review {review}, then click Confirm Bulk Edits.",
    ]


def joined_steps(several: Iterable[Sequence[str]]) -> list[str]:
    """Join the steps of several actions on one page: each place once, and one Save.

    Licenses without an id of the console read alike: a step says how many of them it is for.
    """
    found: dict[str, None] = {}
    last: dict[str, None] = {}
    for steps, number in Counter(map(tuple, several)).items():
        lines = [*steps]
        if number > 1:
            lines[-2 if len(lines) > 1 else -1] += f" Do this for {number} such licenses."
        found |= dict.fromkeys(lines[:-1])
        last |= dict.fromkeys(lines[-1:])
    return [*found, *last]
