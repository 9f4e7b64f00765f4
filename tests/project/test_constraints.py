"""What is installed where a key may be is pinned by hash: all of it, and as pyproject.toml asks for
it.
"""

from __future__ import annotations

import os
import re
import subprocess
import tomllib
from importlib import metadata
from pathlib import Path

import pytest
import yaml
from packaging.markers import default_environment
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

from tests.support.paths import ROOT
from tests.support.patience import PATIENCE

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())
EXTRAS = PROJECT["project"]["optional-dependencies"]
RUN = [Requirement(t) for t in (*PROJECT["project"]["dependencies"], *EXTRAS["fleet"])]
BUILD = [Requirement(text) for text in PROJECT["build-system"]["requires"]]
GROUPS = PROJECT["dependency-groups"]
PUBLISH = [Requirement(text) for text in GROUPS["publish"]]
TOOLS = [*PUBLISH, *(Requirement(text) for text in GROUPS["tools"] if isinstance(text, str))]
HASHED = ["build.txt", "publish.txt", "run.txt", "tools.txt"]
RENEW = "renew constraints/ with: make constraints"


def pinned(name: str) -> dict[str, tuple[str, list[str]]]:
    """Read a file of `constraints/`: the version and the hashes of each package."""
    text = (ROOT / "constraints" / name).read_text().replace("\\\n", " ")
    found = {}
    for line in text.splitlines():
        if line and not line.startswith("#"):
            words = line.split(" --hash=")
            requirement = Requirement(words[0])
            (exact,) = requirement.specifier
            assert exact.operator == "=="
            found[canonicalize_name(requirement.name)] = (exact.version, words[1:])
    return found


def closure(requirements: list[Requirement]) -> set[str]:
    """Find everything that installing these brings along here, by what is installed."""
    environment = {key: str(value) for key, value in default_environment().items()}
    found: set[str] = set()
    left = [(r, extra) for r in requirements for extra in (r.extras or {""})]
    seen: set[tuple[str, str]] = set()
    while left:
        requirement, extra = left.pop()
        name = canonicalize_name(requirement.name)
        if (name, extra) in seen:
            continue
        seen.add((name, extra))
        found.add(name)
        for text in metadata.requires(name) or ():
            inner = Requirement(text)
            if inner.marker is None or inner.marker.evaluate(environment | {"extra": extra}):
                left += [(inner, own) for own in (inner.extras or {""})]
    return found


def test_everything_that_runs_is_pinned() -> None:
    missing = closure(RUN) - pinned("run.txt").keys()
    assert not missing, RENEW


@pytest.mark.parametrize(
    ("file", "requirements"),
    [
        ("run.txt", RUN),
        ("build.txt", BUILD),
        ("hook.txt", RUN + BUILD),
        ("publish.txt", PUBLISH),
        ("tools.txt", TOOLS),
    ],
)
def test_what_is_pinned_is_what_the_project_asks_for(
    file: str, requirements: list[Requirement]
) -> None:
    versions = pinned(file)
    for requirement in requirements:
        version, _ = versions[canonicalize_name(requirement.name)]
        assert requirement.specifier.contains(version), f"{requirement}: {RENEW}"


@pytest.mark.parametrize("file", HASHED)
def test_each_package_has_its_hashes(file: str) -> None:
    for name, (_, hashes) in pinned(file).items():
        assert hashes, name
        assert all(re.fullmatch(r"sha256:[0-9a-f]{64}", text.strip()) for text in hashes), name


def test_the_hooks_get_the_same_versions() -> None:
    versions = {
        name: version
        for file in ("run.txt", "build.txt")
        for name, (version, _) in pinned(file).items()
    }
    assert {name: version for name, (version, _) in pinned("hook.txt").items()} == versions, RENEW
    for hook in yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text()):
        assert hook["additional_dependencies"] == ["--constraint=constraints/hook.txt"]


def test_action_and_image_install_by_hash_and_build_nothing_but_licsync() -> None:
    for file in ("action.yml", "Dockerfile"):
        text = (ROOT / file).read_text()
        assert "constraints/install.sh" in text
        assert not re.search(r"pip3? install|uv pip", text)
    installed = re.findall(
        r"-I -m pip (.*(?:\\\n.*)*)", (ROOT / "constraints" / "install.sh").read_text()
    )
    assert len(installed) == 3
    for words in installed:
        assert "--require-hashes --only-binary :all:" in words or "--no-deps --no-index" in words


def test_every_stage_of_the_image_is_named_by_digest() -> None:
    stages = re.findall(r"(?m)^FROM (\S+)(?: AS (\S+))?$", (ROOT / "Dockerfile").read_text())
    named = {name for _, name in stages}
    bases = [base for base, _ in stages if base not in named]
    assert len(bases) == 1
    assert re.fullmatch(r"python:[\w.-]+@sha256:[0-9a-f]{64}", bases[0])


def test_a_job_that_publishes_installs_one_package() -> None:
    assert pinned("publish.txt").keys() == {"uv"}
    assert pinned("publish.txt")["uv"] == pinned("tools.txt")["uv"]


@pytest.mark.soak
def test_installing_runs_nothing_of_the_directory_that_it_is_started_in(tmp_path: Path) -> None:
    checkout = tmp_path / "checkout"
    checkout.mkdir()
    for module in ("venv", "pip", "ensurepip", "subprocess", "logging", "shutil"):
        (checkout / f"{module}.py").write_text(
            f"open({str(tmp_path / 'ran')!r}, 'a').write({module!r})\n"
        )
    script, folder = ROOT / "constraints" / "install.sh", tmp_path / "installed"
    environment = {**os.environ, "PIP_NO_INDEX": "1", "PIP_FIND_LINKS": "", "TMPDIR": str(tmp_path)}
    done = subprocess.run(
        ["sh", script, folder],
        cwd=checkout,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=PATIENCE,
    )
    assert "No matching distribution found" in done.stderr  # it came as far as pip
    assert not (tmp_path / "ran").exists()


FIRST_WITHOUT_ADVISORY = {
    "cryptography": "46.0.7",  # CVE-2024-12797, CVE-2026-26007, CVE-2026-34073, CVE-2026-39892
    "deepdiff": "8.6.2",  # CVE-2025-58367, CVE-2026-33155
    "h11": "0.16.0",  # CVE-2025-43859
    "jinja2": "3.1.6",  # CVE-2024-56201, CVE-2024-56326, CVE-2025-27516
    "starlette": "0.49.1",  # CVE-2025-54121, CVE-2025-62727
    "openpyxl": "2.4.2",  # CVE-2017-5992
    "pydantic": "2.4.0",  # CVE-2024-3772
    "pyyaml": "5.4",  # CVE-2020-14343
    "sqlalchemy": "1.3.3",  # CVE-2019-7164
    "uvicorn": "0.11.7",  # CVE-2020-7695
}
"""The first release that no advisory known to us is about; what came after them only `pip-audit`
can say.
"""


@pytest.mark.parametrize("name", FIRST_WITHOUT_ADVISORY)
def test_no_release_with_a_known_advisory_is_allowed(name: str) -> None:
    (requirement,) = [r for r in RUN if canonicalize_name(r.name) == name]
    (lowest,) = [Version(s.version) for s in requirement.specifier if s.operator == ">="]
    assert lowest >= Version(FIRST_WITHOUT_ADVISORY[name])
