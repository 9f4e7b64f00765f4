"""Example accounts, as they would be in the Admin Console."""

from __future__ import annotations

import shutil
from pathlib import Path

from tests.support.paths import EXAMPLES


def console_account(directory: Path, example: str = "acme") -> Path:
    """Copy an example account, and say in its files that it is in the console."""
    account = Path(shutil.copytree(EXAMPLES / example, directory / example))
    file = account / "account.yaml"
    text = file.read_text()
    assert "type: local" in text
    file.write_text(text.replace("type: local", "type: console"))
    return account


def scim_account(folder: Path, scim: str = "true") -> Path:
    """Copy the example account into the console, with a setting of SCIM."""
    account = console_account(folder)
    file = account / "account.yaml"
    file.write_text(file.read_text().replace("type: console", f"type: console\n    scim: {scim}"))
    return account
