"""Small accounts for stores that several directories use."""

from __future__ import annotations

from pathlib import Path

from tests.support.accounts import write_account
from tests.support.command_line import run


def account(where: Path, name: str = "main", **more: str) -> Path:
    """Write a small local account that is not applied yet."""
    run("init", where, "--name", name)
    users = where / "users" / "example.yaml"
    text = users.read_text().replace("  # ", "  ")
    for remark in ("  A second", "  'licsync plan'"):
        text = text.replace(remark, remark.replace("  ", "  # ", 1))
    users.write_text(text)
    file = where / "account.yaml"
    lines = "".join(f"  {key}: {value}\n" for key, value in more.items())
    file.write_text(file.read_text().replace(f"  name: {name}\n", f"  name: {name}\n{lines}"))
    return where


def customer(where: Path, name: str, customer_id: str) -> Path:
    """Write an account of the vendor's that names its customer id."""
    text = f"account:\n  name: {name}\n  backend: {{type: 8x8, customer_id: {customer_id}}}\n"
    return write_account(where, text)
