"""No expression of the sources holds so much that it has to be read twice."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
SOURCES = ROOT / "src" / "licsync"

MAX_CLAUSES = 2

Comprehension = ast.ListComp | ast.SetComp | ast.DictComp | ast.GeneratorExp


def dense_expressions(source: str) -> Iterator[tuple[int, str]]:
    """List the expressions of a module that hold too much, each with its line."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, Comprehension):
            clauses = len(node.generators) + sum(len(one.ifs) for one in node.generators)
            if clauses > MAX_CLAUSES:
                yield node.lineno, f"a comprehension with {clauses} clauses: write a loop"
        elif isinstance(node, ast.IfExp):
            inner = (one for one in ast.walk(node) if one is not node)
            if any(isinstance(one, ast.IfExp) for one in inner):
                yield node.lineno, "a conditional expression in another one: write `if`"


def _modules() -> dict[str, Path]:
    return {path.relative_to(SOURCES).as_posix(): path for path in sorted(SOURCES.rglob("*.py"))}


@pytest.mark.slow
def test_no_expression_holds_too_much() -> None:
    faults = [
        f"src/licsync/{name}:{line}: {what}"
        for name, path in _modules().items()
        for line, what in dense_expressions(path.read_text(encoding="utf-8"))
    ]
    assert not faults, "\n".join(faults)


@pytest.mark.parametrize(
    ("source", "is_dense"),
    [
        ("[a for b in c for a in b]", False),
        ("{a for a in b if a}", False),
        ("{a: 1 for b in c for a in b if a}", True),
        ("sum(a for a in b if a if b)", True),
        ("[a for d in c for b in d for a in b]", True),
        ("a if b else c", False),
        ("a if b else c if d else e", True),
        ("a if b else [c if d else e]", True),
        ("[a if b else c for b in (d if e else f)]", False),
    ],
)
def test_what_counts_as_dense(source: str, is_dense: bool) -> None:
    assert any(dense_expressions(source)) is is_dense
