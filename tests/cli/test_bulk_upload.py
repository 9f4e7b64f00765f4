"""`plan --bulk-upload` from the shell: the file, the messages about it, and what is refused."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.accounts import inventory_document, unit, write_account
from tests.support.command_line import run
from tests.support.console_work import NOW

HEAD = "User.UserName,User.FirstName,User.LastName,User.Site,User.Voice.Extension\r\n"


@pytest.fixture
def account(tmp_path: Path) -> Path:
    ada = {"first_name": "Ada", "last_name": "Lopez", "site": "HQ", "licenses": ["x2"]}
    folder = write_account(
        tmp_path / "acme",
        {
            "account": {
                "name": "acme",
                "backend": {
                    "type": "console",
                    "seed": "inventory.json",
                    "bulk_upload": "users.csv",
                    "effort": {"upload": {"clicks": 1}},  # so that one user is worth an upload
                },
                "defaults": {"country": "US"},
            },
            "users": {"ada.lopez": ada},
        },
        inventory_document({"L1": unit()}),
    )
    (folder / "users.csv").write_bytes(HEAD.encode())
    return folder


def test_the_file_is_written_once_and_described(account: Path, tmp_path: Path) -> None:
    out = tmp_path / "new.csv"
    told = run("plan", account, "--bulk-upload", out, *NOW)
    assert out.read_bytes().decode() == f"{HEAD}ada.lopez,Ada,Lopez,HQ,\r\n"
    assert f"Wrote 1 new user to {out}." in told.stderr
    assert "These columns stay empty: User.Voice.Extension." in told.stderr
    assert "exists already" in run("plan", account, "--bulk-upload", out, *NOW, code=1).stderr
    run("plan", account, "--bulk-upload", out, "--force", *NOW)
    order = run("plan", account, "--format", "runbook", *NOW).stdout
    assert "1 new user in one upload, 1 user one by one" in order


def test_a_license_with_a_name_is_uploaded_and_one_without_is_reported(
    account: Path, tmp_path: Path
) -> None:
    (account / "users.csv").write_bytes(f"{HEAD[:-2]},User.License,User.Email\r\n".encode())
    file, out = account / "account.yaml", tmp_path / "new.csv"
    file.write_text(
        file.read_text().replace("bulk_upload: users.csv", "bulk_upload: {template: users.csv}")
    )
    told = " ".join(run("plan", account, "--bulk-upload", out, *NOW).stderr.split())
    assert "Without a name for the upload, people assign x2/US." in told
    file.write_text(
        file.read_text().replace(
            "{template: users.csv}", "{template: users.csv, licenses: {x2/US: X Series - X2}}"
        )
    )
    told = run("plan", account, "--bulk-upload", out, "--force", *NOW).stderr
    assert "Without a name" not in told
    assert out.read_text().splitlines()[1] == "ada.lopez,Ada,Lopez,HQ,,X Series - X2,ada.lopez"
    order = run("plan", account, "--format", "runbook", *NOW).stdout
    assert "1 new user in one upload; about" in order
    (account / "users.csv").write_bytes(HEAD.encode())
    told = " ".join(run("plan", account, "--bulk-upload", out, "--force", *NOW).stderr.split())
    assert "The template has no column for licenses: backend.bulk_upload.licenses is not" in told


def test_the_file_of_an_order_does_what_the_order_says(account: Path) -> None:
    """Names that are stated after an apply are for the next order: this one assigns by hand."""
    (account / "users.csv").write_bytes(f"{HEAD[:-2]},User.License\r\n".encode())
    run("apply", account, "--auto-approve", *NOW, code=4)
    file = account / "account.yaml"
    settings = "bulk_upload: {template: users.csv, licenses: {x2/US: X Series - X2}}"
    file.write_text(file.read_text().replace("bulk_upload: users.csv", settings))
    run("apply", account, "--resume", *NOW, code=4)
    uploaded = (account / ".licsync" / "new-users.csv").read_text()
    assert uploaded.splitlines()[1] == "ada.lopez,Ada,Lopez,HQ,,"
    assert "Assign X2" in (account / ".licsync" / "work-order.md").read_text()


def test_without_a_template_it_says_how_to_get_it(account: Path, tmp_path: Path) -> None:
    file = account / "account.yaml"
    file.write_text(file.read_text().replace("bulk_upload: users.csv", "inventory_max_age: 7d"))
    told = run("plan", account, "--bulk-upload", tmp_path / "new.csv", *NOW, code=1).stderr
    assert "Download .CSV template" in told
    assert not (tmp_path / "new.csv").exists()


@pytest.mark.parametrize("is_there", [True, False])
def test_an_invalid_template_is_reported_and_users_are_created_one_by_one(
    account: Path, is_there: bool
) -> None:
    if is_there:
        (account / "users.csv").write_bytes(b"Colour,Size\r\n")
    else:
        (account / "users.csv").unlink()
    told = run("apply", account, "--auto-approve", *NOW, code=4)
    words = " ".join(told.stderr.split())
    assert "warning[" in words
    assert "users.csv" in words or "The template" in words
    order = (account / ".licsync" / "work-order.md").read_text()
    assert "1 user one by one" in order
    assert "upload" not in order.split("\n\n")[1]


@pytest.mark.parametrize("format_", ["runbook", "runbook-html"])
def test_a_plan_with_errors_is_not_an_empty_work_order(account: Path, format_: str) -> None:
    file = account / "account.yaml"
    file.write_text(file.read_text().replace("type: console", "type: konsole"))
    shown = run("plan", account, "--format", format_, *NOW, code=1).stdout
    assert "There is no plan. Fix the errors first." in shown
    assert "nothing to do by hand" not in shown


def test_a_plan_with_errors_says_why_no_upload_was_written(account: Path, tmp_path: Path) -> None:
    (account / "more.yaml").write_text("users: {bo: {sitte: HQ}}\n")
    told = run("plan", account, "--bulk-upload", tmp_path / "new.csv", *NOW, code=1).stderr
    assert "The plan has errors: no upload was written." in told
