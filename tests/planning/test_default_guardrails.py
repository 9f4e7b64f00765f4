"""What the declarations say of the default limits is what holds."""

from __future__ import annotations

from licsync.model.account_declarations import Limits
from licsync.model.fields import fields_of
from licsync.model.schema_markers import Described
from licsync.planning.guardrails import DEFAULT_FROM, DEFAULT_SHARE, DESTRUCTIVE


def test_the_default_limits_are_documented_where_limits_are_declared() -> None:
    for name, marks in fields_of(Limits).items():
        output = " ".join(mark.text for mark in marks if isinstance(mark, Described))
        expected = (
            f"Default: {DEFAULT_FROM}, or {DEFAULT_SHARE}% of the users"
            if name in DESTRUCTIVE
            else "no limit"
        )
        assert expected in output, name
