"""How long `licsync fleet drift` takes for many accounts behind 8x8's API, against what their
simulators allow.

Every account has a simulator of its own with the published limits (100 requests a minute, 20 in ten
seconds). Simulators share a few processes, and the cores with what is measured. Two bounds stand
beside the command. One is the least time that the limits allow for the requests of each account; up
to 20 requests that is none. The other is the same accounts read by one process that does nothing
else, with as many at once. It is no limit of the simulators: it shrinks with what reading costs. So
the processor time of all three is shown, too. `python -m bench.fleet --accounts 200 --users 500`
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import runpy
import shutil
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from urllib.request import urlopen

from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from bench.measuring import Run, Said, WrongResultError, run
from licsync.backends.api.factory import open_api
from licsync.config.catalog import load_catalog
from licsync.model.inventory import Inventory
from licsync.model.secret_origins import VARIABLE
from licsync.server import listen, serve
from licsync.simulator.settings import Settings
from licsync.workflows.account import open_account
from licsync.workflows.session import Session

ROOT = Path(__file__).resolve().parents[1]
EXAMPLE = runpy.run_path(str(ROOT / "examples" / "fleet" / "generate.py"))
KEY, VARIABLE_OF_KEY = "bench", "BENCH_FLEET_KEY"
BASE = "/admin-provisioning"
PER_BURST, BURST_SECONDS, PER_MINUTE = 20, 10.0, 100


@dataclass(frozen=True)
class Fleet:
    """A fleet behind simulators.

    Attributes:
        root: its directory.
        addresses: where the simulator of each account is.
    """

    root: Path
    addresses: Sequence[str]

    @property
    def origins(self) -> list[str]:
        """The servers of the simulators."""
        return sorted({"/".join(address.split("/")[:3]) for address in self.addresses})

    def work(self) -> tuple[Counter[str], float]:
        """Count the answered requests of each account, and the simulators' seconds of CPU."""
        answers = [json.load(urlopen(f"{origin}/work")) for origin in self.origins]  # loopback
        requests = Counter[str]()
        for counted, _ in answers:
            requests.update(counted)
        return requests, sum(cpu for _, cpu in answers)


def directory_of(number: int) -> str:
    """Name the directory of an account."""
    return f"customers/customer-{number:05}"


# --- simulators -----------------------------------------------------------------------------------


def serve_accounts(root: Path, numbers: Sequence[int], speed: float) -> None:
    """Serve accounts, each below a path of its own, until a signal ends the process."""
    from licsync.simulator.app import create_app
    from licsync.workflows.inventory import local_backend

    apps: dict[str, ASGIApp] = {}
    for number in numbers:
        account = open_account(Session(root / "simulated" / str(number)))
        settings = Settings(
            account.desired.catalog, key=KEY, speed=speed, customer_id=f"001BENCH{number:08}AA"
        )
        apps[str(number)] = create_app(local_backend(account), settings, lambda entry: None)
    counts = Counter[str]()

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        _, number, *rest = scope["path"].split("/")
        if number == "work":
            await JSONResponse([counts, time.process_time()])(scope, receive, send)
            return
        counts[number] += 1
        path = "/" + "/".join(rest)
        below = {**scope, "path": path, "raw_path": path.encode()}
        await apps[number](below, receive, send)

    listener = listen(0)
    serve(app, listener, lambda: print(listener.getsockname()[1], flush=True))


@contextmanager
def simulated(
    root: Path, accounts: int, users: int, processes: int, speed: float
) -> Iterator[Fleet]:
    """Write a fleet whose accounts are behind simulators, and serve these."""
    EXAMPLE["generate"](root, accounts, users)
    for number in range(accounts):
        directory = root / directory_of(number)
        # takes no license: the API shows no unassigned one
        story = EXAMPLE["STORIES"]["hazel"]
        for path, text in EXAMPLE["account_files"](directory.name, story, users):
            (directory / path).write_text(text)
        shutil.copytree(directory, root / "simulated" / str(number))
    file = root / "fleet.yaml"
    key = f"      key: {{env: {VARIABLE_OF_KEY}}}\n      drift:"
    file.write_text(file.read_text().replace("      drift:", key, 1))
    addresses = [""] * accounts
    with ExitStack() as stack:
        for part in range(processes):
            numbers = list(range(part, accounts, processes))
            if not numbers:
                continue
            words = ["--serve", str(root), str(speed), *map(str, numbers)]
            process = stack.enter_context(
                subprocess.Popen(
                    [sys.executable, "-m", "bench.fleet", *words],
                    cwd=ROOT, stdout=subprocess.PIPE, text=True,
                )
            )  # fmt: skip
            stack.callback(process.terminate)
            assert process.stdout is not None
            port = process.stdout.readline().strip()
            for number in numbers:
                addresses[number] = f"http://127.0.0.1:{port}/{number}{BASE}"
        for number, address in enumerate(addresses):
            file = root / directory_of(number) / "account.yaml"
            local, remote = (
                "{type: local, seed: inventory.json}",
                f"{{type: 8x8, base_url: {address}}}",
            )
            file.write_text(file.read_text().replace(local, remote))
        yield Fleet(root, addresses)


