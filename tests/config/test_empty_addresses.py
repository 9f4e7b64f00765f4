"""An empty service address is refused: calls to emergency services are routed by it."""

from __future__ import annotations

from pathlib import Path

import pytest

from licsync.config.loader import load
from tests.support.accounts import write_files


@pytest.mark.parametrize(
    ("text", "subject"),
    [
        ("sites: {Denver: {service_address: ''}}\n", "service_address of site 'Denver'"),
        (
            "users: {ada: {licenses: [{type: x2, service_address: ''}]}}\n",
            "licenses[0].service_address of user 'ada'",
        ),
        (
            "templates: {sales: {licenses: [{type: x2, service_address: ''}]}}\n",
            "licenses[0].service_address of template 'sales'",
        ),
        (
            "licenses: [{type: x2, unassigned_address: ''}]\n",
            "unassigned_address of a license of the pool",
        ),
    ],
    ids=["site", "user", "template", "pool"],
)
def test_an_empty_address_is_refused_where_it_stands(
    tmp_path: Path, text: str, subject: str
) -> None:
    write_files(tmp_path, {"account.yaml": f"account: {{name: acme}}\n{text}"})
    (found,) = load(tmp_path).diagnostics
    assert found.message == f"{subject} must not be empty."
    assert found.span is not None
    assert found.span.line == 2
