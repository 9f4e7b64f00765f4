"""Which files belong to an account directory, and that nothing outside it is read."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from licsync.config.files import read_files
from licsync.config.load import load
from licsync.config.text import MAX_BYTES


def put(root: Path, *names: str) -> None:
    for name in names:
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(f"# {name}\n")


def test_which_files_are_read(tmp_path: Path) -> None:
    put(tmp_path, "account.yaml", "b.yml", "a/c.yaml", "a/.d.yaml", "a/b/e.yaml", "Z.yaml")
    put(tmp_path, "x.json", "yaml", "x.yaml.bak", "x.YAML", ".git/a.yaml", "a/.hidden/b.yaml", "a/.hidden/c/d.yaml")
    files = read_files(tmp_path)
    assert list(files.contents) == ["Z.yaml", "a/.d.yaml", "a/b/e.yaml", "a/c.yaml", "account.yaml", "b.yml"]
    assert files.contents["a/c.yaml"] == b"# a/c.yaml\n"
    assert files.faults == []


def test_links_within_the_directory_are_followed(tmp_path: Path) -> None:
    put(tmp_path, ".data/1/account.yaml", "users/a.yaml")
    (tmp_path / "account.yaml").symlink_to(".data/1/account.yaml")
    (tmp_path / "again").symlink_to("users")
    (tmp_path / "up").symlink_to(".")
    files = read_files(tmp_path)
    assert files.contents == {"account.yaml": b"# .data/1/account.yaml\n", "users/a.yaml": b"# users/a.yaml\n"}
    assert files.faults == []


def test_the_directory_itself_may_be_a_link(tmp_path: Path) -> None:
    put(tmp_path, "real/account.yaml")
    (tmp_path / "link").symlink_to("real")
    assert list(read_files(tmp_path / "link").contents) == ["account.yaml"]


@pytest.mark.parametrize("target", ["../outside/a.yaml", "../outside", "/etc", "/etc/passwd", "../inside-not/a.yaml"])
def test_links_that_lead_out_are_refused(tmp_path: Path, target: str) -> None:
    put(tmp_path, "outside/a.yaml", "inside-not/a.yaml", "inside/account.yaml")
    (tmp_path / "inside" / "link.yaml").symlink_to(target)
    files = read_files(tmp_path / "inside")
    assert list(files.contents) == ["account.yaml"]
    assert [str(f.span) for f in files.faults] == ["link.yaml:1:1"]
    assert "leads out" in files.faults[0].message


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
    (tmp_path / "account.yaml").write_text("account: {name: acme}\n")
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
