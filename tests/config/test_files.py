"""Which files belong to an account directory, and that nothing outside it is read."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from licsync.config.files import read_files
from licsync.config.loader import load
from licsync.config.yaml.limits import MAX_BYTES
from tests.support.accounts import write_account


def put(root: Path, *names: str) -> None:
    for name in names:
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(f"# {name}\n")


def test_which_files_are_read(tmp_path: Path) -> None:
    put(tmp_path, "account.yaml", "b.yml", "a/c.yaml", "a/b/e.yaml", "Z.yaml", "a/X.YAML", "y.Yml")
    put(tmp_path, ".pre-commit-config.yaml", "a/.d.yaml", "a/._X.YAML", ".yaml")
    put(
        tmp_path,
        "x.json",
        "yaml",
        "x.yaml.bak",
        "x.yamlx",
        ".git/a.yaml",
        "a/.hidden/b.yaml",
        "a/.hidden/c/d.yaml",
    )
    files = read_files(tmp_path)
    assert list(files.contents) == [
        "Z.yaml",
        "a/X.YAML",
        "a/b/e.yaml",
        "a/c.yaml",
        "account.yaml",
        "b.yml",
        "y.Yml",
    ]
    assert files.contents["a/c.yaml"] == b"# a/c.yaml\n"
    assert files.faults == []


def test_links_within_the_directory_are_followed(tmp_path: Path) -> None:
    put(tmp_path, ".data/1/account.yaml", "users/a.yaml")
    (tmp_path / "account.yaml").symlink_to(".data/1/account.yaml")
    (tmp_path / "again").symlink_to("users")
    (tmp_path / "up").symlink_to(".")
    files = read_files(tmp_path)
    assert files.contents == {
        "account.yaml": b"# .data/1/account.yaml\n",
        "users/a.yaml": b"# users/a.yaml\n",
    }
    assert files.faults == []


def test_the_directory_itself_may_be_a_link(tmp_path: Path) -> None:
    put(tmp_path, "real/account.yaml")
    (tmp_path / "link").symlink_to("real")
    assert list(read_files(tmp_path / "link").contents) == ["account.yaml"]


@pytest.mark.parametrize(
    "target", ["../outside/a.yaml", "../outside", "/etc", "/etc/passwd", "../inside-not/a.yaml"]
)
def test_links_that_lead_out_are_refused(tmp_path: Path, target: str) -> None:
    put(tmp_path, "outside/a.yaml", "inside-not/a.yaml", "inside/account.yaml")
    (tmp_path / "inside" / "link.yaml").symlink_to(target)
    files = read_files(tmp_path / "inside")
    assert list(files.contents) == ["account.yaml"]
    assert [str(f.span) for f in files.faults] == ["link.yaml:1:1"]
    assert "points outside" in files.faults[0].message


def test_links_to_nothing_and_to_themselves(tmp_path: Path) -> None:
    (tmp_path / "gone.yaml").symlink_to("nothing.yaml")
    (tmp_path / "loop.yaml").symlink_to("loop.yaml")
    (tmp_path / "other").symlink_to("other")
    files = read_files(tmp_path)
    assert files.contents == {}
    assert [str(f.span) for f in files.faults] == ["gone.yaml:1:1", "loop.yaml:1:1"]


def test_only_regular_files_are_read(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.yaml")
    (tmp_path / "folder.yaml").mkdir()
    put(tmp_path, "folder.yaml/a.yaml")
    files = read_files(tmp_path)
    assert list(files.contents) == ["folder.yaml/a.yaml"]
    assert ["regular file" in f.message for f in files.faults] == [True]


def test_a_huge_file_is_refused(tmp_path: Path) -> None:
    write_account(tmp_path, "account: {name: acme}\n")
    with open(tmp_path / "huge.yaml", "wb") as stream:
        stream.truncate(MAX_BYTES * 50)
    loaded = load(tmp_path)
    assert [(str(d.span), d.code) for d in loaded.diagnostics] == [("huge.yaml:1:1", "yaml-syntax")]
    assert "larger than 20 MB" in loaded.diagnostics[0].message


def test_names_that_are_not_utf_8(tmp_path: Path) -> None:
    path = os.fsencode(tmp_path) + b"/\xff.yaml"
    with open(path, "wb") as stream:
        stream.write(b"# x\n")
    files = read_files(tmp_path)
    assert files.contents == {"\\udcff.yaml": b"# x\n"}
    assert files.digest.startswith("sha256:")


def test_deep_directories(tmp_path: Path) -> None:
    name = "/".join(["d"] * 200) + "/a.yaml"
    put(tmp_path, name)
    assert list(read_files(tmp_path).contents) == [name]


NOT_UTF_8 = [
    (b"\xff.yaml", b"\\udcff.yaml"),
    (b"u/\xe9.yml", b"u/\\udce9.yml"),
    (b"\xc3(.YAML", b"\\udcc3(.YAML"),
]


@pytest.mark.parametrize("names", NOT_UTF_8)
def test_names_that_look_alike_are_reported(tmp_path: Path, names: tuple[bytes, bytes]) -> None:
    for name in names:
        path = Path(os.fsdecode(os.fsencode(tmp_path) + b"/" + name))
        path.parent.mkdir(exist_ok=True)
        try:
            path.write_text("users: {}\n")
        except OSError:
            pytest.skip("the file system takes no names but UTF-8")
    files = read_files(tmp_path)
    (fault,) = files.faults
    assert fault.span is not None
    assert [fault.span.file] == list(files.contents) == [os.fsdecode(names[1])]
    assert "Two files have this name" in fault.message


@pytest.mark.parametrize("name", [name for pair in NOT_UTF_8 for name in pair])
def test_a_file_name_that_is_not_utf_8_is_read(tmp_path: Path, name: bytes) -> None:
    path = Path(os.fsdecode(os.fsencode(tmp_path) + b"/" + name))
    path.parent.mkdir(exist_ok=True)
    path.write_text("users: {ada: {}}\n")
    write_account(tmp_path, "account: {name: acme}\n")
    loaded = load(tmp_path)
    assert loaded.desired is not None
    assert list(loaded.desired.users) == ["ada"]


def test_another_account_below_is_named(tmp_path: Path) -> None:
    for place, name in [("", "acme"), ("globex/", "globex"), ("old/", "acme")]:
        (tmp_path / place).mkdir(exist_ok=True)
        write_account(tmp_path / place, f"account: {{name: {name}}}\nusers: {{ada: {{}}}}\n")
    found = load(tmp_path).diagnostics
    assert [(str(d.span), d.message) for d in found] == [
        (
            "globex/account.yaml:1:1",
            "This directory holds two accounts: 'acme' in account.yaml:1:1, and 'globex' here.",
        ),
        (
            "old/account.yaml:1:1",
            "This directory holds two accounts: 'acme' in account.yaml:1:1, and 'acme' here.",
        ),
    ]


@pytest.mark.parametrize("file", ["globex.yaml", "users/globex.yaml", "globex/company.yml"])
def test_another_account_is_recognized_by_its_content(tmp_path: Path, file: str) -> None:
    for name, account in [("account.yaml", "acme"), (file, "globex")]:
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(f"account: {{name: {account}}}\nusers: {{ada: {{}}}}\n")
    (fault,) = load(tmp_path).diagnostics
    assert str(fault.span) == f"{file}:1:1"
    assert (
        fault.message
        == "This directory holds two accounts: 'acme' in account.yaml:1:1, and 'globex' here."
    )
    assert (fault.hint or "").endswith("If both are the same account, remove the name here.")
    (tmp_path / file).write_text("account: {name: acme}\n")
    (fault,) = load(tmp_path).diagnostics
    assert "declared twice in account" in fault.message


@pytest.mark.parametrize(
    ("name", "hint"),
    [
        ("account.yml", "Rename account.yml to account.yaml."),
        ("Account.YAML", "Rename Account.YAML to account.yaml."),
        (
            "acme/account.yaml",
            "Found one in acme/account.yaml: run licsync on that directory instead.",
        ),
    ],
)
def test_an_account_file_of_another_name_or_place_is_found(
    tmp_path: Path, name: str, hint: str
) -> None:
    (tmp_path / name).parent.mkdir(exist_ok=True)
    (tmp_path / name).write_text("account: {name: acme}\n")
    assert [d.hint for d in load(tmp_path).diagnostics] == [hint]
