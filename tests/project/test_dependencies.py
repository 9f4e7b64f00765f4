"""The page of dependencies names each one, as it is installed."""

from __future__ import annotations

import tomllib
from importlib import metadata

import pytest
from packaging.requirements import Requirement

from tests.support.paths import ROOT

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
DATA = tomllib.loads((ROOT / "constraints" / "dependencies.toml").read_text("utf-8"))
TOOLS = {"dev", "docs"}
LOOKED_AT = DATA.pop("looked_at")
CLASSIFIERS = {
    "Apache Software License": "Apache-2.0",
    "BSD License": "BSD-3-Clause",
    "MIT License": "MIT",
}


def declared() -> set[str]:
    extras = PROJECT["project"]["optional-dependencies"]
    texts = [
        *PROJECT["project"]["dependencies"],
        *(text for name, extra in extras.items() if name not in TOOLS for text in extra),
        *PROJECT["build-system"]["requires"],
        *(
            t
            for group in PROJECT["dependency-groups"].values()
            for t in group
            if isinstance(t, str)
        ),
    ]
    return {Requirement(text).name for text in texts}


def test_the_page_names_each_dependency() -> None:
    assert DATA.keys() == declared(), "write constraints/dependencies.toml"


@pytest.mark.parametrize("name", DATA)
def test_each_has_a_reason_and_a_license_and_was_looked_at(name: str) -> None:
    package = DATA[name]
    assert package.keys() == {"license", "last_release", "reason", "kept"}
    assert package["last_release"] <= LOOKED_AT
    assert all(package[key].strip() for key in ("license", "reason", "kept"))


def told_license(name: str) -> str:
    told = metadata.metadata(name)
    classifiers = [text.rpartition(" :: ")[2] for text in told.get_all("Classifier") or []]
    named = [CLASSIFIERS[text] for text in classifiers if text in CLASSIFIERS]
    return str(told.get("License-Expression") or (named or [told.get("License")])[0])


@pytest.mark.parametrize("name", sorted(DATA.keys() - {"hatchling", "cyclonedx-bom", "pip-audit"}))
def test_the_license_is_what_the_installed_package_says(name: str) -> None:
    assert DATA[name]["license"] == told_license(name)
