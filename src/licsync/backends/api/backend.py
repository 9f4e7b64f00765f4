"""The backend `8x8`: reads, writes and resumes an account through the vendor's Administration API."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable, Iterable, Mapping
from datetime import UTC, datetime

from licsync.backends.api import user_changes as users
from licsync.backends.api.capabilities import API
from licsync.backends.api.change_executor import SETTLE_SECONDS, ChangeExecutor
from licsync.backends.api.group_memberships import Memberships
from licsync.backends.api.list_polling import is_plain
from licsync.backends.api.mapping import Document, name_of, rows, section, site_record, user_record
from licsync.backends.api.mirror import AccountMirror, is_partial
from licsync.backends.api.operation_polling import poll_operation
from licsync.backends.api.pagination import USERS_PER_PAGE, id_of, list_numbered_pages, scroll
from licsync.backends.api.rate_limit import Urgency
from licsync.backends.api.site_changes import address_creation, address_deletion, site_change
from licsync.backends.api.transport import Request, Transport, path_of
from licsync.backends.api.user_details import read_partial_users, read_users_with_hidden_licenses
from licsync.engine.ports import BackendFailed, StepOutcome, StepRefused, StepUncertain
from licsync.model.capabilities import Capabilities
from licsync.model.catalog import Catalog
from licsync.model.console.step import Step
from licsync.model.inventory import Inventory, Record, digest
from licsync.model.license import format_instant

FRESH_SECONDS = 20.0
"""Seconds for which a user that was read by itself need not be read again before it is written."""

ABSENT_SECONDS = 1800.0
"""Seconds for which a user name that was on no list of all users need not be looked up before a user is created.

