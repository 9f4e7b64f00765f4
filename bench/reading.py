"""How long it takes to read all users of an account through the vendor's API.

The simulator runs in a process of its own, on loopback and without limits, so this is the work of
both sides; the vendor's limits would allow eighteen pages of 1,000 users in ten seconds. `python
bench/reading.py --users 10000`
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urljoin

from licsync.backends.api.factory import open_api
from licsync.model.inventory import Inventory
from licsync.model.secret_origins import VARIABLE
from tests.support.api_simulation import CATALOG, document

KEY = "bench"


def account(count: int) -> dict[str, Any]:
    """Make an inventory document: everybody has a license, an extension and a phone number."""
    numbers = range(count)
    held = {n: {"number": str(100_000 + n), "phone_numbers": [f"+1206{n:07}"]} for n in numbers}
    return document(
        {f"u{n:06}@acme.example": {"type": "x2", "extension": held[n]} for n in numbers}, {}
    )


@contextmanager
def served(content: dict[str, Any]) -> Iterator[str]:
    """Serve an inventory as the vendor's API; gives the address."""
    with tempfile.TemporaryDirectory() as folder:
        said = "account: {name: acme, backend: {type: local, seed: inventory.json}}\n"
        Path(folder, "account.yaml").write_text(said)
        Path(folder, "inventory.json").write_text(json.dumps(content))
        words = [sys.executable, "-m", "licsync", "simulate", folder, "--port", "0", "--speed", "0"]
        options: dict[str, Any] = {
            "stdout": subprocess.PIPE,
            "stderr": subprocess.DEVNULL,
            "text": True,
        }
        with subprocess.Popen(
            words, env={**os.environ, "LICSYNC_API_KEY": KEY}, **options
        ) as server:
            try:
                assert server.stdout is not None
                yield next(
                    word for word in server.stdout.readline().split() if word.startswith("http")
                )
            finally:
                server.terminate()


async def read(address: str, declared: Inventory) -> tuple[float, float]:
    """Read everything; gives the seconds, and those of this process's CPU."""
    environment = {"LICSYNC_API_KEY": KEY, VARIABLE: urljoin(address, "/")}
    backend = open_api({"base_url": address}, declared, CATALOG, environment)
    try:
        began, worked = time.perf_counter(), time.process_time()
        inventory = await backend.read()
        spent = time.perf_counter() - began, time.process_time() - worked
    finally:
        await backend.close()
    assert len(inventory.users) == len(declared.users)
    return spent


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--users", type=int, default=10_000)
    parser.add_argument("--times", type=int, default=5)
    options = parser.parse_args()
    content = account(options.users)
    declared = Inventory.from_document(content)
    with served(content) as address:
        spent = [asyncio.run(read(address, declared)) for _ in range(options.times)]
    wall, work = ([round(one, 2) for one in sorted(column)] for column in zip(*spent, strict=True))
    middle, fastest = statistics.median(wall), wall[0]
    print(
        f"{options.users:,} users: {middle} s, the fastest {fastest} s; "
        f"the client works {statistics.median(work)} s"
    )


if __name__ == "__main__":
    main()
