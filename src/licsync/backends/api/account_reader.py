"""Reads an account through the API: lists of everything, and single users."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence

from licsync.backends.api.list_polling import is_plain
from licsync.backends.api.list_rows import is_partial
from licsync.backends.api.mapping import Document, name_of, rows, section, site_record, user_record
from licsync.backends.api.mirror import AccountMirror
from licsync.backends.api.pagination import USERS_PER_PAGE, id_of, list_numbered_pages, scroll
from licsync.backends.api.transport import Request, Transport
from licsync.backends.api.user_details import read_partial_users, read_users_with_hidden_licenses
from licsync.backends.http.rate_limit import Urgency
from licsync.backends.http.transport import path_of
from licsync.engine.ports import BackendFailed
from licsync.model.inventory import Record, digest

FRESH_SECONDS = 20.0
"""Seconds for which a single user document is recent enough to be written back."""

ABSENT_SECONDS = 1800.0
"""Seconds for which a name that no list of all users showed counts as free.

The API refuses a second user of the same name (domain.md, 8.1), so a lookup is only needed where an
answer left that open.
"""

_FEW = 10
# users that are read by themselves to compare them with lists, for each kind of change
_SAMPLE = 3


class AccountReader:
    """Reads an account into its mirror.

    Args:
        api: the connection to the API.
        mirror: takes in what is read.
        customer: the expected customer id; a key of another customer is refused.

    Attributes:
        was_read: whether everything was read, so that what is unknown does not exist.
        requested_creations: caseless names of the users that the API was asked to create.
        users_between_licenses: caseless names of users who wait for a license; they are read first.
        sites_read_at: when each site was last read by itself, by caseless name.
        report: prints a message about reading that takes long.
    """

    def __init__(self, api: Transport, mirror: AccountMirror, customer: str | None = None):
        self.api = api
        self.mirror = mirror
        self.was_read = False
        self.requested_creations: set[str] = set()
        self.users_between_licenses: set[str] = set()
        self.sites_read_at: dict[str, float] = {}
        self.report: Callable[[str], None] = lambda message: None
        self._customer = customer
        self._users_listed_at: float | None = None
        # how many list rows were compared with single documents, by operation
        self._compared: Counter[str] = Counter()
        self._omits_attributes = False  # whether lists leave out attributes that users have
        # whether lists say less of a user than a single GET; None: not known yet
        self.lists_are_incomplete: bool | None = None
        self._read_at: dict[str, float] = {}  # by caseless name
        self._read_back_at: dict[str, float] = {}  # the same, after a step that changed the user

    # --- everything -------------------------------------------------------------------------------

    async def read_all(self) -> None:
        """Read all pages of sites, addresses and users.

        Raises:
            BackendFailed: a list cannot be read.
        """
        await self._read_sites()
        self.mirror.addresses = {
            str(a["id"]): a for a in await scroll(self.api, "/addresses", "addresses")
        }
        await self._list_users()
        self.was_read = True
        await self._compare_lists_with_single_users()

    async def ensure_read(self) -> None:
        """Read everything once, to learn who holds what, and which id is whose.

        Raises:
            BackendFailed: a list cannot be read.
        """
        if not self.was_read:
            await self.read_all()

    async def complete_users(self, names: Iterable[str]) -> list[str]:
        """Read one by one the users whose list rows are incomplete.

        Returns:
            the names of the users that were read.

        Raises:
            BackendFailed: a user cannot be read.
        """
        known = {name: self.mirror.user(name) for name in names}
        incomplete = [
            name
            for name, user in known.items()
            if user is not None
            and not self.is_single(name)
            and (self.lists_are_incomplete or is_partial(user))
        ]
        await self._read_users(incomplete)
        return incomplete

    async def _list_users(self) -> None:
        began = _now()
        users = await scroll(self.api, "/users", "users", on_page=self.mirror.prepare)
        self._refuse_other_customers(users)
        self.mirror.put_all_users(users)
        hides_licenses = await read_users_with_hidden_licenses(
            self.mirror, self._read_ids, self.report, self.api.pace.limit
        )
        self._omits_attributes = await read_partial_users(
            self.mirror, self._read_ids, known_to_omit=self._omits_attributes
        )
        if hides_licenses or self._omits_attributes:
            self.lists_are_incomplete = True
        self._users_listed_at = began

    def _refuse_other_customers(self, users: Iterable[Document]) -> None:
        for user in users:
            found = section(user, "basicInfo").get("customerId")
            if self._customer is not None and found not in (None, self._customer):
                raise BackendFailed(
                    f"The API key belongs to customer {found}, but customer_id is {self._customer}."
                )

    async def _compare_lists_with_single_users(self) -> None:
        """Find out from a few users whether lists say less than single documents do (trap 2)."""
        licensed = (u for u in self.mirror.users.values() if rows(u, "serviceInfo", "extensions"))
        sample = [name for _, name in zip(range(_SAMPLE), map(name_of, licensed), strict=False)]
        if self.lists_are_incomplete is None and sample:
            listed = self._user_digests(sample)
            await self._read_users(sample)
            self.lists_are_incomplete = listed != self._user_digests(sample)

    def _user_digests(self, names: Iterable[str]) -> list[str]:
        return [digest(user_record(self.mirror.user(name) or {})) for name in names]

    def trusts_lists(self, op: str) -> bool:
        """Tell whether list rows proved as complete as single documents after such an operation."""
        return not self.lists_are_incomplete and self._compared[op] >= _SAMPLE

    def compare_list_row(self, op: str, listed: Record, single: Record) -> None:
        """Learn from a user that was read both ways whether list rows are incomplete (trap 2)."""
        self._compared[op] += 1
        if digest(listed) != digest(single):
            self.lists_are_incomplete = True

    def is_known_absent(self, name: str) -> bool:
        """Tell whether a recent list of users showed no such name, and none was sent since."""
        at = self._users_listed_at
        is_recent = at is not None and _now() - at <= ABSENT_SECONDS
        return is_recent and not any(
            name.casefold() in known for known in (self.mirror.names, self.requested_creations)
        )

    # --- some records -----------------------------------------------------------------------------

    def users_of(self, keys: Iterable[str]) -> list[str]:
        """List the caseless names of the users of records, holders of units included."""
        wanted = list(keys)
        names = names_in_section(wanted, "users")
        holders = self.mirror.holders
        units = (unit for unit in names_in_section(wanted, "licenses") if unit in holders)
        holding = [name_of(self.mirror.users[holders[unit]]) for unit in units]
        return list(dict.fromkeys(name.casefold() for name in (*names, *holding)))

    async def refresh_users(self, names: Sequence[str], *, whole: bool) -> bool:
        """Read users again that were not read recently: one by one, or many with the whole list.

        Args:
            names: caseless user names.
            whole: whether each has to be read by itself.

        Returns:
            whether they were many, so that their ring group memberships are not worth reading.

        Raises:
            BackendFailed: a user or the list of users cannot be read.
        """
        is_known = self.is_fresh if whole else self._is_read_back
        stale = [name for name in names if not is_known(name)]
        many = not whole and len(stale) > max(_FEW, len(self.mirror.users) // USERS_PER_PAGE)
        if many and not self.lists_are_incomplete:
            await self._list_users()
        else:
            await self._read_users(stale)
            self._read_at |= dict.fromkeys(stale, _now())
        return many

    async def refresh_sites(self, names: Iterable[str]) -> None:
        """Read the list of sites, unless each of these was read lately."""
        if not all(_is_recent(name, self.sites_read_at) for name in names):
            await self._read_sites()

    def record(
        self, key: str, memberships: Mapping[str, dict[str, Document] | None]
    ) -> Record | None:
        """Give a record as it was last read.

        Args:
            key: `section/name`.
            memberships: ring group memberships by caseless user name.
        """
        mirror = self.mirror
        kind, _, name = key.partition("/")
        if kind == "users":
            user = mirror.user(name)
            return mirror.record(user, memberships.get(name.casefold())) if user else None
        if kind == "licenses":
            return mirror.unit(name)
        if kind == "service_addresses":
            return mirror.address(name)
        if kind == "sites":
            return site_record(mirror.sites[name]) if name in mirror.sites else None
        return mirror.policy(name)

    async def _read_sites(self) -> None:
        self.update_sites(await list_numbered_pages(self.api, "/sites", "sites"))

    def update_sites(self, sites: Iterable[Document]) -> None:
        """Store the list of all sites; report once each name that 8x8 spells differently."""
        for stored, spelled in self.mirror.put_sites(sites):
            self.report(
                f"8x8 stores the site name {spelled!r} as {stored!r}; "
                "licsync treats them as the same."
            )

    # --- single users -----------------------------------------------------------------------------

    def is_single(self, name: str) -> bool:
        """Tell whether the newest document of a user is its own, not a row of a list."""
        return self.mirror.names.get(name.casefold(), "") in self.mirror.singles

    def _is_read_back(self, name: str) -> bool:
        return _is_recent(name, self._read_back_at)

    def is_fresh(self, name: str) -> bool:
        """Tell whether a user was read by itself recently enough to be written."""
        is_recent = _is_recent(name, self._read_at) or self._is_read_back(name)
        return is_recent and (self.is_single(name) or self.mirror.user(name) is None)

    def is_recent(self, user: Document) -> bool:
        """Tell whether a document that was read by itself is recent enough to be written back."""
        read_at = self.mirror.singles.get(str(id_of(user)), -FRESH_SECONDS)
        return _now() - read_at <= FRESH_SECONDS

    def mark_read_back(self, names: Iterable[str]) -> None:
        """Note that users were read after a step that changed them."""
        self._read_back_at |= {name.casefold(): _now() for name in names}

    def read_urgency(self, name: str) -> Urgency:
        """Say how urgent it is to read a user."""
        is_waiting = name.casefold() in self.users_between_licenses
        return Urgency.SECOND_HALF if is_waiting else Urgency.START

    async def _read_users(self, names: Iterable[str]) -> None:
        await _gather(self.read_user(n, self.read_urgency(n)) for n in names)

    async def _read_ids(self, users: Iterable[str]) -> None:
        await _gather(self.read_by_id(user, Urgency.START) for user in users)

    async def read_user(
        self, name: str, urgency: Urgency, user_id: str | None = None
    ) -> Document | None:
        """Read one user by itself, by id or else by name; None if there is none.

        Raises:
            BackendFailed: the user cannot be read.
        """
        known = user_id or self.mirror.names.get(name.casefold())
        user = await self.read_by_id(known, urgency) if known else None
        if user is None:
            found = await self._look_up(name, urgency)
            user = await self.read_by_id(found, urgency) if found else None
        return user

    async def read_by_id(self, user_id: str, urgency: Urgency) -> Document | None:
        """Read one user by itself; None if there is none.

        Raises:
            BackendFailed: the user cannot be read.
        """
        answer = await self.api.get(Request("GET", path_of("users", user_id), "users"), urgency)
        if answer.status == 404:
            self.mirror.forget_user(user_id)
            return None
        if answer.outcome != "accepted" or not isinstance(answer.body, dict):
            raise BackendFailed(
                f"A user cannot be read: {answer.reason or 'the answer is not a user'}."
            )
        self.mirror.put_user(answer.body, _now())
        return answer.body

    async def _look_up(self, name: str, urgency: Urgency) -> str | None:
        """Find the id of a user name by a filter, which ignores case."""
        if not is_plain(name):
            return None
        query = {"filter": f"basicInfo.userName=='{name}'", "pageSize": "10"}
        answer = await self.api.get(Request("GET", "/users", "users", query=query), urgency)
        found = answer.body.get("data") if isinstance(answer.body, Mapping) else None
        if answer.outcome != "accepted" or not isinstance(found, list):
            raise BackendFailed(
                f"A user cannot be looked up: {answer.reason or 'the answer is not a list'}."
            )
        for user in found:
            if isinstance(user, dict) and name_of(user).casefold() == name.casefold():
                return str(user["basicInfo"]["userId"])
        return None


def names_in_section(keys: Iterable[str], section: str) -> list[str]:
    """Return the names in the keys `section/name` of one section."""
    pairs = (key.partition("/") for key in keys)
    return [name for found, _, name in pairs if found == section]


def _now() -> float:
    return asyncio.get_running_loop().time()


def _is_recent(name: str, read_at: Mapping[str, float]) -> bool:
    at = read_at.get(name.casefold())
    return at is not None and _now() - at <= FRESH_SECONDS


async def _gather(reads: Iterable[Awaitable[object]]) -> None:
    """Wait for all of them, then raise the first failure."""
    for failure in await asyncio.gather(*reads, return_exceptions=True):
        if isinstance(failure, BaseException):
            raise failure
