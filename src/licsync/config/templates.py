"""Fills users in from their templates: later templates win, the user's own keys win over all.

A template is written once and stands for its values in every user that names it. A small file could
so stand for more than any machine can hold, therefore what all templates stand for together has a
limit, as aliases have (`reader`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from licsync.config.positions import SourcePositions
from licsync.config.yaml.limits import quote
from licsync.config.yaml.parser import deep_copy
from licsync.diagnostics import Code, Diagnostic, Suggestions, error

MAX_EXPANSION = 1_000_000
"""The most values that templates may stand for in all users together, however few users there are."""
PER_USER = 50
"""The most values that they may stand for in each user, on average, where there are many."""

Templates = Mapping[str, Mapping[str, Any]]


def apply_templates(
    users: Mapping[str, dict[str, Any]], templates: Templates, where: SourcePositions
) -> tuple[dict[str, dict[str, Any]] | None, list[Diagnostic]]:
    """Fill users in; give them, or None where there is too much of them, and every fault.

    Args:
        users: by name, valid.
        templates: what each says.
        where: finds the references, and is told the templates of each user.
    """
    found: dict[str, dict[str, Any]] = {}
    faults: list[Diagnostic] = []
    nearest = Suggestions()
    sizes = {
        name: {key: _size(value) for key, value in template.items()}
        for name, template in templates.items()
    }
    left = limit = max(MAX_EXPANSION, PER_USER * len(users))
    for name, user in users.items():
        if "template" not in user:
            found[name] = user
            continue
        chosen = _template_names(user)
        for index, template in enumerate(chosen):
            if template not in templates:
                span = where(
                    "users",
                    name,
                    "template",
                    *([index] if isinstance(user["template"], list) else []),
                )
                message = f"User {quote(name)} names the template {quote(template)}, which no file declares."
                faults.append(
                    error(Code.UNKNOWN_REFERENCE, message, span, nearest(template, templates))
                )
        where.templates[name] = chosen = [template for template in chosen if template in templates]
        own = {key: value for key, value in user.items() if key != "template"}
        left -= sum(
            {
                key: n
                for template in chosen
                for key, n in sizes[template].items()
                if key not in own
            }.values()
        )
        if left < 0:
            message = f"The templates stand for more than {limit:,} values in all users together, from this user on."
            hint = "Declare in a template only what its users share, and long lists with the users that need them."
            return None, [*faults, error(Code.INVALID_VALUE, message, where("users", name), hint)]
        found[name] = _merge_templates(chosen, templates, own)
    return found, faults


def apply_to_user(user: dict[str, Any], templates: Templates) -> dict[str, Any] | None:
    """Fill one user in; None where it names a template that there is not.

    It is not to be changed.
    """
    if user.get("template") is None:
        return user
    chosen = _template_names(user)
    if not all(template in templates for template in chosen):
        return None
    return _merge_templates(
        chosen, templates, {key: value for key, value in user.items() if key != "template"}
    )


def are_small(templates: Templates) -> bool:
    """Tell whether no user can get more than its share from any template, so that nobody need count."""
    return all(_size(template) <= PER_USER for template in templates.values())


def _template_names(user: Mapping[str, Any]) -> Sequence[str]:
    own: str | list[str] = user["template"]
    return [own] if isinstance(own, str) else own


def _merge_templates(
    chosen: Sequence[str], templates: Templates, own: Mapping[str, Any]
) -> dict[str, Any]:
    joined: dict[str, Any] = {}
    for template in chosen:
        joined |= templates[template]
    return {
        key: own[key] if key in own else deep_copy(value) for key, value in joined.items()
    } | dict(own)


def _size(value: Any) -> int:
    """Count a value with all that is in it."""
    if isinstance(value, Mapping):
        return 1 + sum(map(_size, value.values()))
    return 1 + sum(map(_size, value)) if isinstance(value, list) else 1
