"""What changes of an account work with: its reader, its change executor, its ring groups."""

from __future__ import annotations

from dataclasses import dataclass, field

from licsync.backends.api.account_reader import AccountReader
from licsync.backends.api.change_executor import ChangeExecutor
from licsync.backends.api.group_memberships import Memberships
from licsync.backends.api.mirror import AccountMirror
from licsync.backends.api.operation_polling import Operation, poll_operation
from licsync.backends.http.rate_limit import Urgency


@dataclass(slots=True)
class ChangeContext:
    """The reader, executor and memberships that the changes of an account share.

    Attributes:
        reader: reads the account.
        executor: sends changes and follows them to their end.
        memberships: reads and restores ring group memberships.
        operations_under_way: operations whose effect was seen before their end, by caseless user
            name.
    """

    reader: AccountReader
    executor: ChangeExecutor
    memberships: Memberships
    operations_under_way: dict[str, str] = field(default_factory=dict)

    @property
    def mirror(self) -> AccountMirror:
        """The newest documents of the account."""
        return self.reader.mirror

    async def wait_for_operation(self, name: str) -> None:
        """Wait for the end of an operation whose effect was already seen.

        8x8 works on one operation of a user at a time.
        """
        operation = self.operations_under_way.get(name.casefold())
        if operation is None:
            return
        timing = self.executor.timing
        late = Operation(operation, "update", is_late=True)
        await poll_operation(self.reader.api, late, Urgency.STEP, timing)
        self.operations_under_way.pop(name.casefold(), None)
