"""No secret of an account is in anything that a fleet shows or writes."""

from __future__ import annotations

import json
import stat
from pathlib import Path

from tests.support.accounts import write_account
from tests.support.command_line import run

KEYS = {
    "env": "secret-of-the-environment",
    "file": "secret-of-the-file",
    "command": "secret-of-the-command",
    "fails": "secret-of-a-command-that-fails",
    "odd": "secret with characters that no key has: ü",
}
ADDRESS = "https://example.com/admin-provisioning"  # which is not 8x8's, so nothing is sent


def write_fleet(folder: Path) -> Path:
    for name in KEYS:
        text = f"account: {{name: {name}, backend: {{type: 8x8, base_url: '{ADDRESS}'}}}}\n"
        write_account(folder / name, text)
    secrets = folder.parent / "secrets"
    secrets.mkdir()
    (secrets / "key").write_text(KEYS["file"])
    for name in ("command", "fails"):
        program = secrets / name
        output = f"echo {KEYS[name]}; echo {KEYS[name]} >&2; exit {int(name == 'fails')}"
        program.write_text(f"#!/bin/sh\n{output}\n")
        program.chmod(stat.S_IRWXU)
    (folder / "fleet.yaml").write_text(
        "fleet:\n  name: n\n  accounts:\n"
        "    env: {key: {env: KEY_OF_ENV}}\n"
        "    odd: {key: {env: KEY_OF_ODD}}\n"
        f"    file: {{key: {{file: {secrets / 'key'}}}}}\n"
        f"    command: {{key: {{command: [{secrets / 'command'}]}}}}\n"
        f"    fails: {{key: {{command: [{secrets / 'fails'}]}}}}\n"
    )
    return folder


def test_no_secret_is_shown_or_written(tmp_path: Path) -> None:
    folder = tmp_path / "fleet"
    folder.mkdir()
    environment = {"KEY_OF_ENV": KEYS["env"], "KEY_OF_ODD": KEYS["odd"]}
    out = folder / "out"
    words = ("fleet", "plan", write_fleet(folder), "--format", "json", "--out-dir", out)
    result = run(*words, code=6, **environment)
    rows = {row["account"]: row for row in json.loads(result.stdout)["accounts"]}
    assert {row["exit_code"] for row in rows.values()} == {6}
    for name in ("env", "file", "command"):
        assert "it is not an https host of 8x8" in rows[name]["error"]
    assert "exit code 1" in rows["fails"]["error"]
    assert "has characters that no key has" in rows["odd"]["error"]
    assert "LICSYNC_API_KEY of odd: env KEY_OF_ODD" in rows["odd"]["error"]

    status = run("fleet", "status", folder, "--format", "json", **environment)
    metrics = run("fleet", "metrics", folder, **environment)
    written = [file.read_bytes() for file in folder.rglob("*") if file.is_file()]
    shown = [
        text.encode() for one in (result, status, metrics) for text in (one.stdout, one.stderr)
    ]
    assert any(b"SQLite" in content for content in written)
    for secret in KEYS.values():
        assert not [text for text in (*written, *shown) if secret.encode() in text]
