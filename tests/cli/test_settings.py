"""What one command was told and has printed is forgotten when the next one begins."""

from __future__ import annotations

from pathlib import Path

from licsync.cli import settings
from licsync.cli.settings import CommandSettings
from tests.support.command_line import run

NOW = ("--now", "2026-11-24T09:00:00Z")


def test_no_command_knows_the_options_of_an_earlier_one(acme: Path, tmp_path: Path) -> None:
    summary, store = tmp_path / "summary.json", f"sqlite:///{tmp_path / 'store.db'}"
    run("plan", acme, "--redact", "--read-only", "--summary", summary, "--state", store, *NOW)
    told = settings.current
    assert (told.redact, told.read_only, told.summary) == (True, True, summary)
    assert (told.state, told.directory) == (store, acme)
    assert told.session is not None
    run("version")
    assert settings.current == CommandSettings()


def test_the_same_diagnostic_quotes_a_file_as_it_is_now(acme: Path) -> None:
    file = acme / "users" / "zoe.yaml"
    for name in ("frist_name", "last_naem"):
        file.write_text(f"users:\n  zoe@acme.example:\n    {name}: Zoe\n")
        assert f"3 |     {name}: Zoe" in run("validate", acme, code=1).stderr
