"""The backend `console`: what exports said of the account, without any access to the account."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from licsync.backends.local.backend import LocalBackend
from licsync.engine.ports import StepFailure, StepOutcome, StepRefused, StepRequest
from licsync.model.capabilities import Capabilities
from licsync.model.console.step import Step
from licsync.model.inventory import Inventory, Record

_BY_HAND = "licsync cannot do it: do it in 8x8's Admin Console, and plan again."


class ConsoleBackend:
    """An account in 8x8's Admin Console, a `licsync.engine.ports.Backend`.

    Args:
        stored: what exports said, in the store.
        capabilities: what licsync can do, and what exports show.
    """

    type = "console"
    batch_size = 200

    def __init__(self, stored: LocalBackend, capabilities: Capabilities):
        self._stored = stored
        self.capabilities = capabilities

    async def read(self) -> Inventory:
        """Read everything that is known. Raises BackendFailed."""
        return await self._stored.read()

    async def fetch(self, keys: Iterable[str], *, whole: bool = False) -> dict[str, Record | None]:
        """Read just these records, as far as they are known. Raises BackendFailed."""
        return await self._stored.fetch(keys, whole=whole)

    async def perform_all(self, requests: Sequence[StepRequest]) -> Sequence[StepFailure | None]:
        """Refuse every step: the planner leaves all of them to people."""
        return [StepRefused(_BY_HAND) for _ in requests]

    async def outcome_of(
        self, step: Step, before: Mapping[str, Record | None], ticket: str | None
    ) -> StepOutcome:
        """Find out what became of a step, from what is known of its records."""
        return await self._stored.outcome_of(step, before, ticket)

    def recall(self, records: Iterable[Record | None]) -> None:
        """Do nothing: licenses are changed in place."""

    def record_restores(self, found: Mapping[str, Mapping[str, Record]]) -> None:
        """Do nothing: licenses are changed in place, and lose nothing."""

    async def close(self) -> None:
        """Do nothing: the database belongs to whoever opened it."""
