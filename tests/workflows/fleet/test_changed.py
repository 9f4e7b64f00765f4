"""Which accounts of a fleet a branch touches."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from licsync.diagnostics import InputInvalid
from licsync.workflows.fleet.changed import ChangedAccounts, changed_accounts
from licsync.workflows.fleet.fleet import open_fleet
from tests.support.accounts import write_account
from tests.support.fake_fleet import write_fleet

IDENTITY = {
    f"GIT_{role}_{field}": value
    for role in ("AUTHOR", "COMMITTER")
    for field, value in (("NAME", "ada"), ("EMAIL", "ada@example.com"))
}


def git(folder: Path, *words: str) -> None:
    environment = {**os.environ, **IDENTITY, "GIT_CONFIG_GLOBAL": os.devnull}
    subprocess.run(["git", "-C", folder, *words], check=True, env=environment, capture_output=True)


def commit(folder: Path) -> None:
    git(folder, "add", "-A")
    git(folder, "commit", "-qm", "change")


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    git(tmp_path, "init", "-q", "-b", "main")
    (tmp_path / "fleets").mkdir()
    write_fleet(tmp_path / "fleets", "a: {}\na-b: {}\nc: {}\n")
    commit(tmp_path)
    git(tmp_path, "checkout", "-qb", "branch")
    return tmp_path


def since(repository: Path, base: str = "main") -> ChangedAccounts:
    fleet = open_fleet(repository / "fleets")
    return changed_accounts(fleet, fleet.members, base)


def changed(repository: Path, base: str = "main") -> list[str]:
    return [member.account for member in since(repository, base).members]


def test_accounts_with_files_that_the_branch_changed(repository: Path) -> None:
    assert changed(repository) == []
    (repository / "fleets" / "a-b" / "users.yaml").write_text("users: {}\n")
    (repository / "README.md").write_text("ünï\n")
    commit(repository)
    git(repository, "checkout", "-q", "main")
    (repository / "fleets" / "c" / "users.yaml").write_text("users: {}\n")  # on the base only
    commit(repository)
    git(repository, "checkout", "-q", "branch")
    assert changed(repository) == ["a-b"]
    (repository / "fleets" / "c" / "account.yaml").unlink()
    (repository / "fleets" / "a" / "new.yaml").write_text("{}\n")  # in no commit
    with pytest.raises(InputInvalid):
        changed(repository)  # c is named and has gone


def test_the_fleet_file_concerns_all(repository: Path) -> None:
    file = repository / "fleets" / "fleet.yaml"
    file.write_text(file.read_text() + "  keep: 30d\n")
    commit(repository)
    assert changed(repository) == ["a", "a-b", "c"]


def hint_for(folder: Path, base: str) -> str:
    with pytest.raises(InputInvalid) as refused:
        changed(folder, base)
    return str(refused.value.diagnostics[0].hint)


def test_a_hint_says_how_to_fetch_what_is_missing(
    repository: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    commit_empty = ("commit", "-qm", "more", "--allow-empty")
    git(repository, *commit_empty)
    before = subprocess.check_output(["git", "-C", repository, "rev-parse", "HEAD"], text=True)
    git(repository, *commit_empty)
    shallow = tmp_path_factory.mktemp("shallow")
    git(repository, "clone", "-q", "--depth", "1", f"file://{repository}", str(shallow))
    for base in ("HEAD~1", "origin/branch^", "@~1", "HEAD~1^0", before.strip(), before[:10]):
        assert "git fetch --unshallow" in hint_for(shallow, base), base
    assert hint_for(shallow, "origin/main").endswith("git fetch origin main")
    assert hint_for(shallow, "origin/main~2").endswith("git fetch origin main")
    assert "does not reach that far" in hint_for(repository, "HEAD~9")
    assert hint_for(repository, "0" * 40).endswith("git fetch origin")


def test_unknown_changes_in_git_are_reported(repository: Path) -> None:
    with pytest.raises(InputInvalid, match="no commit 'nowhere'"):
        changed(repository, "nowhere")
    git(repository, "checkout", "-q", "--orphan", "other")
    (repository / "README.md").write_text("other\n")
    commit(repository)
    with pytest.raises(InputInvalid, match="no common commit"):
        changed(repository)


@pytest.fixture
def linked(repository: Path) -> Path:
    """A fleet whose accounts are behind links, in a submodule, and outside of the repository."""
    outside = repository.parent / f"{repository.name}-outside"
    write_account(outside, "account: {name: outside}\n")
    library = repository.parent / f"{repository.name}-library"
    write_account(library / "s", "account: {name: s}\n")
    git(library, "init", "-q", "-b", "main")
    commit(library)
    add = ("-c", "protocol.file.allow=always", "submodule", "add", "-q", str(library), "fleets/m")
    git(repository, *add)
    for name in ("v1", "v2"):
        write_account(repository / name / "x", "account: {name: x}\n")
    (repository / "current").symlink_to("v1")
    (repository / "fleets" / "links").symlink_to("../current")
    (repository / "fleets" / "outside").symlink_to(outside)
    (repository / "fleets" / "fleet.yaml").write_text(
        "fleet: {name: n, accounts: {a: {}, 'links/*': {}, 'm/*': {}, outside: {}}}\n"
    )
    commit(repository)
    git(repository, "branch", "-f", "main")
    return repository


def test_an_account_outside_of_the_repository_counts_as_changed(linked: Path) -> None:
    assert changed(linked) == ["outside"]


def test_a_link_concerns_the_accounts_that_it_leads_to(linked: Path) -> None:
    (linked / "v1" / "x" / "users.yaml").write_text("users: {}\n")
    commit(linked)
    assert changed(linked) == ["links/x", "outside"]
    git(linked, "branch", "-f", "main")
    (linked / "current").unlink()
    (linked / "current").symlink_to("v2")
    commit(linked)
    assert changed(linked) == ["links/x", "outside"]


def test_a_submodule_concerns_the_accounts_in_it(linked: Path) -> None:
    (linked / "fleets" / "m" / "s" / "users.yaml").write_text("users: {}\n")
    commit(linked / "fleets" / "m")
    commit(linked)
    assert changed(linked) == ["m/s", "outside"]


def test_accounts_that_are_removed_or_renamed_are_named(repository: Path) -> None:
    file = repository / "fleets" / "fleet.yaml"
    file.write_text("fleet: {name: n, accounts: {'*': {}}}\n")
    commit(repository)
    git(repository, "branch", "-f", "main")
    git(repository, "rm", "-rq", "fleets/a")
    git(repository, "mv", "fleets/c", "fleets/d")
    commit(repository)
    found = since(repository)
    assert ([member.account for member in found.members], found.gone) == (["d"], ["a", "c"])


def test_names_with_spaces_and_other_bytes_are_found(repository: Path) -> None:
    """The first name that git prints begins with the space."""
    odd = repository / "fleets" / os.fsdecode(b" \xff")
    write_account(odd, "account: {name: odd}\n")
    (repository / "fleets" / "fleet.yaml").write_text("fleet: {name: n, accounts: {'*': {}}}\n")
    commit(repository)
    git(repository, "branch", "-f", "main")
    (odd / "users.yaml").write_text("users: {}\n")
    commit(repository)
    assert changed(repository) == [odd.name]


def test_what_a_merge_brings_from_the_base_is_no_change_of_the_branch(repository: Path) -> None:
    (repository / "fleets" / "a" / "users.yaml").write_text("users: {}\n")
    commit(repository)
    git(repository, "checkout", "-q", "main")
    (repository / "fleets" / "c" / "users.yaml").write_text("users: {}\n")
    commit(repository)
    git(repository, "checkout", "-q", "branch")
    git(repository, "merge", "-q", "--no-edit", "main")
    assert changed(repository) == ["a"]
