"""A plan without an inventory assumes an empty account, and leaves nothing out silently."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.accounts import write_account
from tests.support.command_line import run

USERS = """
users:
  ada@acme.example: {first_name: Ada, last_name: Lopez, site: HQ, licenses: [x2]}
"""


@pytest.mark.parametrize("backend", ["local", "console"])
def test_a_license_without_a_country_is_an_error_with_place_and_remedy(
    tmp_path: Path, backend: str
) -> None:
    files = f"account: {{name: acme, backend: {{type: {backend}}}}}\n{USERS}"
    account = write_account(tmp_path / "acme", files)
    output = run("plan", account, code=1).stdout
    assert "account.yaml:4:78: The country of this license is unknown." in output
    assert "Add 'country:' here" in output
    refused = run("apply", account, "--auto-approve", code=1)
    assert "The country of this license is unknown." in refused.stdout + refused.stderr
