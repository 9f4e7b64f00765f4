"""mypy knows the keys of records: a misspelled one is found in model, planning and engine alike.

`make check` runs this after mypy, whose cache saves it a minute.
"""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.paths import ROOT

PLANTED = {
    "model/inventory.py": ('u["country"]', 'u["contry"]'),
    "planning/licenses/local_numbers.py": ('service["license"]', 'service["licens"]'),
    "planning/call_graph.py": ('rule["to"]', 'rule["too"]'),
    "planning/undo/restored_users.py": ('record["country"]', 'record["contry"]'),
    "engine/steps.py": ('args["service_address"]', 'args["service_adress"]'),
}
"""A key of a record in each of some modules, and its misspelling.

The misspelling has another length: mypy takes a changed length for a changed file.
"""


@pytest.mark.soak
def test_a_misspelled_key_is_found(tmp_path: Path) -> None:
    """mypy reads copies of these modules, and reads the other modules from its cache."""
    known = ROOT / ".mypy_cache"
    if known.is_dir():  # without it, mypy reads everything anew, which takes a minute
        shutil.copytree(known, tmp_path / "cache")
    command = [sys.executable, "-m", "mypy", "--cache-dir", str(tmp_path / "cache")]
    for name, (key, misspelled) in PLANTED.items():
        module = ROOT / "src" / "licsync" / name
        text = module.read_text("utf-8")
        assert key in text, f"{name} has no {key}: plant another one"
        copy = tmp_path / name.replace("/", ".")
        copy.write_text(text.replace(key, misspelled, 1), "utf-8")
        command += ["--shadow-file", str(module.relative_to(ROOT)), str(copy)]
    ended = subprocess.run(
        command, cwd=ROOT, capture_output=True, text=True, check=False, timeout=300
    )
    found = re.findall(r'^src/licsync/(\S+?):\d+: error: .*has no key "(\w+)"', ended.stdout, re.M)
    planted = {(name, key.split('"')[1]) for name, (_, key) in PLANTED.items()}
    assert (ended.returncode, set(found)) == (1, planted), ended.stdout + ended.stderr
