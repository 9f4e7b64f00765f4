"""The functions of `licsync` for Python programs, as its docstring and the README show them."""

from __future__ import annotations

import doctest
import re
import shutil
from pathlib import Path
from typing import Any

import pytest

import licsync

ROOT = Path(__file__).resolve().parents[1]


@pytest.mark.slow
def test_the_docstring_shows_what_happens(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    failed, tried = doctest.testmod(licsync)
    assert (failed, tried > 0) == (0, True)


def test_public_names_exist_and_are_documented() -> None:
    assert licsync.__all__ == ["__version__", "apply", "plan", "validate"]
    for name in licsync.__all__:
        assert getattr(licsync, name).__doc__


@pytest.mark.slow
def test_the_code_of_the_readme_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    section = (ROOT / "README.md").read_text("utf-8").partition("## From Python")[2]
    code = re.search(r"```python\n(.*?)```", section, re.DOTALL)
    assert code is not None
    shutil.copytree(ROOT / "examples" / "accounts" / "acme", tmp_path / "shop")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("LICSYNC_CACHE_DIR", str(tmp_path / "cache"))
    names: dict[str, Any] = {}
    exec(code[1], names)
    assert names["errors"] == []
    assert names["plan"].actions
    assert names["outcome"].is_complete
