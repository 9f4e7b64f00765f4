"""Times the review pages of a large account, as a browser asks for them: once the server is up, and
filter by filter.

`python -m bench.pages --users 20000` writes an account into a temporary directory and runs `licsync
serve` on it.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from time import perf_counter

import httpx2

from bench.generate import generate

TIMES = 5
ASKED = {
    "Overview": "/overview",
    "Licenses": "/licenses",
    "Licenses, unassigned": "/licenses?status=unassigned",
    "Licenses, part of an ID": "/licenses?q=99",
    "Licenses, an address": "/licenses?address=A2",
    "Users": "/users",
    "Users, a search": "/users?q=user0123",
    "Users, site and department": "/users?site=Denver&department=Sales",
    "Users, would change": "/users?planned=1&license=x2",
    "Users, a panel": "/users?user=user000123%40bench.example",
    "Plan": "/plan",
    "Plan, a search": "/plan?q=user01",
    "Plan, a verb and a site": "/plan?verb=user.update&site=Denver",
    "Plan, everybody apart": "/plan?apart=1",
}


def main() -> None:
    """Run and print a table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--users", type=int, default=20_000)
    users = parser.parse_args().users
    with tempfile.TemporaryDirectory() as folder:
        account = Path(folder) / "account"
        generate(account, users, users // 100, share=0.05, seed=1)
        began = perf_counter()
        command = [sys.executable, "-m", "licsync", "serve", str(account)]
        server = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=os.environ)
        try:
            assert server.stdout is not None
            link = server.stdout.readline().strip()
            print(f"{users:,} users: up after {perf_counter() - began:.1f} s\n")
            _ask(link)
        finally:
            server.kill()
            server.wait()


def _ask(link: str) -> None:
    base = link.partition("/?")[0]
    with httpx2.Client(follow_redirects=True, timeout=60) as client:
        began = perf_counter()
        client.get(link).raise_for_status()
        print("| page | slowest of five | size |\n|---|---:|---:|")
        print(f"| the first, through the link | {1000 * (perf_counter() - began):.0f} ms | |")
        for name, path in ASKED.items():
            times = []
            for _ in range(TIMES):
                began = perf_counter()
                answer = client.get(base + path).raise_for_status()
                times.append(perf_counter() - began)
            print(f"| {name} | {1000 * max(times):.0f} ms | {len(answer.content) // 1024} KiB |")


if __name__ == "__main__":
    main()
