"""An account served as the vendor's API, by `licsync simulate` as it is typed; and what lets
licsync use it.
"""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from licsync.model.secret_origins import VARIABLE, Address, allowed_address
from tests.support.warm_command import licsync_program


@contextmanager
def served(folder: Path | str, key: str, *words: str, speed: str = "0") -> Iterator[str]:
    """Serve an account; gives the address, to which the key may be sent meanwhile.

    Args:
        folder: the account's directory.
        key: the API key that is accepted.
        words: more of the command line.
        speed: how fast operations complete.
    """
    command = [
        str(licsync_program()),
        "simulate",
        str(folder),
        "--port",
        "0",
        "--speed",
        speed,
        *words,
    ]
    environment = {**os.environ, "LICSYNC_API_KEY": key}
    quiet = subprocess.DEVNULL
    with subprocess.Popen(
        command, env=environment, stdout=subprocess.PIPE, stderr=quiet, text=True
    ) as server:
        try:
            assert server.stdout is not None
            address = server.stdout.readline().split()[-1]
            line = server.stdout.readline().strip()
            assert line == f"export {VARIABLE}={address.removesuffix('/admin-provisioning')}"
            with listed(line.partition("=")[2]):
                yield address
        finally:
            server.kill()


@contextmanager
def listed(*origins: str) -> Iterator[None]:
    """Let keys be sent to further origins meanwhile, as an operator does."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(VARIABLE, " ".join((os.environ.get(VARIABLE, ""), *origins)).strip())
        yield


def allowed(base: str) -> Address:
    """Give an address as one that its own origin allows."""
    origin = "/".join(base.split("/")[:3])
    return allowed_address(base, {VARIABLE: origin}, "API key")
