"""What is published: the same bytes from wherever it is built, everything that licsync needs and
nothing else, and a first day with it that needs no checkout.
"""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path
from urllib.request import HTTPCookieProcessor, build_opener

import pytest

import licsync
from licsync.version import REPOSITORY
from tests.support.paths import ROOT
from tests.support.patience import PATIENCE

pytestmark = [pytest.mark.slow, pytest.mark.untraced]

CONSTRAINTS = ROOT / "constraints"
NAME = f"licsync-{licsync.__version__}"
TRACKED = subprocess.run(
    ["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=False
).stdout.splitlines()


def uv(*words: str | Path, cwd: Path, **environment: str) -> None:
    program = Path(sys.executable).with_name("uv")
    command = [program, "--quiet", *words]
    subprocess.run(command, cwd=cwd, env={**os.environ, **environment}, check=True)


def checkout(home: Path, mode: int) -> Path:
    """Copy what is tracked, as another person has it: elsewhere, today, with other permissions."""
    for name in TRACKED:
        copy = home / name
        copy.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(ROOT / name, copy)
        copy.chmod(mode | (ROOT / name).stat().st_mode & 0o100)
    return home


def build(source: Path, out: Path, *words: str, **environment: str) -> dict[str, str]:
    """Build; give the digest of each file."""
    pinned = ["--build-constraints", str(CONSTRAINTS / "build.txt"), "--require-hashes"]
    python = ["--python", sys.executable, "--no-create-gitignore"]
    uv("build", *python, *pinned, *words, "--out-dir", str(out), cwd=source, **environment)
    return {file.name: hashlib.sha256(file.read_bytes()).hexdigest() for file in out.iterdir()}


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The directory of the wheel and of the sdist that it is made from."""
    home = tmp_path_factory.mktemp("built")
    build(checkout(home / "checkout", 0o644), home / "dist")
    return home / "dist"


def names(built: Path) -> tuple[set[str], set[str]]:
    """List the files of the wheel and those of the sdist."""
    with zipfile.ZipFile(built / f"{NAME}-py3-none-any.whl") as wheel:
        in_wheel = set(wheel.namelist())
    with tarfile.open(built / f"{NAME}.tar.gz") as sdist:
        in_sdist = {member.name.removeprefix(f"{NAME}/") for member in sdist if member.isfile()}
    return in_wheel, in_sdist


def test_the_wheel_has_the_package_with_its_manual_and_nothing_else(built: Path) -> None:
    package = {name.removeprefix("src/") for name in TRACKED if name.startswith("src/")}
    manual = f"{NAME}.data/data/share/man/man1"
    package |= {f"{manual}/{Path(name).name}" for name in TRACKED if name.startswith("man/")}
    files = {"METADATA", "RECORD", "WHEEL", "entry_points.txt", "licenses/LICENSE"}
    assert names(built)[0] == package | {f"{NAME}.dist-info/{name}" for name in files}


def test_every_link_of_the_description_leads_to_the_repository_at_its_tag(built: Path) -> None:
    """PyPI shows README.md without the repository, and refuses what it cannot read."""
    with zipfile.ZipFile(built / f"{NAME}-py3-none-any.whl") as wheel:
        metadata = wheel.read(f"{NAME}.dist-info/METADATA").decode()
    assert "Description-Content-Type: text/markdown\n" in metadata
    at_tag = f"{REPOSITORY}/(blob|raw)/v{licsync.__version__}/"
    ours = (ROOT / "README.md").read_text("utf-8")
    links = re.findall(r"\]\(([^)]+)\)", metadata)
    assert len(links) == len(re.findall(r"\]\(([^)]+)\)", ours)) > 40
    for link in links:
        path = re.sub(at_tag, "", link).partition("#")[0]
        assert link.startswith("https://")
        assert path.startswith("https:") or (ROOT / path).exists()
    assert f"]({REPOSITORY}/raw/v{licsync.__version__}/docs/images/plan.png)" in metadata


def test_the_sdist_has_what_is_tracked_and_nothing_else(built: Path) -> None:
    assert names(built)[1] == {*TRACKED, "PKG-INFO"}


def test_the_same_bytes_come_from_elsewhere_and_without_the_sdist(
    built: Path, tmp_path: Path
) -> None:
    elsewhere = checkout(tmp_path / "a" / "longer path", 0o600)
    digests = {file.name: hashlib.sha256(file.read_bytes()).hexdigest() for file in built.iterdir()}
    assert (
        build(elsewhere, tmp_path / "wheel", "--wheel", TZ="Asia/Tokyo").items() < digests.items()
    )
    assert build(elsewhere, tmp_path / "sdist", "--sdist", LC_ALL="C").items() < digests.items()


def test_a_day_that_the_environment_names_decides_the_bytes(built: Path, tmp_path: Path) -> None:
    elsewhere = checkout(tmp_path / "checkout", 0o644)
    first, second = (
        build(elsewhere, tmp_path / name, "--wheel", SOURCE_DATE_EPOCH="1764460800")
        for name in ("first", "second")
    )
    assert first == second
    with zipfile.ZipFile(tmp_path / "first" / f"{NAME}-py3-none-any.whl") as wheel:
        assert {entry.date_time[:3] for entry in wheel.infolist()} == {(2025, 11, 30)}


@pytest.fixture(scope="module")
def program(built: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The command, installed from the wheel beside packages that are pinned by hash."""
    home = tmp_path_factory.mktemp("installed")
    uv("venv", "--python", sys.executable, "venv", cwd=home)
    python = ["--python", "venv", "--only-binary", ":all:"]
    run = str(CONSTRAINTS / "run.txt")
    uv("pip", "install", *python, "--require-hashes", "-r", run, cwd=home)
    wheel = str(built / f"{NAME}-py3-none-any.whl")
    uv("pip", "install", *python, "--no-deps", "--no-index", wheel, cwd=home)
    return home / "venv" / "bin" / "licsync"


def test_a_first_day_needs_only_the_wheel(program: Path, tmp_path: Path) -> None:
    environment = {"PATH": "/usr/bin:/bin", "HOME": str(tmp_path), "NO_COLOR": "1"}

    def run(*words: str, code: int = 0) -> str:
        done = subprocess.run(
            [program, *words], cwd=tmp_path, env=environment, capture_output=True, text=True,
            check=False, timeout=PATIENCE,
        )  # fmt: skip
        assert done.returncode == code, done.stdout + done.stderr
        return done.stdout

    assert licsync.__version__ in run("--version")
    run("init", "shop")
    assert "Valid" in run("validate", "shop")
    users = tmp_path / "shop" / "users" / "example.yaml"
    users.write_text(re.sub(r"(?m)^(\s+)first_name: .*", r"\1first_name: Other", users.read_text()))
    assert "1 to update" in run("plan", "shop", "--out", "plan.json")
    run("apply", "plan.json")
    assert "No changes" in run("plan", "shop", "--detailed-exitcode")
    run("report", "shop", "--out", "report")
    assert "Other" in (tmp_path / "report" / "users.html").read_text("utf-8")
    run("schema", "--out", "schemas")
    for schema in (ROOT / "schemas").iterdir():
        assert (tmp_path / "schemas" / schema.name).read_bytes() == schema.read_bytes()
    with subprocess.Popen(
        [program, "serve", "shop"], cwd=tmp_path, env=environment, stdout=subprocess.PIPE, text=True
    ) as serving:
        try:
            assert serving.stdout
            address = re.search(r"http://\S+", serving.stdout.readline())
            assert address
            opener = build_opener(HTTPCookieProcessor())
            with opener.open(address[0], timeout=PATIENCE) as page:
                assert "shop" in page.read().decode()
        finally:
            serving.terminate()
