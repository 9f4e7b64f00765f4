"""A worker of a fleet as a program, which counts others as dead after a few seconds.

Its arguments are the fleet, how many accounts it runs at once, and after how many seconds.
"""

import os
import sys
from pathlib import Path

from licsync.job_queue.worker import Pace
from licsync.workflows.fleet.worker import run_worker

if __name__ == "__main__":
    fleet, at_once, dead_after = sys.argv[1:]
    pace = Pace(
        heartbeat=float(dead_after) / 8,
        dead_after=float(dead_after),
        poll=0.1,
        tick="* * * * * *",
        retries=(1,) * 60,
        offline=1,
    )

    def say(text: str) -> None:
        os.write(1, f"{text}\n".encode())

    run_worker(Path(fleet), None, int(at_once), say, pace)
