"""The backend `console`: what exports said of the account, and SCIM where it may write.

A step that SCIM can do is done at 8x8 first, and then in the stored records. If the process dies in
between, `outcome_of` finds it half done, and performing it again only completes the records.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from licsync.backends.local.backend import LocalBackend
from licsync.engine.events import Waiting
from licsync.engine.ports import (
    BackendFailed,
    NoteTicket,
    StepFailure,
    StepOutcome,
    StepRefused,
    StepRequest,
    StepUncertain,
    perform_each,
)
from licsync.model.capabilities import Capabilities
from licsync.model.console.step import Step
from licsync.model.desired import DEFAULT_POLICY
from licsync.model.inventory import Inventory, Record

if TYPE_CHECKING:
    from licsync.backends.scim.users import ScimUsers

_BY_HAND = "licsync cannot do it: do it in 8x8's Admin Console, and plan again."


class ConsoleBackend:
    """An account in 8x8's Admin Console, a `licsync.engine.ports.Backend`.

    Args:
        stored: what exports said, in the store.
        capabilities: what licsync can do, and what exports show.
        open_scim: opens SCIM, when a step first needs it; None if licsync may not write over SCIM.
    """

    type = "console"

    def __init__(
        self,
        stored: LocalBackend,
        capabilities: Capabilities,
        open_scim: Callable[[], ScimUsers] | None = None,
    ):
        self._stored = stored
        self.capabilities = capabilities
        self._open_scim = open_scim
        self._scim: ScimUsers | None = None
        self.batch_size = 1 if open_scim else 200
        self.on_wait: Callable[[Waiting], None] = lambda waiting: None

    async def read(self) -> Inventory:
        """Read everything that is known.

        Raises:
            BackendFailed: the store cannot be read.
        """
        return await self._stored.read()

    async def fetch(self, keys: Iterable[str], *, whole: bool = False) -> dict[str, Record | None]:
        """Read just these records, as far as they are known.

        Raises:
            BackendFailed: the store cannot be read.
        """
        return await self._stored.fetch(keys, whole=whole)

    async def perform_all(self, requests: Sequence[StepRequest]) -> Sequence[StepFailure | None]:
        """Perform each step over SCIM. The planner leaves to people what SCIM cannot do."""
        return await perform_each(self._perform, requests)

    async def _perform(
        self, step: Step, before: Mapping[str, Record | None], note: NoteTicket
    ) -> None:
        scim = self._connect()
        if scim is None:
            raise StepRefused(_BY_HAND)
        recorded = await self._as_recorded(step)
        self._stored.try_step(recorded)
        await scim.perform(step, before, note)
        try:
            (failure,) = await self._stored.perform_all([StepRequest(recorded, before, note)])
        except BackendFailed as fault:
            failure = fault
        if failure is not None:
            raise StepUncertain(
                f"It is done at 8x8 and not yet recorded in the inventory: {failure}"
            ) from failure

    async def outcome_of(
        self, step: Step, before: Mapping[str, Record | None], ticket: str | None
    ) -> StepOutcome:
        """Find out what became of a step: at 8x8, if it was sent there, and in the records."""
        as_recorded = await self._as_recorded(step)
        recorded = await self._stored.outcome_of(as_recorded, before, ticket)
        scim = self._connect()
        if scim is None:
            return recorded
        done = await scim.outcome_of(step, before, ticket)
        return "partly" if done == "done" and recorded != "done" else done

    def recall(self, records: Iterable[Record | None]) -> None:
        """Do nothing: licenses are changed in place."""

    def record_restores(self, found: Mapping[str, Mapping[str, Record]]) -> None:
        """Do nothing: licenses are changed in place, and lose nothing."""

    async def close(self) -> None:
        """Close the connections to SCIM. The database belongs to whoever opened it."""
        if self._scim is not None:
            await self._scim.close()

    def _connect(self) -> ScimUsers | None:
        """Give the SCIM API; None if licsync may not write over it.

        Raises:
            CredentialsMissing: the token is missing, or may not be sent to the address.
        """
        if self._scim is None and self._open_scim is not None:
            self._scim = self._open_scim()
            self._scim.client.api.pace.on_wait = self.on_wait
        return self._scim

    async def _as_recorded(self, step: Step) -> Step:
        """Give the step as the console records it: a new user has the default policy (POL2)."""
        values = step.args.get("set", {})
        if step.op != "user.create" or "policy" in values:
            return step
        key = f"policies/{DEFAULT_POLICY}"
        if (await self._stored.fetch([key]))[key] is None:
            return step
        return replace(step, args={**step.args, "set": {**values, "policy": DEFAULT_POLICY}})
