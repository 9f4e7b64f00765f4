"""`python -m licsync.cli.fork_server DESCRIPTOR`: the server of `workflows.fleet.processes`."""

from __future__ import annotations

import gc
import os
import socket
import sys
from contextlib import suppress
from importlib import import_module
from typing import NoReturn

from licsync.cli.main import leave, run
from licsync.workflows.fleet.fork_server import serve

PRELOADED = (
    "licsync.backends.api.factory",
    "licsync.backends.api.number_lookup",
    "licsync.backends.audit.feed",
    "licsync.backends.local.backend",
    "licsync.backends.local.migrations",
    "licsync.cli.commands.apply",
    "licsync.cli.commands.drift",
    "licsync.cli.commands.plan",
    "licsync.cli.commands.validate",
    "licsync.config.assembly",
    "licsync.config.loader",
    "licsync.engine.replay",
    "licsync.model.inventory_validation",
    "licsync.model.json_places",
    "licsync.planning.planner",
    "licsync.planning.undo.effect",
    "licsync.planning.validation.validate",
    "licsync.store.identities",
    "licsync.store.migrations",
    "licsync.store.plan_archive",
    "licsync.store.pool_use",
    "licsync.store.runs",
    "licsync.store.sqlite_fast_path",
    "licsync.store.work_orders",
    "licsync.workflows.fleet.summary",
    "licsync.workflows.git",
    "licsync.workflows.notifications",
    "sqlalchemy.dialects.sqlite",
)
"""What commands import where they need it, and most of them do."""

_OPTIONAL = ("anyio._backends._asyncio", "psycopg", "sqlalchemy.dialects.postgresql.psycopg")
"""The same, where it is there."""


def main() -> NoReturn:
    """Import what the commands of a fleet need, and serve."""
    prepare()
    try:
        serve(socket.socket(fileno=int(sys.argv[1])), run, leave)
    except KeyboardInterrupt:  # as in `licsync.__main__`
        os._exit(130)


def prepare() -> None:
    """Import what commands need, and build what depends on no account."""
    gc.disable()  # and plugins of pydantic: see `licsync.__main__`
    os.environ.setdefault("PYDANTIC_DISABLE_PLUGINS", "__all__")
    for module in PRELOADED:
        import_module(module)
    for module in _OPTIONAL:
        with suppress(ImportError):
            import_module(module)
    import httpx2

    from licsync.backends.http.certificates import trusted_authorities
    from licsync.config import validation
    from licsync.config.catalog import load_catalog

    for section in validation.SECTIONS:
        validation.prepare(section)
    load_catalog()
    authorities = trusted_authorities(by_environment=False)
    httpx2.AsyncClient(verify=authorities)  # imports what sends requests


if __name__ == "__main__":
    main()
