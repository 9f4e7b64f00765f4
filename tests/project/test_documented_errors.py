"""The docstring of a public function names the errors for users that its body raises."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

import licsync

PACKAGE = Path(licsync.__file__).parent
ERRORS = frozenset(
    ("BackendFailed", "CredentialsMissing", "InputInvalid", "Locked", "Refused", "StoreFailed")
)
Function = ast.FunctionDef | ast.AsyncFunctionDef


def public_functions(tree: ast.Module | ast.ClassDef) -> Iterator[Function]:
    for node in tree.body:
        if isinstance(node, Function) and not node.name.startswith("_"):
            yield node
        elif isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
            yield from public_functions(node)


def is_command(function: Function) -> bool:
    """Its docstring is the help of the command."""
    return any("command" in ast.unparse(decorator) for decorator in function.decorator_list)


def raised(function: Function) -> set[str]:
    """Give the errors that the body raises outside of `try` and of functions in it."""
    found, left = set(), list[ast.AST](function.body)
    while left:
        node = left.pop()
        if isinstance(node, ast.Raise) and isinstance(node.exc, ast.Call):
            found.add(ast.unparse(node.exc.func))
        if not isinstance(node, (ast.Try, Function, ast.Lambda)):
            left += ast.iter_child_nodes(node)
    return found & ERRORS


def documented(function: Function) -> set[str]:
    section = (ast.get_docstring(function) or "").partition("Raises:")[2]
    names = re.findall(r"^ {4}([\w., ]+):", section, re.MULTILINE)
    return {name for line in names for name in line.split(", ")}


def undocumented(source: str) -> list[str]:
    functions = public_functions(ast.parse(source))
    return [
        f"{function.name} raises {name}"
        for function in functions
        if not is_command(function)
        for name in sorted(raised(function) - documented(function))
    ]


@pytest.mark.slow
def test_public_functions_document_the_errors_that_they_raise() -> None:
    found = [
        f"{path.relative_to(PACKAGE)}: {fault}"
        for path in sorted(PACKAGE.rglob("*.py"))
        for fault in undocumented(path.read_text(encoding="utf-8"))
    ]
    assert found == []


def test_an_undocumented_error_is_found() -> None:
    source = 'def f():\n    """Do.\n\n    Raises:\n        Locked: it is.\n    """\n'
    assert undocumented(f"{source}    raise Locked()\n") == []
    assert undocumented(f"{source}    raise Refused()\n") == ["f raises Refused"]
