"""Extracts templates from what users have in common, as a person would write them.

A template has a lead: one or two fields that a group of users share, such as the department. It
also takes values that most of the group have; users who differ keep a key of their own. The lead
that saves the most text is chosen, and a second set of templates may take what the first leaves.
Job titles stay personal, because a new member of a department must not get the most common one.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import combinations
from typing import Any

from licsync.model.declarations import UserTemplate
from licsync.model.fields import DIRECTIVE, fields_of
from licsync.planning.declarable import slug, unused

Users = Mapping[str, Mapping[str, Any]]

_PERSONAL = frozenset(("first_name", "last_name", "email", "job_title"))
SHARED = tuple(
    name
    for name, marks in fields_of(UserTemplate).items()
    if name not in _PERSONAL and DIRECTIVE not in marks
)
"""The fields that templates may contain."""

_FEWEST = 3
"""How many users a template needs at least."""

_MOST = 0.6
"""The share of a group that must have a value before its template takes it."""

_CONTACT = ("licenses", "[]")
"""Having no license may lead a template, but never comes along with another lead."""

_BURDEN = 80
"""The cost of reading a template, in characters."""


@dataclass(slots=True)
class TemplateSet:
    """Templates with one lead, and their users.

    Attributes:
        templates: the content of each template by name.
        assignments: the template of each user that has one.
        saved: how many characters the templates save.
    """

    templates: dict[str, dict[str, Any]] = field(default_factory=dict)
    assignments: dict[str, str] = field(default_factory=dict)
    saved: int = 0


def extract_templates(users: Users) -> tuple[dict[str, dict[str, Any]], dict[str, dict[str, Any]]]:
    """Extract templates from users.

    Args:
        users: every user in full.

    Returns:
        templates by name, and the remaining keys of each user. Applying the templates gives the
        original users.
    """
    values = {
        name: {
            key: _spelled(user[key]) for key in SHARED if key in user and _is_shared(key, user[key])
        }
        for name, user in users.items()
    }
    first = _best_set(values, {})
    settled = {key for template in first.templates.values() for key in template}
    rest = {
        name: {k: v for k, v in own.items() if k not in settled} for name, own in values.items()
    }
    second = _best_set(rest, first.templates)
    templates = {**first.templates, **second.templates}
    remaining = {}
    for name, user in users.items():
        names = [s.assignments[name] for s in (first, second) if name in s.assignments]
        remaining[name] = _remainder(user, names, templates, values[name])
    shared_values = {
        name: {key: json.loads(value) for key, value in templates[name].items()}
        for name in sorted(templates)
    }
    return shared_values, remaining


def _spelled(value: Any) -> str:
    return json.dumps(value, sort_keys=True)


def _is_shared(key: str, value: Any) -> bool:
    """Return whether users can share a value: a license with an extension is personal."""
    return key != "licenses" or not any("extension" in entry for entry in value)


def _remainder(
    user: Mapping[str, Any],
    names: list[str],
    templates: Mapping[str, Mapping[str, str]],
    values: Mapping[str, str],
) -> dict[str, Any]:
    shared_values = {key: value for name in names for key, value in templates[name].items()}
    own = {
        key: value
        for key, value in user.items()
        if key not in shared_values or shared_values[key] != values.get(key)
    }
    if not names:
        return own
    return {"template": names if len(names) > 1 else names[0]} | own


def _best_set(values: Mapping[str, Mapping[str, str]], taken: Mapping[str, Any]) -> TemplateSet:
    """Find the lead that saves the most text; an empty result if none saves anything."""
    present = [key for key in SHARED if any(key in own for own in values.values())]
    leads = [*((key,) for key in present), *combinations(present, 2)]
    schemes = (_template_set(values, lead, taken) for lead in leads)
    return max(schemes, key=lambda scheme: scheme.saved, default=TemplateSet())


def _template_set(
    values: Mapping[str, Mapping[str, str]], lead: tuple[str, ...], taken: Mapping[str, Any]
) -> TemplateSet:
    groups: dict[tuple[str, ...], list[str]] = {}
    for name, own in values.items():
        if all(key in own for key in lead):
            groups.setdefault(tuple(own[key] for key in lead), []).append(name)
    scheme = TemplateSet()
    unsaid = _default_group(groups)
    for shared, members in groups.items():
        template = dict(zip(lead, shared, strict=True)) | dict(
            _common_values(values, members, lead)
        )
        title = unused(
            _title(v for at, v in enumerate(shared) if (at, v) != unsaid),
            {*taken, *scheme.templates},
        )
        takers = [name for name in members if template.keys() <= values[name].keys()]
        gains = [
            sum(_cost(k, v) for k, v in template.items() if values[name][k] == v) for name in takers
        ]
        saved = (
            sum(gains)
            - len(takers) * len(title)
            - sum(_cost(k, v) for k, v in template.items())
            - _BURDEN
        )
        if len(takers) >= _FEWEST and len(template) > 1 and saved > 0:
            scheme.templates[title] = template
            scheme.assignments |= dict.fromkeys(takers, title)
            scheme.saved += saved
    return scheme


def _default_group(groups: Mapping[tuple[str, ...], list[str]]) -> tuple[int, str] | None:
    """Find the part of two-field leads that names omit: the most common value, such as a policy."""
    counts: Counter[tuple[int, str]] = Counter()
    for shared, members in groups.items():
        parts = (
            [part for part in enumerate(shared) if part[1] != _CONTACT[1]]
            if len(shared) > 1
            else ()
        )
        counts.update(dict.fromkeys(parts, len(members)))
    return min(counts, key=lambda part: (-counts[part], part), default=None)


def _common_values(
    values: Mapping[str, Mapping[str, str]], members: list[str], lead: Iterable[str]
) -> Iterator[tuple[str, str]]:
    """List the common values of a group besides its lead, of fields that over 90 % of it have."""
    for key in SHARED:
        found = Counter(values[name][key] for name in members if key in values[name])
        if key in lead or found.total() < 0.9 * len(members):
            continue
        value, count = min(found.items(), key=lambda item: (-item[1], item[0]))
        if count >= _MOST * len(members) and (key, value) != _CONTACT:
            yield key, value


def _cost(key: str, value: str) -> int:
    return len(key) + len(value) + 2


def _title(shared: Iterable[str]) -> str:
    """Name a template after the values of its lead: `sales`, `london-strict`, `contact`."""
    words = []
    for text in shared:
        value = json.loads(text)
        if value == []:
            words.append("contact")
        elif isinstance(value, list):
            words += [" ".join(str(part) for part in entry.values()) for entry in value]
        else:
            words.append(str(value))
    return slug(" ".join(words)) or "template"
