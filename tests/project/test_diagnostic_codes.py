"""Every diagnostic code is explained, and what its explanation claims is what the code does."""

from __future__ import annotations

import ast
from collections import defaultdict
from functools import cache

import pytest

from licsync.diagnostics import REFUSALS, Code, Severity
from licsync.diagnostics.exit_codes import Exit
from licsync.diagnostics.explanations import EXPLANATIONS
from licsync.diagnostics.explanations.explanation import Explanation
from tests.support.paths import ROOT

DECLARING = ROOT / "src" / "licsync" / "diagnostics"


@cache
def used_codes() -> dict[Code, set[Severity]]:
    """The codes that the sources name, with the severities that they plainly report them with."""
    found: dict[Code, set[Severity]] = defaultdict(set)
    for path in sorted((ROOT / "src").rglob("*.py")):
        if path.parent != DECLARING / "explanations" and path != DECLARING / "__init__.py":
            for node in ast.walk(ast.parse(path.read_text("utf-8"))):
                if (code := code_of(node)) is not None:
                    found[code] |= set()
                if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.args:
                    code, name = code_of(node.args[0]), node.func.id
                    if code is not None and name in set(Severity):
                        found[code].add(Severity(name))
    return found


def code_of(node: ast.AST) -> Code | None:
    is_code = isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name)
    if not is_code or node.value.id != "Code":  # type: ignore[attr-defined]
        return None
    return Code[node.attr]  # type: ignore[attr-defined]


@pytest.mark.slow
def test_every_code_is_explained_and_reported() -> None:
    unexplained = set(Code) - EXPLANATIONS.keys()
    assert not unexplained, "explain them in licsync/diagnostics/explanations"
    assert used_codes().keys() == set(Code)


@pytest.mark.slow
def test_explanations_name_the_severities_and_exit_codes_of_the_sources() -> None:
    for code, severities in used_codes().items():
        assert severities <= set(EXPLANATIONS[code].severities), code
    for code, one in EXPLANATIONS.items():
        assert (Severity.ERROR in one.severities) == bool(one.exits), code
    assert all(Exit.REFUSED in EXPLANATIONS[code].exits for code in REFUSALS)


def test_explanations_are_sentences() -> None:
    for one in EXPLANATIONS.values():
        assert isinstance(one, Explanation)
        for text in (one.meaning, *one.causes, *one.remedies):
            assert text.endswith("."), text
            assert "  " not in text
