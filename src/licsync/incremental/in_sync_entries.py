"""The entries of a file whose users are in sync, in columns.

A large account has almost only such entries. So they are lists of plain values, which take little
memory, are soon handed over by another process, and are cached as they are.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Iterator, Mapping, Sequence
from hashlib import blake2b
from itertools import accumulate

from msgspec import Struct, field

from licsync.incremental.in_sync import InSyncUsers, Pool, totals_of
from licsync.model.inventory import InSyncTotals

SIZE = 16
"""The bytes of a digest."""


def entry_key(text: bytes) -> bytes:
    """Hash the text of an entry."""
    return blake2b(text, digest_size=SIZE).digest()


def hash_all(texts: Iterable[str]) -> array[int]:
    """Hash names or numbers to 64 bits each.

    A collision looks like a conflict: licsync then compares every user.
    """
    digests = (
        blake2b(text.encode("utf-8", "surrogatepass"), digest_size=8).digest() for text in texts
    )
    return array("Q", b"".join(digests))


def _hashes() -> array[int]:
    return array("Q")


class InSyncEntries(Struct):
    """Entries of users in sync.

    The hashes are always there; `load_in_sync` of the cached files adds the other columns.

    Attributes:
        names: the hashes of the names and e-mail addresses of the users.
        numbers: the hashes of their numbers.
        users: the name of each user.
        zones: the time zone of each user; empty if unknown.
        units: the ids of the units that they hold.
        pools: the pool of each unit.
        counts: how many units, names and numbers each user has.
        call_links: what the calls of each user depend on.
        keys: the hash of the text of each entry, `SIZE` bytes each; zeros if entries of the file
            may depend on each other.
        records: the digest of the records of each user and its units when they were compared.
    """

    names: array[int] = field(default_factory=_hashes)
    numbers: array[int] = field(default_factory=_hashes)
    users: list[str] = field(default_factory=list)
    zones: list[str] = field(default_factory=list)
    units: list[str] = field(default_factory=list)
    pools: list[Pool] = field(default_factory=list)
    counts: list[tuple[int, int, int]] = field(default_factory=list)
    call_links: list[tuple[str, ...]] = field(default_factory=list)
    keys: bytes = b""
    records: bytes = b""

    @classmethod
    def of(
        cls,
        found: InSyncUsers,
        texts: Mapping[str, bytes] | None,
        user_records: Mapping[str, str],
        unit_records: Mapping[str, str],
    ) -> InSyncEntries:
        """Keep what was found.

        Args:
            found: the users in sync.
            texts: the text of the entry of each; None if entries may depend on each other.
            user_records: the records of the users, as JSON.
            unit_records: the records of their units.
        """
        return cls(
            hash_all(found.names),
            hash_all(found.numbers),
            found.users,
            found.zones,
            found.units,
            found.pools,
            found.counts,
            found.call_links,
            b"".join(entry_key(texts[name]) if texts else bytes(SIZE) for name in found.users),
            _digests(found.users, found.units, found.counts, user_records, unit_records),
        )

    @property
    def totals(self) -> InSyncTotals:
        """The counts of the users."""
        return totals_of(self.users, self.pools, self.zones, self.call_links)

    def positions(self) -> dict[bytes, int]:
        """Return the position of each entry by its key."""
        return {self.keys[at : at + SIZE]: at // SIZE for at in range(0, len(self.keys), SIZE)}

    def unchanged(
        self, user_records: Mapping[str, str], unit_records: Mapping[str, str]
    ) -> list[int]:
        """Return the positions of the users whose records are as they were when compared."""
        now = _digests(self.users, self.units, self.counts, user_records, unit_records)
        if now == self.records:
            return list(range(len(self.users)))
        places = range(0, len(now), SIZE)
        return [at // SIZE for at in places if now[at : at + SIZE] == self.records[at : at + SIZE]]

    def select(self, positions: Sequence[int]) -> InSyncEntries:
        """Return some of the entries, by ascending positions."""
        if len(positions) == len(self.users):
            return self
        ends = [[0, *accumulate(column)] for column in zip(*self.counts, strict=True)]
        found = InSyncEntries()
        for start, stop in _runs(positions):
            (u1, u2), (n1, n2), (m1, m2) = ((end[start], end[stop]) for end in ends)
            found.names += self.names[n1:n2]
            found.numbers += self.numbers[m1:m2]
            found.users += self.users[start:stop]
            found.zones += self.zones[start:stop]
            found.units += self.units[u1:u2]
            found.pools += self.pools[u1:u2]
            found.counts += self.counts[start:stop]
            found.call_links += self.call_links[start:stop]
            found.keys += self.keys[start * SIZE : stop * SIZE]
            found.records += self.records[start * SIZE : stop * SIZE]
        return found

    def __add__(self, more: InSyncEntries) -> InSyncEntries:
        """Join the entries of two lists."""
        return InSyncEntries(
            self.names + more.names,
            self.numbers + more.numbers,
            self.users + more.users,
            self.zones + more.zones,
            self.units + more.units,
            self.pools + more.pools,
            self.counts + more.counts,
            self.call_links + more.call_links,
            self.keys + more.keys,
            self.records + more.records,
        )


def _runs(positions: Sequence[int]) -> Iterator[tuple[int, int]]:
    """Give the runs of consecutive positions, as start and stop."""
    start = previous = None
    for position in positions:
        if previous is None or position != previous + 1:
            if start is not None and previous is not None:
                yield start, previous + 1
            start = position
        previous = position
    if start is not None and previous is not None:
        yield start, previous + 1


def _digests(
    users: Sequence[str],
    units: Sequence[str],
    counts: Sequence[tuple[int, int, int]],
    user_records: Mapping[str, str],
    unit_records: Mapping[str, str],
) -> bytes:
    """Hash the records of each user and of its units; zeros if one is gone."""
    found, at = [], 0
    for user, (count, _, _) in zip(users, counts, strict=True):
        texts = [user_records.get(user), *map(unit_records.get, units[at : at + count])]
        at += count
        found.append(
            bytes(SIZE)
            if None in texts
            else entry_key("\n".join(filter(None, texts)).encode("utf-8", "surrogatepass"))
        )
    return b"".join(found)
