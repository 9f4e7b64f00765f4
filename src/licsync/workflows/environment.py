"""Who runs a command, and where that can be looked at: for the lock and the history."""

from __future__ import annotations

from collections.abc import Mapping


def run_link(environment: Mapping[str, str]) -> str | None:
    """Find the link of the job that runs this: `LICSYNC_RUN_URL`, else what GitHub, GitLab or Jenkins say."""
    for name in ("LICSYNC_RUN_URL", "CI_JOB_URL", "BUILD_URL"):
        if link := environment.get(name):
            return link
    parts = [environment.get(f"GITHUB_{name}") for name in ("SERVER_URL", "REPOSITORY", "RUN_ID")]
    return "{}/{}/actions/runs/{}".format(*parts) if all(parts) else None


def owner() -> str:
    """Say who runs this: user and host, for locks and the history."""
    import getpass
    import socket

    try:
        user = getpass.getuser()
    except (KeyError, OSError):
        user = "unknown"
    return f"{user}@{socket.gethostname()}"
