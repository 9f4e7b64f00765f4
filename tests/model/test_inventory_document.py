"""The inventory document declares the fields of what it shares with the files, each written out for
the type checker.
"""

from __future__ import annotations

import ast
import inspect

import pytest

from licsync.model import inventory_document
from licsync.model.declarations import ServiceAddress, SiteAttributes
from licsync.model.fields import fields_of


@pytest.mark.parametrize(
    ("held", "declared"),
    [("InventoryAddress", ServiceAddress), ("InventorySite", SiteAttributes)],
)
def test_the_fields_of_the_declaration_are_written_out(held: str, declared: type) -> None:
    """At run time a missing field is added; mypy sees only those that are in the source."""
    module = ast.parse(inspect.getsource(inventory_document))
    (found,) = (n for n in module.body if isinstance(n, ast.ClassDef) and n.name == held)
    fields = [
        n.target.id
        for n in found.body
        if isinstance(n, ast.AnnAssign) and isinstance(n.target, ast.Name)
    ]
    assert fields == list(fields_of(declared)) == list(fields_of(getattr(inventory_document, held)))
