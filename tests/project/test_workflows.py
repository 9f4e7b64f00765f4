"""The repository's own workflows: pinned, with no right that they do not need, and without a known
weakness; and what `make audit` accepts.
"""

from __future__ import annotations

import re
import runpy
import subprocess
import sys
from datetime import date
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.support.paths import ROOT

GITHUB = ROOT / ".github"
WORKFLOWS = sorted((GITHUB / "workflows").glob("*.yml"))
DEPENDABOT = GITHUB / "dependabot.yml"
RELEASE = GITHUB / "workflows" / "release.yml"


def loaded(file: Path) -> dict[str, Any]:
    document: dict[str, Any] = yaml.load(file.read_text("utf-8"), yaml.BaseLoader)
    return document


def checked(*words: object) -> None:
    program = Path(sys.executable).with_name(str(words[0]))
    done = subprocess.run(
        [program, *map(str, words[1:])], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.slow
def test_each_file_is_what_github_takes() -> None:
    schema = ["check-jsonschema", "--builtin-schema"]
    checked(*schema, "vendor.github-workflows", *WORKFLOWS)
    checked(*schema, "custom.github-workflows-require-timeout", *WORKFLOWS)
    checked(*schema, "vendor.dependabot", DEPENDABOT)


def test_nothing_has_a_known_weakness() -> None:
    checked("zizmor", "--offline", "--no-progress", "--persona", "auditor", *WORKFLOWS, DEPENDABOT)


@pytest.mark.parametrize("file", WORKFLOWS, ids=lambda file: file.stem)
def test_actions_are_pinned_and_rights_are_named_per_job(file: Path) -> None:
    used = re.findall(r"uses: (.+)", file.read_text("utf-8"))
    assert used
    for line in used:
        assert re.fullmatch(r"[\w-]+/[\w-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+", line)
    workflow = loaded(file)
    assert workflow["permissions"] == {}
    for job in workflow["jobs"].values():
        assert job["permissions"]
        for step in job["steps"]:
            if step.get("uses", "").startswith("actions/checkout@"):
                assert step["with"]["persist-credentials"] == "false"


def test_only_an_approved_job_can_publish() -> None:
    jobs = loaded(RELEASE)["jobs"]
    writing = {
        name: {right for right, access in job["permissions"].items() if access == "write"}
        for name, job in jobs.items()
    }
    assert {name: rights for name, rights in writing.items() if rights} == {
        "publish": {"id-token", "attestations", "artifact-metadata"},
        "announce": {"contents"},
    }
    assert jobs["publish"]["environment"]["name"] == "pypi"
    assert set(jobs["publish"]["needs"]) == {"build", "again"}
    assert jobs["announce"]["needs"] == ["build", "publish"]
    assert "secrets." not in RELEASE.read_text("utf-8")


def test_a_release_uses_no_cache_and_installs_by_hash() -> None:
    text = RELEASE.read_text("utf-8")
    assert not re.search(r"actions/cache|cache:", text)
    made = set(re.findall(r"make ([a-z -]+) PYTHON", text))
    assert made == {"sbom audit", "sbom", "test-wheel"}  # tests/project/test_constraints.py
    for words in re.findall(r"pip install (.*(?:\\\n.*)*)", text):
        assert "--require-hashes --only-binary :all:" in words


# --- make audit -----------------------------------------------------------------------------------

AUDIT = runpy.run_path(str(ROOT / "constraints" / "audit.py"))
ENTRY = """
[[accepted]]
id = "PYSEC-2026-1"
package = "example"
reason = "Nothing calls it."
look_again_on = 2026-12-31
"""


def test_what_is_accepted_is_written_in_full() -> None:
    _, faults = AUDIT["accepted"]((ROOT / "constraints" / "advisories.toml").read_text(), date.min)
    assert faults == []


def test_an_advisory_is_accepted_until_its_day() -> None:
    assert AUDIT["accepted"](ENTRY, date(2026, 12, 30)) == (["PYSEC-2026-1"], [])
    ids, (fault,) = AUDIT["accepted"](ENTRY, date(2026, 12, 31))
    assert ids == []
    assert "accepted until 2026-12-31" in fault


@pytest.mark.parametrize("line", ["reason", "look_again_on", "id"])
def test_an_advisory_without_a_reason_or_a_day_is_not_accepted(line: str) -> None:
    ids, faults = AUDIT["accepted"](re.sub(rf"(?m)^{line} = .*$", "", ENTRY), date(2026, 12, 1))
    assert ids == []
    assert "look_again_on" in faults[0]


STUB = """
import sys
if "--strict" not in sys.argv or sys.argv[-1] == "vulnerable.txt":
    sys.exit("--ignore-vuln PYSEC-2026-1" not in " ".join(sys.argv))
"""
"""As pip-audit: it passes over what it cannot look up, unless it is strict."""


def test_the_audit_is_strict_and_looks_at_every_file() -> None:
    program = [sys.executable, "-c", STUB]
    files = ["vulnerable.txt", "run.txt", "vulnerable.txt"]
    assert AUDIT["audit"](program, files, []) == 2
    assert AUDIT["audit"](program, files, ["PYSEC-2026-1"]) == 0


def test_the_audit_gets_every_file_with_hashes() -> None:
    (listed,) = re.findall(r"(?m)^PINNED := (.*)$", (ROOT / "Makefile").read_text())
    hashed = {str(file.relative_to(ROOT)) for file in (ROOT / "constraints").glob("*.txt")}
    assert set(listed.split()) == hashed - {"constraints/hook.txt"}
