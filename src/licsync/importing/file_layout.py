"""Distributes declarations over files: places, pool, policies, and users by department or site."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Any

from licsync.importing.templates import extract_templates
from licsync.model.catalog_declarations import LicenseType
from licsync.model.desired import Desired
from licsync.planning.declarable import slug, unused

Sections = dict[str, Any]

_FEW = 40
"""Up to this many users go into a single file."""

_CRUMB = 5
"""A smaller group of users does not count as a reason for separate files."""

_DEFAULTS = {"status": "active"}
"""Values that are omitted because they are the default."""


def layout_files(
    desired: Desired, catalog: Mapping[str, LicenseType], *, has_account: bool
) -> dict[str, Sections]:
    """Return the content of each file of the account directory by name.

    Args:
        desired: the declarations, with every user in full.
        catalog: the account's own license types.
        has_account: whether the account section already exists, in a file that stays.
    """
    templates, users = extract_templates(desired.users)
    users = {name: _short(user, templates, desired) for name, user in users.items()}
    account: Sections = {} if has_account else {"account": dict(desired.account)}
    files: dict[str, Sections] = {
        "account.yaml": account,
        "places.yaml": {"service_addresses": desired.service_addresses, "sites": desired.sites},
        "licenses.yaml": {"licenses": desired.pools, "catalog": dict(catalog)},
        "policies.yaml": {"policies": desired.policies, "templates": templates},
        **{name: {"users": part} for name, part in _by_group(desired.users, users).items()},
    }
    filled = {
        name: {key: part for key, part in sections.items() if part}
        for name, sections in files.items()
    }
    return {name: sections for name, sections in filled.items() if sections}


def _short(user: dict[str, Any], templates: Mapping[str, Any], desired: Desired) -> dict[str, Any]:
    """Omit default values that no template sets."""
    own = user.get("template", [])
    templated_keys = {
        key for name in ([own] if isinstance(own, str) else own) for key in templates[name]
    }
    quiet = {**_DEFAULTS, "policy": desired.policy}
    return {
        key: value
        for key, value in user.items()
        if key in templated_keys or quiet.get(key) != value
    }


def _by_group(full: Mapping[str, Any], users: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """Put users into one file per department or site, or into a single file if they are few."""
    if len(users) <= _FEW:
        return {"users.yaml": dict(users)}
    field = _grouping(full)
    names: dict[Any, str] = {}
    parts: dict[str, dict[str, Any]] = {}
    for name in sorted(users, key=str.casefold):
        group = full[name].get(field)
        if group not in names:
            title = unused(slug(str(group or "")) or "others", set(names.values()))
            names[group] = title
        parts.setdefault(f"users/{names[group]}.yaml", {})[name] = users[name]
    return dict(sorted(parts.items()))


def _grouping(full: Mapping[str, Any]) -> str:
    """Choose department or site, whichever puts more users into large groups."""

    def worth(field: str) -> int:
        groups = Counter(user[field] for user in full.values() if field in user)
        return sum(count for count in groups.values() if count >= _CRUMB)

    return max(("department", "site"), key=worth)
