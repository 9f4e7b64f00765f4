"""Applies templates to users: later ones override earlier ones, a user's own keys override all.

A template is written once and copied into every user that names it. A small file could expand to
more than a machine can hold, so the expansion of all templates is limited, like that of YAML
aliases (`yaml.parser`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from licsync.config.positions import SourcePositions
from licsync.diagnostics import Code, Diagnostic, Suggestions, error
from licsync.model.wrong_values import quote

MAX_EXPANSION = 1_000_000
"""How many values templates may expand to in all users together, however few users there are."""
PER_USER = 50
"""How many values templates may expand to per user on average, if there are many users."""

Templates = Mapping[str, Mapping[str, Any]]


def apply_templates(
    users: Mapping[str, dict[str, Any]], templates: Templates, where: SourcePositions
) -> tuple[dict[str, dict[str, Any]] | None, list[Diagnostic]]:
    """Apply templates to users.

    Args:
        users: valid users by name.
        templates: the content of each template.
        where: finds the source of each reference, and receives the templates of each user.

    Returns:
        the users, or None if templates expand to too many values; and all faults.
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
                message = (
                    f"User {quote(name)} names the template {quote(template)},"
                    " which no file declares."
                )
                faults.append(
                    error(Code.UNKNOWN_REFERENCE, message, span, nearest(template, templates))
                )
        where.templates[name] = chosen = [template for template in chosen if template in templates]
        own = {key: value for key, value in user.items() if key != "template"}
        inherited: dict[str, int] = {}
        for template in chosen:
            inherited |= sizes[template]
        left -= sum(size for key, size in inherited.items() if key not in own)
        if left < 0:
            message = (
                "From this user on, templates expand to more than"
                f" {limit:,} values in all users together."
            )
            hint = (
                "Keep in a template only what its users share,"
                " and put long lists on the users that need them."
            )
            return None, [*faults, error(Code.INVALID_VALUE, message, where("users", name), hint)]
        found[name] = _merge_templates(chosen, templates, own)
    return found, faults


def _deep_copy(value: Any) -> Any:
    """Copy mappings and lists deeply."""
    if isinstance(value, dict):
        return {key: _deep_copy(item) for key, item in value.items()}
    return [_deep_copy(item) for item in value] if isinstance(value, list) else value


def apply_to_user(user: dict[str, Any], templates: Templates) -> dict[str, Any] | None:
    """Apply templates to one user; None if one is unknown. Do not modify the result."""
    if user.get("template") is None:
        return user
    chosen = _template_names(user)
    if not all(template in templates for template in chosen):
        return None
    return _merge_templates(
        chosen, templates, {key: value for key, value in user.items() if key != "template"}
    )


def are_small(templates: Templates) -> bool:
    """Return whether every template is so small that its expansion need not be counted."""
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
        key: own[key] if key in own else _deep_copy(value) for key, value in joined.items()
    } | dict(own)


def _size(value: Any) -> int:
    """Count a value and everything inside it."""
    if isinstance(value, Mapping):
        return 1 + sum(map(_size, value.values()))
    return 1 + sum(map(_size, value)) if isinstance(value, list) else 1
