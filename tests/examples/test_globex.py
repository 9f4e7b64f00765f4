"""`globex` is what its generator writes."""

from __future__ import annotations

import runpy
from pathlib import Path

from tests.support.paths import ROOT

EXAMPLES = ROOT / "examples"


def test_the_committed_files_are_the_generated_ones(tmp_path: Path) -> None:
    runpy.run_path(str(EXAMPLES / "generate_globex.py"))["generate"](tmp_path)
    generated = {
        path.relative_to(tmp_path): path.read_bytes()
        for path in tmp_path.rglob("*")
        if path.is_file()
    }
    committed = EXAMPLES / "accounts" / "globex"
    assert len(generated) == 15
    for path, content in generated.items():
        assert (committed / path).read_bytes() == content, (
            f"{path}: run python examples/generate_globex.py"
        )
    yaml_files = {path.relative_to(committed) for path in committed.rglob("*.yaml")}
    assert yaml_files == {path for path in generated if path.suffix == ".yaml"}