The API refuses a second user of the same name (domain.md, 8.1); what is looked for is only what an
answer left open.
"""

_FEW = 10
# users, of lists and of every kind of change seen on one, that are read by themselves to compare
_SAMPLE = 3


class AdminApiBackend:
    """An account behind the vendor's Administration API.

    Args:
        api: the way to it.
        declared: what the API lacks: the list of units, the contents of policies, addresses as
            people write them.
        catalog: the license catalogue.
        settle: seconds after which a request that is not seen to have an effect has none.
        clock: gives the current instant.
        capabilities: what the API can do, as far as it is known.
        customer: the id of the customer that the account says it is; a key of another one is
            refused.
    """

    type = "8x8"

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
        self.seen = AccountMirror(
            catalog, {unit: dict(record) for unit, record in declared.licenses.items()}, declared
        )
        self.carrier = ChangeExecutor(api, settle, clock)
        self._clock = clock
        self._customer = customer
        self._was_read = False
        self._listed_at: float | None = None  # when all users were listed
        # caseless names of the users that the API was asked to create
        self.asked_for: set[str] = set()
        # operations by the caseless user whose change was seen before their end
        self.under_way: dict[str, str] = {}
        # rows of lists that were compared, by the change that they showed
        self._compared: Counter[str] = Counter()
        self._omits = False  # whether lists leave out parts of users that have them
        # whether lists say less of a user than a single GET; None: not known
        self._poor: bool | None = None
        self._half_done: set[str] = set()
        # when users were last read for their own sake, by caseless name
        self._looked_at: dict[str, float] = {}
        self._read_back: dict[str, float] = {}  # the same, by the step that changed them
        # when sites were last read by themselves, by caseless name
        self.sites_read: dict[str, float] = {}
        self.members = Memberships(self.carrier, self.read_by_id)
        # is told what takes long before anything is planned
        self.tell: Callable[[str], None] = lambda said: None

    async def close(self) -> None:
        """Close the connections; a later call opens them again."""
        self.members.close()
        self.carrier.list_poller.close()
        await self.api.close()

    # --- reading ----------------------------------------------------------------------------------

    async def read(self) -> Inventory:
        """Read everything: all pages of sites, addresses and users. Raises BackendFailed."""
        await self._read_sites_and_addresses()
        await self._list_users()
        self._was_read = True
        await self._compare_payloads()
        return self.inventory()

    @property
    def was_read(self) -> bool:
        """Tell whether everything was read, so that what is not known is not there."""
        return self._was_read

    def inventory(self) -> Inventory:
        """Give what was seen so far, with the declared units, to be kept for the next run."""
        return self.seen.inventory(self.seen.declared.account, format_instant(self._clock()))

    async def complete(self, inventory: Inventory, keys: Iterable[str]) -> Inventory:
        """Read by themselves those users that a plan is about, where lists say less of a user than that.

        Args:
            inventory: what `read` gave, and was planned with.
            keys: the records that the plan touches.

        Returns:
            The same inventory where nothing is different; else a new one, to plan again with.
        """
        known = (
            (name, self.seen.user(name)) for key in keys if (name := _name_in_section(key, "users"))
        )
        names = [
            name
            for name, user in dict(known).items()
            if user is not None and not self._is_single(name) and (self._poor or is_partial(user))
        ]
        if not names:
            return inventory
        await self._read_users(names)
        fuller = self.inventory()
        return (
            inventory
            if all(fuller.users.get(n) == inventory.users.get(n) for n in names)
            else fuller
        )

    async def fetch(self, keys: Iterable[str], *, whole: bool = False) -> dict[str, Record | None]:
        """Read just these records; see the port. Raises BackendFailed."""
        wanted = list(dict.fromkeys(keys))
        await self._ensure_listed()
        names = [name for key in wanted if (name := _name_in_section(key, "users"))]
        units = [unit for key in wanted if (unit := _name_in_section(key, "licenses"))]
        held = [
            self.seen.users[self.seen.holders[unit]] for unit in units if unit in self.seen.holders
        ]
        people = list(dict.fromkeys(name.casefold() for name in (*names, *map(name_of, held))))
        is_known = self.is_fresh if whole else self._is_read_back
        stale = [name for name in people if not is_known(name)]
        many = not whole and len(stale) > max(_FEW, len(self.seen.users) // USERS_PER_PAGE)
        if many and not self._poor:
            await self._list_users()
        else:
            await self._read_users(stale)
            self._looked_at |= dict.fromkeys(stale, self._now())
        sites = [name for key in wanted if (name := _name_in_section(key, "sites"))]
        if not all(self._is_fresh(name, self.sites_read) for name in sites):
            await self._read_sites()
        entries = {} if many else {name: await self._ring_group_entries(name) for name in people}
        return {key: self._record(key, entries) for key in wanted}

    def _record(self, key: str, entries: Mapping[str, dict[str, Document] | None]) -> Record | None:
        kind, _, name = key.partition("/")
        if kind == "users":
            user = self.seen.user(name)
            return (
                self.seen.record(user, entries.get(name.casefold())) if user is not None else None
            )
        if kind == "licenses":
            return self.seen.unit(name)
        if kind == "service_addresses":
            return self.seen.address(name)
        if kind == "sites":
            return site_record(self.seen.sites[name]) if name in self.seen.sites else None
        return self.seen.policy(name)

    async def _ensure_listed(self) -> None:
        """Read the whole once, for who holds what, and which id is whose."""
        if not self._was_read:
            await self.read()

    async def _list_users(self) -> None:
        began = self._now()
        users = await scroll(self.api, "/users", "users", on_page=self.seen.prepare)
        self._refuse_other_customers(users)
        self.seen.put_all_users(users)
        hides = await read_users_with_hidden_licenses(
            self.seen, self._read_ids, self.tell, self.api.pace.limit
        )
        self._omits = await read_partial_users(self.seen, self._read_ids, self._omits)
        if hides or self._omits:
            self._poor = True
        self._listed_at = began

    async def _read_ids(self, users: Iterable[str]) -> None:
        """Read users by themselves, by their ids."""
        await _gather(self.read_by_id(user, Urgency.START) for user in users)

    def is_known_absent(self, name: str) -> bool:
        """Tell whether a user name is free, by a list of all users that is not too old, and nothing sent since."""
        at = self._listed_at
        is_listed = at is not None and self._now() - at <= ABSENT_SECONDS
        return is_listed and not any(
            name.casefold() in known for known in (self.seen.names, self.asked_for)
        )

    def _refuse_other_customers(self, users: Iterable[Document]) -> None:
        for user in users:
            found = section(user, "basicInfo").get("customerId")
            if self._customer is not None and found not in (None, self._customer):
                raise BackendFailed(
                    f"The key is one of customer {found}, but customer_id is {self._customer}."
                )

    async def _compare_payloads(self) -> None:
        """Find out by a few users whether lists say less than single documents do (trap 2)."""
        licensed = (u for u in self.seen.users.values() if rows(u, "serviceInfo", "extensions"))
        sample = [name for _, name in zip(range(_SAMPLE), map(name_of, licensed), strict=False)]
        if self._poor is None and sample:
            listed = [digest(user_record(self.seen.user(name) or {})) for name in sample]
            await self._read_users(sample)
            self._poor = listed != [
                digest(user_record(self.seen.user(name) or {})) for name in sample
            ]

    async def _read_sites_and_addresses(self) -> None:
        await self._read_sites()
        self.seen.addresses = {
            str(a["id"]): a for a in await scroll(self.api, "/addresses", "addresses")
        }

    async def _read_sites(self) -> None:
        self.update_sites(await list_numbered_pages(self.api, "/sites", "sites"))

    def update_sites(self, sites: Iterable[Document]) -> None:
        """Take the list of all sites in, and tell once whose name is stored otherwise than the files spell it."""
        for stored, spelled in self.seen.put_sites(sites):
            self.tell(
                f"The name of site {spelled!r} is stored as {stored!r}; licsync takes them for the same."
            )

    # --- single users -----------------------------------------------------------------------------

    def _now(self) -> float:
        return asyncio.get_running_loop().time()

    def _is_single(self, name: str) -> bool:
        """Tell whether the newest document of a user is its own, not one of a list."""
        return self.seen.names.get(name.casefold(), "") in self.seen.singles

    def _is_fresh(self, name: str, since: Mapping[str, float]) -> bool:
        at = since.get(name.casefold())
        return at is not None and self._now() - at <= FRESH_SECONDS

    def _is_read_back(self, name: str) -> bool:
        return self._is_fresh(name, self._read_back)

    def is_fresh(self, name: str) -> bool:
        """Tell whether a user was read by itself, for its own sake or after a step, and lately enough to be written."""
        lately = self._is_fresh(name, self._looked_at) or self._is_read_back(name)
        return lately and (self._is_single(name) or self.seen.user(name) is None)

    def is_recent(self, user: Document) -> bool:
        """Tell whether a document that was read by itself is recent enough to be written back."""
        return (
            self._now() - self.seen.singles.get(str(id_of(user)), -FRESH_SECONDS) <= FRESH_SECONDS
        )

    def read_urgency(self, name: str) -> Urgency:
        """Say how urgent it is to read a user."""
        return Urgency.SECOND_HALF if name.casefold() in self._half_done else Urgency.START

    async def _read_users(self, names: Iterable[str]) -> None:
        await _gather(self.read_user(n, self.read_urgency(n)) for n in names)

    async def read_user(
        self, name: str, urgency: Urgency, user_id: str | None = None
    ) -> Document | None:
        """Read one user by itself, looked up by name where the id is not known; None where there is none."""
        known = user_id or self.seen.names.get(name.casefold())
        user = await self.read_by_id(known, urgency) if known else None
        if user is None:
            found = await self._look_up(name, urgency)
            user = await self.read_by_id(found, urgency) if found else None
        return user

    async def read_by_id(self, user_id: str, urgency: Urgency) -> Document | None:
        """Read one user by itself; None where there is none."""
        answer = await self.api.get(Request("GET", path_of("users", user_id), "users"), urgency)
        if answer.status == 404:
            self.seen.forget_user(user_id)
            return None
        if answer.outcome != "accepted" or not isinstance(answer.body, dict):
            raise BackendFailed(
                f"A user cannot be read: {answer.reason or 'the answer is no user'}."
            )
        self.seen.put_user(answer.body, self._now())
        return answer.body

    async def _look_up(self, name: str, urgency: Urgency) -> str | None:
        """Find the id of a user name by a filter; it matches without case."""
        if not is_plain(name):
            return None
        query = {"filter": f"basicInfo.userName=='{name}'", "pageSize": "10"}
        answer = await self.api.get(Request("GET", "/users", "users", query=query), urgency)
        found = answer.body.get("data") if isinstance(answer.body, Mapping) else None
        if answer.outcome != "accepted" or not isinstance(found, list):
            raise BackendFailed(
                f"A user cannot be looked up: {answer.reason or 'the answer is no list'}."
            )
        same = (
            u for u in found if isinstance(u, dict) and name_of(u).casefold() == name.casefold()
        )
        return next((str(u["basicInfo"]["userId"]) for u in same), None)

    # --- changes that are seen on lists -----------------------------------------------------------

    def trusts_lists(self, op: str) -> bool:
        """Tell whether rows of lists were found to say all that a single GET says after such a step."""
        return not self._poor and self._compared[op] >= _SAMPLE

    def compare_lists(self, op: str, listed: Record, single: Record) -> None:
        """Learn from a user that was read both ways whether lists say less (trap 2)."""
        self._compared[op] += 1
        if digest(listed) != digest(single):
            self._poor = True

    async def wait_for_end(self, name: str) -> None:
        """Wait for the end of an operation whose effect was seen before it: no two are under way for one user."""
        operation = self.under_way.get(name.casefold())
        if operation is not None:
            await poll_operation(
                self.api, operation, "update", Urgency.STEP, self.carrier.timing, is_late=True
            )
            self.under_way.pop(name.casefold(), None)

    # --- ring groups ------------------------------------------------------------------------------

    async def _ring_group_entries(self, name: str) -> dict[str, Document] | None:
        """Read the places in ring groups of a user that was read by itself."""
        user = self.seen.user(name)
        if user is None or not self._is_single(name):
            return None
        return await self.members.entries(user, self.read_urgency(name))

    def recall(self, records: Iterable[Record | None]) -> None:
        """Learn what an earlier process knew of places in ring groups; see the port."""
        self.members.recall(records)

    # --- writing ----------------------------------------------------------------------------------

    async def perform(
        self, step: Step, before: Mapping[str, Record | None], note: Callable[[str], None]
    ) -> None:
        """Do one step to its end; see the port.

        Raises StepRefused, StepUncertain, BackendFailed.
        """
        await self._ensure_listed()
        kind = step.target.partition("/")[0]
        if kind == "users":
            if step.op == "license.detach":
                self._half_done.add(step.name.casefold())
            await users.perform(self, step, before, note)
            self.seen.record_spelling(step.name, step.args.get("set", {}))
            names = (step.name, str(step.args.get("to", step.name)))
            self._read_back |= {name.casefold(): self._now() for name in names}
            if step.op == "license.attach":
                self._half_done.discard(step.name.casefold())
        elif kind == "sites":
            await self.carrier.execute(await site_change(self, step, before), note)
        elif step.op == "service_address.create":
            await self.carrier.execute(address_creation(self, step), note)
        elif step.op == "service_address.delete":
            await self.carrier.execute(address_deletion(self, step), note)
        else:
            raise StepRefused(
                f"The API has no way to do {step.op}: it has to be done in the console."
            )

    def record_restores(self, found: Mapping[str, Mapping[str, Record]]) -> None:
        """Note what is to be put back by hand, as if it had been declared; see the port."""
        self.seen.record_restores(found)

    async def outcome_of(
        self, step: Step, before: Mapping[str, Record | None], ticket: str | None
    ) -> StepOutcome:
        """Tell what became of a step that was begun; see the port.

        Raises StepUncertain, BackendFailed.
        """
        await self._ensure_listed()
        kind = step.target.partition("/")[0]
        if kind == "users":
            change = users.lookup_change(self, step, before)
        elif kind == "sites":
            change = await site_change(self, step, before)
        elif step.op == "service_address.create":
            change = address_creation(self, step)
        elif step.op == "service_address.delete":
            change = address_deletion(self, step)
        else:
            return "undone"  # no such step is ever sent
        try:
            found = await self.carrier.outcome_of(change, ticket)
        except ValueError as fault:
            raise StepUncertain(
                f"{change.what}: the journal's ticket {ticket!r} cannot be read"
            ) from fault
        return "undone" if found == "changed" else found  # it was waited for: none of it is there


async def _gather(reads: Iterable[Awaitable[object]]) -> None:
    """Wait for all of them, and then raise the first fault."""
    for fault in await asyncio.gather(*reads, return_exceptions=True):
        if isinstance(fault, BaseException):
            raise fault


def _name_in_section(key: str, kind: str) -> str | None:
    """Give the name of a key of a section; None for a key of another."""
    found, _, name = key.partition("/")
    return name if found == kind else None
