"""The backend `8x8`: an account behind the vendor's Administration API."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, datetime

from licsync.backends.api import user_changes
from licsync.backends.api.account_reader import AccountReader, names_in_section
from licsync.backends.api.capabilities import API
from licsync.backends.api.change_context import ChangeContext
from licsync.backends.api.change_executor import SETTLE_SECONDS, ChangeExecutor, PendingChange
from licsync.backends.api.group_memberships import Memberships
from licsync.backends.api.mapping import Document
from licsync.backends.api.mirror import AccountMirror
from licsync.backends.api.site_changes import address_creation, address_deletion, site_change
from licsync.backends.api.transport import Transport
from licsync.engine.ports import (
    NoteTicket,
    StepFailure,
    StepOutcome,
    StepRefused,
    StepRequest,
    StepUncertain,
    perform_each,
)
from licsync.model.capabilities import Capabilities
from licsync.model.catalog import Catalog
from licsync.model.console.step import Step
from licsync.model.inventory import Inventory, Record
from licsync.model.license import format_instant


class AdminApiBackend:
    """An account behind the vendor's Administration API: a `licsync.engine.ports.Backend`.

    Args:
        api: the connection to the API.
        declared: what the API lacks: the list of units, the contents of policies, addresses as
            people write them.
        catalog: the license catalog.
        settle: seconds after which a request without a visible effect counts as without effect.
        clock: gives the current instant.
        capabilities: what the API can do, as far as it is known.
        customer: the customer id that the account names; a key of another customer is refused.
    """

    type = "8x8"
    batch_size = 1

    def __init__(
        self,
        api: Transport,
        declared: Inventory,
        catalog: Catalog,
        *,
        settle: float = SETTLE_SECONDS,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
        capabilities: Capabilities = API,
        customer: str | None = None,
    ):
        self.api = api
        self.capabilities = capabilities
        units = {unit: dict(record) for unit, record in declared.licenses.items()}
        self.mirror = AccountMirror(catalog, units, declared)
        self.reader = AccountReader(api, self.mirror, customer)
        self.executor = ChangeExecutor(api, settle, clock)
        self.memberships = Memberships(self.executor, self.reader.read_by_id)
        self.changes = ChangeContext(self.reader, self.executor, self.memberships)
        self._clock = clock

    async def close(self) -> None:
        """Close the connections; a later call opens them again."""
        self.memberships.close()
        self.executor.list_poller.close()
        await self.api.close()

    # --- reading ----------------------------------------------------------------------------------

    async def read(self) -> Inventory:
        """Read everything: all pages of sites, addresses and users.

        Raises:
            BackendFailed: 8x8 cannot be read.
        """
        await self.reader.read_all()
        return self.inventory()

    def inventory(self) -> Inventory:
        """Return the inventory as read so far, with the declared units."""
        return self.mirror.inventory(self.mirror.declared.account, format_instant(self._clock()))

    async def complete(self, inventory: Inventory, keys: Iterable[str]) -> Inventory:
        """Read one by one the users of a plan whose list rows are incomplete.

        Args:
            inventory: what `read` gave, and the plan was made with.
            keys: the records that the plan touches.

        Returns:
            The same inventory if nothing differs; otherwise a new one to plan with again.
        """
        names = await self.reader.complete_users(names_in_section(keys, "users"))
        if not names:
            return inventory
        fuller = self.inventory()
        is_same = all(fuller.users.get(n) == inventory.users.get(n) for n in names)
        return inventory if is_same else fuller

    async def fetch(self, keys: Iterable[str], *, whole: bool = False) -> dict[str, Record | None]:
        """Read just these records; see the port.

        Raises:
            BackendFailed: 8x8 cannot be read.
        """
        wanted = list(dict.fromkeys(keys))
        await self.reader.ensure_read()
        users = self.reader.users_of(wanted)
        are_many = await self.reader.refresh_users(users, whole=whole)
        await self.reader.refresh_sites(names_in_section(wanted, "sites"))
        memberships = {} if are_many else {n: await self._memberships_of(n) for n in users}
        return {key: self.reader.record(key, memberships) for key in wanted}

    async def _memberships_of(self, name: str) -> dict[str, Document] | None:
        """Read the ring group memberships of a user that was read by itself."""
        user = self.mirror.user(name)
        if user is None or not self.reader.is_single(name):
            return None
        return await self.memberships.entries(user, self.reader.read_urgency(name))

    # --- writing ----------------------------------------------------------------------------------

    async def perform_all(self, requests: Sequence[StepRequest]) -> Sequence[StepFailure | None]:
        """Perform steps one by one; see the port."""
        return await perform_each(self._perform, requests)

    async def _perform(
        self, step: Step, before: Mapping[str, Record | None], note: NoteTicket
    ) -> None:
        """Perform one step to its end.

        Args:
            step: what to do.
            before: the records it touches, as recorded with the intent.
            note: see `StepRequest`.

        Raises:
            StepRefused: 8x8 refuses it, and nothing was changed.
            StepUncertain: it is unknown whether it was done.
            BackendFailed: 8x8 cannot be read.
            CredentialsMissing: 8x8 does not accept the key.
        """
        await self.reader.ensure_read()
        if step.target.startswith("users/"):
            await self._perform_on_user(step, before, note)
            return
        change = self._change_of(step, before)
        if change is None:
            raise StepRefused(f"The API cannot do {step.op}: do it in the console.")
        await self.executor.execute(change, note)

    async def _perform_on_user(
        self, step: Step, before: Mapping[str, Record | None], note: NoteTicket
    ) -> None:
        between_licenses = self.reader.users_between_licenses
        if step.op == "license.detach":
            between_licenses.add(step.name.casefold())
        await user_changes.perform(self.changes, step, before, note)
        self.mirror.record_spelling(step.name, step.args.get("set", {}))
        self.reader.mark_read_back((step.name, str(step.args.get("to", step.name))))
        if step.op == "license.attach":
            between_licenses.discard(step.name.casefold())

    def _change_of(self, step: Step, before: Mapping[str, Record | None]) -> PendingChange | None:
        """Make the change of a step on anything but a user; None where the API has none."""
        if step.target.startswith("sites/"):
            return site_change(self.reader, step, before)
        if step.op == "service_address.create":
            return address_creation(self.reader, step)
        if step.op == "service_address.delete":
            return address_deletion(self.reader, step)
        return None

    # --- resuming ---------------------------------------------------------------------------------

    def recall(self, records: Iterable[Record | None]) -> None:
        """Learn what an earlier process knew of ring group memberships; see the port."""
        self.memberships.recall(records)

    def record_restores(self, found: Mapping[str, Mapping[str, Record]]) -> None:
        """Note settings to restore by hand, as if they had been declared; see the port."""
        self.mirror.record_restores(found)

    async def outcome_of(
        self, step: Step, before: Mapping[str, Record | None], ticket: str | None
    ) -> StepOutcome:
        """Find out what became of a step that was begun; see the port.

        Raises:
            StepUncertain: it is not known.
            BackendFailed: 8x8 cannot be read.
        """
        await self.reader.ensure_read()
        if step.target.startswith("users/"):
            change: PendingChange | None = user_changes.lookup_change(self.changes, step, before)
        else:
            change = self._change_of(step, before)
        if change is None:
            return "undone"  # no such step is ever sent
        try:
            found = await self.executor.outcome_of(change, ticket)
        except ValueError as fault:
            raise StepUncertain(
                f"{change.what}: the journal's ticket {ticket!r} cannot be read"
            ) from fault
        return "undone" if found == "changed" else found  # after the wait, none of it is there
