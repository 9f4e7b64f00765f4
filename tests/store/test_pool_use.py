"""The use of the licenses day by day, on each database it can be kept in."""

from __future__ import annotations

from sqlalchemy.engine import Engine

from licsync.model.pool_use import DayOfUse, PoolUse
from licsync.store.pool_use import PoolUseArchive


def day(at: str, assigned: int) -> DayOfUse:
    return DayOfUse(at, (PoolUse("x2", "US", assigned, 1, 2, 3),))


def test_the_last_count_of_each_day_is_kept(database: Engine) -> None:
    archive = PoolUseArchive(database, "acme")
    late, early = day("2026-11-24T18:00:00Z", 5), day("2026-11-24T09:00:00Z", 4)
    before = day("2026-11-23T09:00:00Z", 3)
    for use in (early, late, late, early, before):
        archive.save(use)
    assert archive.days() == [before, late]
    assert PoolUseArchive(database, "other").days() == []
    assert late.pools[0].owned == 8
