"""The checks are on the path of every plan: they must not import what they do not need."""

from __future__ import annotations

import subprocess
import sys


def test_nothing_heavy_is_imported_until_it_is_needed() -> None:
    heavy = ["phonenumbers", "pycountry", "deepdiff", "jsonschema", "yaml"]
    code = (
        "import sys, licsync.planning.validation.validate; "
        f"print([m for m in {heavy} if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
