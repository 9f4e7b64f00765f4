"""A backend that takes its time, in memory: it accepts, works and fails as configured."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from licsync.engine.ports import (
    BackendFailed,
    StepFailure,
    StepOutcome,
    StepRefused,
    StepRequest,
    StepUncertain,
    perform_each,
)
from licsync.model.capabilities import LOCAL
from licsync.model.console.operations import ConsoleRefusal, perform
from licsync.model.console.records import InMemoryRecords
from licsync.model.console.step import Step, keys_of_step
from licsync.model.inventory import SECTIONS, Inventory, Record
from licsync.model.places import address_key
from tests.support.virtual_time import START

Fate = str | float | BaseException
"""What becomes of a step.

How many seconds it takes; or `refused`; or `lost`, `late`, `half`: nobody hears what became of it,
which is nothing, everything, or a part that performing it again completes; or what is raised,
before it has an effect.
"""


class SlowBackend:
    """A `licsync.engine.ports.Backend`.

    Args:
        inventory: what is there.
        fate: says what becomes of a step; one second each, where nothing is said.
        in_place: whether it changes licenses in place.
    """

    type = "slow"
    batch_size = 1

    def __init__(
        self,
        inventory: Inventory,
        fate: Callable[[Step], Fate] = lambda step: 1.0,
        *,
        in_place: bool = True,
    ):
        self.head = {"account": inventory.account, "as_of": inventory.as_of}
        self.records = InMemoryRecords(
            {section: getattr(inventory, section) for section in SECTIONS}
        )
        self.fate = fate
        self.capabilities = replace(LOCAL, changes_in_place=in_place)
        self.busy: dict[str, Step] = {}
        self.under_way = self.most = 0
        self.sent: list[Step] = []
        self.asked: list[tuple[Step, str | None]] = []
        self.known: dict[str, StepOutcome] = {}
        self.closed = 0
        self.restores: dict[str, Mapping[str, Record]] = {}

    async def read(self) -> Inventory:
        return self.now()

    def now(self) -> Inventory:
        return Inventory.from_document({**self.head, **self.records.sections})

    async def fetch(self, keys: Iterable[str], *, whole: bool = False) -> dict[str, Record | None]:
        await asyncio.sleep(0)
        return {key: self.records.get(key) for key in keys}

    async def perform_all(self, requests: Sequence[StepRequest]) -> Sequence[StepFailure | None]:
        return await perform_each(self._perform, requests)

    async def _perform(
        self, step: Step, before: Mapping[str, Record | None], note: Callable[[str], None]
    ) -> None:
        keys = keys_of_step(step)
        assert list(before) == keys
        overlap = [self.busy[key] for key in keys if key in self.busy]
        assert not overlap, f"{step} is sent while {overlap} is under way"
        self.busy |= dict.fromkeys(keys, step)
        self.under_way += 1
        self.most = max(self.most, self.under_way)
        try:
            await self._work(step, before, note)
        finally:
            self.under_way -= 1
            for key in keys:
                del self.busy[key]

    async def _work(
        self, step: Step, before: Mapping[str, Record | None], note: Callable[[str], None]
    ) -> None:
        fate = self.fate(step)
        await asyncio.sleep(0.1)
        if isinstance(fate, BaseException):
            raise fate
        if changed := [key for key in before if self.records.get(key) != before[key]]:
            raise StepRefused(f"{changed} changed")
        if fate == "refused":
            raise StepRefused("The console says no.")
        self.sent.append(step)
        self.known[_name(step, before)] = "undone"
        note(f"op-{len(self.sent)}")
        try:
            await asyncio.sleep(fate if isinstance(fate, float) else 300)
        except (
            asyncio.CancelledError
        ):  # whoever asked is dead: what was accepted is done all the same
            self._effect(step, before)
            raise
        if fate in ("late", "half") or isinstance(fate, float):
            self._effect(step, before, half=fate == "half")
        if isinstance(fate, str):
            raise StepUncertain("no answer within 300 s")

    def _effect(
        self, step: Step, before: Mapping[str, Record | None], *, half: bool = False
    ) -> None:
        """Do the step; where only half of it is done, its target bears a mark until it is performed
        again.
        """
        target = self.records.get(step.target)
        if target is not None:
            target.pop("half", None)
            self.records.put(step.target, target | {"half": True} if half else target)
        if not half:
            try:
                perform(self.records, step, START)
            except ConsoleRefusal as refusal:
                raise StepRefused(str(refusal)) from refusal
        self.known[_name(step, before)] = "partly" if half else "done"

    async def outcome_of(
        self, step: Step, before: Mapping[str, Record | None], ticket: str | None
    ) -> StepOutcome:
        self.asked.append((step, ticket))
        await asyncio.sleep(1)
        became: StepOutcome = self.known.get(_name(step, before), "undone")
        return became

    def recall(self, records: Iterable[Record | None]) -> None:
        """Ignore what a license carried: records hold everything here. See the port."""

    def record_restores(self, found: Mapping[str, Mapping[str, Record]]) -> None:
        self.restores |= found

    async def close(self) -> None:
        self.closed += 1


def _name(step: Step, before: Mapping[str, Record | None]) -> str:
    """Tell one step from another: a user who is inactive is reactivated for each of several
    actions.
    """
    return json.dumps([step.to_json(), dict(before)], sort_keys=True)


def comparable(inventory: Inventory, *, in_order: bool = True) -> dict[str, Any]:
    """Leave out the ids that the console makes up: they follow the order in which things are made.

    Args:
        inventory: what is there.
        in_order: whether the order of a user's licenses counts.
    """
    places = {
        name: str(address_key(record)) for name, record in inventory.service_addresses.items()
    }

    def plain(record: Record) -> Record:
        kept = {key: value for key, value in record.items() if key != "id"}
        if record.get("service_address") in places:
            kept["service_address"] = places[record["service_address"]]
        if not in_order and record.get("services"):
            kept["services"] = sorted(
                record["services"], key=lambda service: str(service["license"])
            )
        return kept

    sections = {s: {n: plain(r) for n, r in getattr(inventory, s).items()} for s in SECTIONS[1:]}
    return sections | {"service_addresses": set(places.values())}


def gone() -> BackendFailed:
    """Nobody answers."""
    return BackendFailed("Nobody answers.")
