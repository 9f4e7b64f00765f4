"""Reads two states and prints what DeepDiff alone takes to compare them, as JSON; reading them does
not count.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from time import perf_counter, process_time

from deepdiff import DeepDiff


def main() -> None:
    """Compare the two states in a directory."""
    before, after = (
        json.loads((Path(sys.argv[1]) / f"{name}.json").read_text()) for name in ("before", "after")
    )
    wall, cpu = perf_counter(), process_time()
    found = DeepDiff(before, after)
    taken = {"wall": perf_counter() - wall, "cpu": process_time() - cpu}
    users = {path.split("'")[1] for paths in found.values() for path in paths}
    print(json.dumps({**taken, "changes": len(users)}))


if __name__ == "__main__":
    main()
