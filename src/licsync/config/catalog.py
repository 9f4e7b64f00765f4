"""The license catalog: `catalog.yaml` of the package, extended by the account's own section."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from types import MappingProxyType
from typing import cast

import yaml

try:
    from yaml import CSafeLoader as SafeLoader
except ImportError:  # without libyaml: slower, same result
    from yaml import SafeLoader  # type: ignore[assignment]

from licsync.config.files import CATALOG_FILE
from licsync.model.catalog import Catalog, merge_types
from licsync.model.catalog_declarations import LicenseType

_NOTHING_OWN: Mapping[str, LicenseType] = MappingProxyType({})


class _CoreLoader(SafeLoader):
    """Reads `yes` and `no` as text, like the YAML 1.2 core schema, as far as the catalog needs."""

    yaml_implicit_resolvers = {  # noqa: RUF012 - PyYAML looks for it on the class
        letter: [
            (tag, regexp)
            for tag, regexp in resolvers
            if tag.endswith((":int", ":null")) or (tag.endswith(":bool") and letter in "tTfF")
        ]
        for letter, resolvers in SafeLoader.yaml_implicit_resolvers.items()
    }


@cache
def _package_types() -> Mapping[str, LicenseType]:
    return cast(Mapping[str, LicenseType], yaml.load(CATALOG_FILE.read_bytes(), Loader=_CoreLoader))


def load_catalog(own: Mapping[str, LicenseType] = _NOTHING_OWN) -> Catalog:
    """Return the license catalog.

    Args:
        own: the account's own `catalog:` section, validated. It adds types and overrides single
            facts.
    """
    return Catalog(merge_types(_package_types(), own) if own else _package_types())