# --- what is measured -----------------------------------------------------------------------------


def drift(fleet: Fleet, accounts: int, at_once: int) -> Run:
    """Check the fleet for drift once."""

    def check(said: Said) -> None:
        if f"{accounts:,} account" not in said.out:
            raise WrongResultError(said.out + said.err)

    words = ("-m", "licsync", "fleet", "drift", fleet.root, "--jobs", str(at_once), "--no-color")
    environ = {VARIABLE_OF_KEY: KEY, VARIABLE: " ".join(fleet.origins)}
    return run(sys.executable, *words, check=check, environ=environ)


async def read_all(fleet: Fleet, at_once: int) -> float:
    """Read all accounts, so many at once, and do nothing else; gives the seconds."""
    catalog, turn = load_catalog(), asyncio.Semaphore(at_once)
    environment = {"LICSYNC_API_KEY": KEY, VARIABLE: " ".join(fleet.origins)}
    declared = Inventory("bench", "")

    async def read(address: str) -> None:
        async with turn:
            backend = open_api({"base_url": address}, declared, catalog, environment)
            try:
                assert (await backend.read()).users
            finally:
                await backend.close()

    began = time.perf_counter()
    await asyncio.gather(*map(read, fleet.addresses))
    return time.perf_counter() - began


def least_by_limits(requests: Collection[int], at_once: int) -> float:
    """Give the seconds that the limits ask for at least, even if everything else took none.

    Every key has its own limits: its requests wait for each other, and those of no other account.
    No command that keeps the limits can be faster.

    Args:
        requests: how many each account made.
        at_once: how many accounts may run at once.
    """

    def last_at(number: int) -> float:
        minutes, rest = divmod(max(0, number - 1), PER_MINUTE)
        return minutes * 60 + rest // PER_BURST * BURST_SECONDS

    seconds = [last_at(number) for number in requests]
    return max(sum(seconds) / at_once, *seconds)


def pause(speed: float) -> None:
    """Let the limits of every key be as new."""
    time.sleep(60 / speed + 1 if speed else 0)


def measure(options: argparse.Namespace) -> str:
    """Measure, as Markdown."""
    accounts, at_once = options.accounts, options.jobs
    with tempfile.TemporaryDirectory() as folder:
        size = (accounts, options.users, options.processes, options.speed)
        with simulated(Path(folder, "fleet"), *size) as fleet:
            drift(fleet, accounts, at_once)  # the first one writes the stores
            runs: list[tuple[Run, float]] = []
            readers, simulators = list[float](), list[float]()
            for _ in range(options.rounds):
                pause(options.speed)
                before, began = fleet.work()
                one = drift(fleet, accounts, at_once)
                after, ended = fleet.work()
                requests = after - before
                simulators.append(ended - began)
                pause(options.speed)
                cpu_before = time.process_time()
                runs.append((one, asyncio.run(read_all(fleet, at_once))))
                readers.append(time.process_time() - cpu_before)
    limits = least_by_limits(requests.values(), at_once)
    wall, cpu = median(r.wall for r, _ in runs), median(r.cpu for r, _ in runs)
    reading = median(seconds for _, seconds in runs)
    ratio = median(r.wall / max(seconds, limits) for r, seconds in runs)
    cells = {
        "accounts": f"{accounts:,}",
        "users each": f"{options.users:,}",
        "at once": str(at_once),
        "requests each": f"{min(requests.values())} to {max(requests.values())}",
        "least by the limits": f"{limits:.0f} s",
        "reading alone": f"{reading:.1f} s",
        "`fleet drift`": f"{wall:.1f} s",
        "of the larger bound": f"{ratio:.2f}",
        "CPU an account": f"{cpu / accounts:.3f} s",
        "of reading alone": f"{median(readers) / accounts:.3f} s",
        "of its simulator": f"{median(simulators) / accounts:.3f} s",
        "accounts a minute": f"{accounts / wall * 60:.0f}",
    }
    lines = (cells, ["---:"] * len(cells), cells.values())
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def main() -> None:
    """Measure and print."""
    if sys.argv[1:2] == ["--serve"]:
        _, _, root, speed, *numbers = sys.argv
        serve_accounts(Path(root), [int(number) for number in numbers], float(speed))
        return
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--accounts", type=int, default=200)
    parser.add_argument("--users", type=int, default=500)
    parser.add_argument("--jobs", type=int, default=2 * (os.cpu_count() or 1))
    parser.add_argument("--processes", type=int, default=2, help="processes of simulators")
    parser.add_argument("--speed", type=float, default=1, help="0: without limits")
    parser.add_argument("--rounds", type=int, default=3)
    print(measure(parser.parse_args()))


if __name__ == "__main__":
    main()
