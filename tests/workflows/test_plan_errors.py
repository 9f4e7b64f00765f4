"""A plan reports everything that is wrong at once: files and inventory."""

from __future__ import annotations

import shutil
from pathlib import Path

from tests.support.command_line import run
from tests.support.paths import ACME


def test_an_unusable_inventory_is_reported_with_the_errors_of_the_files(tmp_path: Path) -> None:
    acme = shutil.copytree(ACME, tmp_path / "acme")
    (acme / "inventory.json").write_text("{")
    (acme / "users" / "new.yaml").write_text("users: {x@acme.example: {firstname: X}}\n")
    output = run("plan", acme, code=1).stderr
    assert "error[inventory-invalid] inventory.json:1:2" in output
    assert "error[unknown-key] users/new.yaml:1:26" in output


def test_an_unusable_inventory_alone_is_reported(tmp_path: Path) -> None:
    acme = shutil.copytree(ACME, tmp_path / "acme")
    (acme / "inventory.json").write_text("{")
    output = run("plan", acme, code=1).stderr
    assert "error[inventory-invalid] inventory.json:1:2" in output
    assert "1 error" in output
