"""The checks are on the path of every plan: they must not be felt, and must not import what they do not need."""

from __future__ import annotations

import subprocess
import sys
import time
from typing import Any

from desired_states import NOW, desired, inventory

from licsync.planning.check import check

USERS = 10_000


def test_ten_thousand_users_that_the_inventory_has_already() -> None:
    def extension(i: int) -> dict[str, Any]:
        features = {"analytics": "supervisor", "switchboard_pro": True}
        return {"number": str(10_000 + i), "phone_numbers": [f"+1206{i:07d}"], "features": features}

    names = [f"user{i}@acme.example" for i in range(USERS)]
    attributes = {"first_name": "Ada", "last_name": "Lopez", "site": "HQ", "department": "Sales"}
    seen = inventory({n: {**attributes, "holds": {f"L{i}": ("x4", extension(i))}} for i, n in enumerate(names)})
    state = desired(
        {n: {**attributes, "licenses": [{"type": "x4", "extension": extension(i)}]} for i, n in enumerate(names)}
    )
    times = []
    for _ in range(3):
        start = time.process_time()
        assert check(state, seen, now=NOW) == []
        times.append(time.process_time() - start)
    assert min(times) < 0.6, "0.12 s on a machine that is not busy"


def test_nothing_heavy_is_imported_until_it_is_needed() -> None:
    heavy = ["phonenumbers", "pycountry", "deepdiff", "jsonschema", "yaml"]
    code = f"import sys, licsync.planning.check; print([m for m in {heavy} if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
