"""`licsync serve` as it is started: what it prints, what it refuses, its end."""

from __future__ import annotations

import re
import signal
from pathlib import Path
from time import sleep

import httpx2
import pytest
from click.testing import CliRunner, Result

from licsync.cli.main import cli
from tests.support.patience import PATIENCE
from tests.support.web_pages import copy_of, serving


@pytest.mark.slow
def test_it_prints_a_link_that_works_once_and_ends_in_peace(tmp_path: Path) -> None:
    with serving(copy_of("acme", tmp_path)) as (link, process):
        assert re.fullmatch(r"http://127\.0\.0\.1:\d+/\?token=[\w-]{43}", link)
        with httpx2.Client(follow_redirects=True, timeout=PATIENCE) as client:
            answer = client.get(link)
            assert answer.status_code == 200
            assert "<h1>Overview</h1>" in answer.text
            assert "server" not in answer.headers
            assert client.get(link).status_code == 403
        process.send_signal(signal.SIGINT)
        out, log = process.communicate(timeout=PATIENCE)
    assert process.returncode == 0
    assert out + log == ""


@pytest.mark.slow
def test_a_saved_plan_is_shown(tmp_path: Path) -> None:
    account = copy_of("acme", tmp_path)
    plan = tmp_path / "plan.json"
    words = [
        "plan",
        str(account),
        "--now",
        "2026-11-24T09:00:00Z",
        "--out",
        str(plan),
        "--target",
        "users/sam.reed@acme.example",
    ]
    assert CliRunner().invoke(cli, words).exit_code == 0
    with (
        serving(account, "--plan", str(plan)) as (link, _),
        httpx2.Client(follow_redirects=True, timeout=PATIENCE) as client,
    ):
        client.get(link)
        shown = client.get(link.partition("?")[0] + "plan").text
    assert "saved plan 24 Nov 2026 09:00 UTC" in shown
    assert "sam.reed@acme.example" in shown
    assert "di.evans@acme.example" not in shown


@pytest.mark.slow
def test_with_redact_pages_and_downloads_are_masked(tmp_path: Path) -> None:
    with (
        serving(copy_of("acme", tmp_path), "--redact") as (link, _),
        httpx2.Client(follow_redirects=True, timeout=PATIENCE) as client,
    ):
        client.get(link)
        for path in ("users", "users.csv"):
            shown = client.get(link.partition("?")[0] + path).text
            assert "ada.lopez@…" in shown
            assert "acme.example" not in shown


@pytest.mark.slow
def test_pages_follow_the_files(tmp_path: Path) -> None:
    account = copy_of("acme", tmp_path)
    with (
        serving(account) as (link, _),
        httpx2.Client(follow_redirects=True, timeout=PATIENCE) as client,
    ):
        client.get(link)
        users = link.partition("?")[0] + "users?user=ada.lopez@acme.example"
        assert "declared at" in client.get(users).text
        (account / "users" / "sales.yaml").unlink()
        sleep(1.1)
        assert "not declared in the files" in client.get(users).text
        (account / "account.yaml").write_text("account: [")
        sleep(1.1)
        shown = client.get(users).text
        assert "This page shows earlier data" in shown
        assert "account.yaml:" in shown


def refused(account: Path, *words: str, token: str | None = None) -> Result:
    environment = {"LICSYNC_WEB_TOKEN": token or ""}
    result = CliRunner().invoke(cli, ["serve", str(account), *words], env=environment)
    assert result.exit_code == 1, result.output
    return result


@pytest.mark.parametrize(
    ("words", "token", "expected"),
    [
        (("--bind", "0.0.0.0"), None, "--allow-remote"),
        (("--bind", "192.0.2.1"), "a-token-of-sixteen-or-more", "--allow-remote"),
        (("--bind", "192.0.2.1", "--allow-remote"), None, "needs a token"),
        (("--bind", "192.0.2.1", "--allow-remote"), "short", "shorter than 16"),
        (("--bind", "0.0.0.0", "--allow-remote"), "a-token-of-sixteen-or-more", "--hostname"),
        (("--bind", "::", "--allow-remote"), None, "needs a token"),
        (("--bind", "everywhere"), None, "is not an IP address"),
        (("--bind", "192.0.2.1", "--allow-remote"), "a-token-of-sixteen-or-more", "cannot be used"),
    ],
)
def test_it_listens_nowhere_else_by_mistake(
    tmp_path: Path, words: tuple[str, ...], token: str | None, expected: str
) -> None:
    assert expected in refused(copy_of("acme", tmp_path), *words, token=token).stderr


def test_errors_are_reported_before_anything_is_served(tmp_path: Path) -> None:
    assert "does not exist" in refused(tmp_path / "none").stderr
    account = copy_of("acme", tmp_path)
    (account / "account.yaml").write_text("account: [")
    assert "account.yaml:" in refused(account).stderr
    plan = tmp_path / "plan.json"
    plan.write_text("{}")
    altered = CliRunner().invoke(
        cli, ["serve", str(copy_of("globex", tmp_path)), "--plan", str(plan)]
    )
    assert altered.exit_code == 3


@pytest.mark.slow
def test_a_plan_of_another_account_is_not_shown(tmp_path: Path) -> None:
    plan = tmp_path / "plan.json"
    assert (
        CliRunner()
        .invoke(cli, ["plan", str(copy_of("acme", tmp_path)), "--out", str(plan)])
        .exit_code
        == 0
    )
    result = refused(copy_of("initech", tmp_path), "--plan", str(plan))
    assert "is about the account" in result.stderr
