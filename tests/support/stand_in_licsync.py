"""A program that stands for `licsync` where runners are tested: it does what its account says.

Its second argument is an account directory with `behavior.json`. It notes in `log.jsonl` there when
it began and ended, with its arguments and its environment.
"""

import json
import os
import signal
import sys
import time

VERB, FOLDER, *REST = sys.argv[1:]
ended: list[int] = []
signal.signal(signal.SIGTERM, lambda number, frame: ended.append(number))


def note(what: str) -> None:
    with open(os.path.join(FOLDER, "log.jsonl"), "a") as log:
        noted = {"what": what, "at": time.monotonic(), "words": [VERB, *REST]}
        noted |= {"process": os.getpid(), "folder": FOLDER}
        log.write(json.dumps({**noted, "environment": dict(os.environ)}) + "\n")


with open(os.path.join(FOLDER, "behavior.json")) as file:
    behavior = json.load(file)
note("began")
deadline = time.monotonic() + behavior.get("seconds", 0)
while time.monotonic() < deadline and not ended:
    time.sleep(0.01)
if "raises" in behavior:
    raise RuntimeError(behavior["raises"])
if behavior.get("dies"):
    os.kill(os.getpid(), signal.SIGKILL)
if "summary" in behavior:
    with open(REST[REST.index("--summary") + 1], "w") as written:
        found = {"summary": behavior["summary"], "document": {"of": FOLDER}}
        json.dump({**found, "messages": behavior.get("messages", [])}, written)
sys.stdout.write(behavior.get("text", "") + "\n")
sys.stderr.write(behavior.get("error", "") + "\n")
for name in behavior.get("tells", ()):
    sys.stderr.write(os.environ[name] + "\n")
note("ended")
sys.exit(130 if ended else behavior.get("exit", 0))
