"""What GitHub, editors and package indexes read of the repository."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from licsync.version import DOCUMENTATION, REPOSITORY, __version__
from tests.support.paths import ROOT

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
README = (ROOT / "README.md").read_text("utf-8")
GITHUB = ROOT / ".github"
FORMS = sorted((GITHUB / "ISSUE_TEMPLATE").glob("*.yml"))
SCHEMAS = {
    "vendor.github-issue-config": [GITHUB / "ISSUE_TEMPLATE" / "config.yml"],
    "vendor.github-issue-forms": [form for form in FORMS if form.name != "config.yml"],
    "vendor.github-workflows": sorted((GITHUB / "workflows").glob("*.yml")),
    "vendor.dependabot": sorted(GITHUB.glob("dependabot.yml")),
    "vendor.github-actions": [ROOT / "action.yml"],
}


FOLDERS = {"bench", "constraints", "docs", "examples", "man", "schemas", "src", "tests"}


@pytest.mark.slow
@pytest.mark.parametrize("schema", [name for name, files in SCHEMAS.items() if files])
def test_github_understands_its_files(schema: str) -> None:
    """check-jsonschema brings the schemas along."""
    command = [sys.executable, "-m", "check_jsonschema", "--builtin-schema", schema]
    checked = subprocess.run(
        [*command, *map(str, SCHEMAS[schema])], capture_output=True, text=True, check=False
    )
    assert checked.returncode == 0, checked.stdout + checked.stderr


def tracked() -> list[Path]:
    listed = subprocess.run(
        ["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=True
    )
    paths = [ROOT / name for name in listed.stdout.split("\0") if name]
    return [path for path in paths if path.is_file()]


def test_the_repository_has_no_stray_folder() -> None:
    """A script that takes an option for a directory writes one beside the sources."""
    folders = {path.relative_to(ROOT).parts[0] for path in tracked() if path.parent != ROOT}
    assert {name for name in folders if not name.startswith(".")} == FOLDERS


@pytest.mark.slow
def test_the_repository_has_one_address() -> None:
    """Whoever publishes licsync replaces it everywhere (CONTRIBUTING.md)."""
    owner = REPOSITORY.split("/")[-2]
    address = re.compile(
        r"(?:github\.com/|uses: |githubusercontent\.com/)([\w-]+)/licsync\b"
        r"|\b([\w-]+)\.github\.io/licsync"
    )
    found: dict[str, set[str]] = {}
    for path in tracked():
        text = path.read_bytes().decode("utf-8", "ignore")
        for names in address.findall(text):
            found.setdefault("".join(names), set()).add(str(path.relative_to(ROOT)))
    assert set(found) == {owner}, found


def test_links_into_the_repository_lead_to_its_files() -> None:
    link = re.compile(rf"{re.escape(REPOSITORY)}/(?:blob|tree|raw)/main/([\w./-]*\w)")
    texts = {path: path.read_bytes().decode("utf-8", "ignore") for path in tracked()}
    found = [(path, name) for path, text in texts.items() for name in link.findall(text)]
    assert len(found) > 2
    assert [(path, name) for path, name in found if not (ROOT / name).exists()] == []


def test_the_package_index_leads_to_the_repository() -> None:
    urls = PROJECT["urls"]
    assert urls["Repository"] == REPOSITORY
    assert urls["Documentation"] == DOCUMENTATION
    assert f'"{DOCUMENTATION}"' in (ROOT / "mkdocs.yml").read_text("utf-8")
    for name in ("Changelog", "Issues"):
        assert urls[name].startswith(f"{REPOSITORY}/")


def test_the_badges_say_what_pyproject_says() -> None:
    badges = dict(re.findall(r"!\[([^\]]+)\]\(https://img\.shields\.io/badge/([^)]+)\)", README))
    oldest = PROJECT["requires-python"].removeprefix(">=")
    assert badges == {
        f"Python {oldest} or newer": f"python-{oldest}%2B-blue",
        f"License: {PROJECT['license']}": f"license-{PROJECT['license'].replace('-', '--')}-blue",
    }


def test_files_to_copy_name_this_version() -> None:
    named = re.compile(r"licsync(?:@0{40} # v|:)(\d+\.\d+\.\d+)|^# +rev: v(\d+\.\d+\.\d+)", re.M)
    paths = [*(ROOT / "examples").rglob("*.y*ml"), ROOT / ".pre-commit-hooks.yaml"]
    found = [version for path in paths for version in named.findall(path.read_text("utf-8"))]
    assert len(found) > 10
    assert {"".join(version) for version in found} == {__version__}


def test_the_status_is_that_of_the_version() -> None:
    major = int(__version__.partition(".")[0])
    status = "5 - Production/Stable" if major else "4 - Beta"
    assert f"Development Status :: {status}" in PROJECT["classifiers"]


def test_a_container_for_development_is_made_by_the_makefile() -> None:
    container = json.loads((ROOT / ".devcontainer" / "devcontainer.json").read_text("utf-8"))
    command, target = container["postCreateCommand"].split()
    assert command == "make"
    makefile = (ROOT / "Makefile").read_text("utf-8")
    assert f"DEV := {target.replace('.venv', '$(VENV)')}" in makefile
    version = re.search(r"\bpython:([\d.]+)", (ROOT / "Dockerfile").read_text("utf-8"))
    assert version is not None
    assert re.fullmatch(rf"python:{version[1]}-\w+", container["image"])


def test_issue_templates_ask_for_masked_output() -> None:
    for form in ("bug.yml", "wrong-plan.yml"):
        assert "--redact" in (GITHUB / "ISSUE_TEMPLATE" / form).read_text("utf-8")
