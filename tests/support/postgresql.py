"""A PostgreSQL server of the tests, with its socket in a temporary directory."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy.engine import URL


@dataclass(frozen=True, slots=True)
class PostgresServer:
    """A server.

    Attributes:
        binaries: where its programs are.
        folder: its directory.
        as_whom: options of subprocesses that must not run as root.
    """

    binaries: Path
    folder: Path
    as_whom: dict[str, Any]

    def url(self, database: str = "postgres") -> URL:
        """The URL of one of its databases."""
        query = {"host": str(self.folder)}
        return URL.create("postgresql", username="licsync", database=database, query=query)

    def run(self, program: str, *arguments: str) -> None:
        """Run one of its programs on its data."""
        command = [str(self.binaries / program), "-D", str(self.folder / "data"), *arguments]
        subprocess.run(
            command, check=True, cwd=self.folder, stdout=subprocess.DEVNULL, **self.as_whom
        )

    def start(self) -> None:
        """Start it, and wait until it is up."""
        options = f"-k {self.folder} -c listen_addresses= -c fsync=off -c max_connections=200"
        options += " -c full_page_writes=off -c autovacuum=off"
        self.run("pg_ctl", "-w", "-l", str(self.folder / "log"), "-o", options, "start")

    def stop(self) -> None:
        """Stop it as a crash would."""
        self.run("pg_ctl", "-m", "immediate", "stop")


@contextmanager
def postgres_server() -> Iterator[PostgresServer]:
    """Start a server; skip the test where none is installed."""
    binaries = _server_binaries()
    if binaries is None:
        pytest.skip("no PostgreSQL server is installed")
    as_whom = (
        {"user": "postgres", "group": "postgres", "extra_groups": []} if os.geteuid() == 0 else {}
    )
    folder = Path(tempfile.mkdtemp(prefix="licsync-pg-", dir="/tmp"))
    if as_whom:
        try:
            shutil.chown(folder, "postgres", "postgres")
        except LookupError:
            folder.rmdir()
            pytest.skip("PostgreSQL does not run as root, and there is no user postgres")
    server = PostgresServer(binaries, folder, as_whom)
    try:
        server.run("initdb", "-A", "trust", "-U", "licsync", "-E", "UTF8", "--no-sync")
        server.start()
        try:
            yield server
        finally:
            server.stop()
    finally:
        shutil.rmtree(folder)


def _server_binaries() -> Path | None:
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    on_path = shutil.which("initdb")
    return found[-1].parent if found else Path(on_path).resolve().parent if on_path else None
