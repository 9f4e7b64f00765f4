"""The console on SQL and the console in dictionaries: the same records, the same refusals, whatever
is done.
"""

from __future__ import annotations

import tempfile
from copy import deepcopy
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from licsync.backends.local.backend import LocalBackend
from licsync.backends.local.sql_records import SqlRecords
from licsync.engine.ports import StepRefused
from licsync.model.console.operations import ConsoleRefusal, perform
from licsync.model.console.records import InMemoryRecords
from licsync.model.console.step import Step, keys_of_step
from licsync.model.inventory import SECTIONS, Record
from licsync.model.inventory_validation import check_document
from licsync.store.address import default_url
from licsync.store.database import open_database
from tests.support.console_steps import STEPS, small_account
from tests.support.coroutines import at_once, do
from tests.support.databases import HISTORIES, hurry
from tests.support.samples import examples


@cache
def new_store() -> bytes:
    """The file of a store in which nothing is."""
    with tempfile.TemporaryDirectory() as folder:
        open_database(default_url(Path(folder)), HISTORIES).dispose()
        return (Path(folder) / ".licsync" / "state.db").read_bytes()


class SameConsoles(RuleBasedStateMachine):
    """Does random things in both."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = tempfile.TemporaryDirectory()
        file = Path(self.folder.name) / "state.db"
        file.write_bytes(new_store())
        self.engine = open_database(f"sqlite:///{file}", HISTORIES)
        hurry(self.engine)
        self.now = datetime(2026, 11, 24, tzinfo=UTC)
        self.local = LocalBackend(self.engine, lambda: self.now, "acme")
        document = small_account()
        self.local.load(document)
        self.memory = InMemoryRecords({section: document[section] for section in SECTIONS})

    def teardown(self) -> None:
        self.engine.dispose()
        self.folder.cleanup()

    @rule(step=STEPS, minutes=st.booleans())
    def do(self, step: Step, minutes: bool) -> None:
        self.now += timedelta(minutes=minutes)
        if step.op in ("user.suspend", "user.reactivate", "user.rename"):
            user = self.memory.get(step.target) or {}
            step = replace(
                step,
                args={**step.args, "units": [s["license"] for s in user.get("services") or ()]},
            )
        was = deepcopy(self.memory.sections)
        before = at_once(self.local.fetch(keys_of_step(step)))
        assert before == {key: self.memory.get(key) for key in keys_of_step(step)}
        became = at_once(self.local.outcome_of(step, before, None))
        assert became == "undone" or step.op == "service_address.create"
        refusal = self.refusal_of(step, before)
        if refusal is not None:
            assert self.memory.sections == was
            return
        changed = {
            f"{section}/{name}"
            for section, records in self.memory.sections.items()
            for name in records.keys() | was[section].keys()
            if records.get(name) != was[section].get(name)
        }
        if not step.op.startswith("service_address."):
            assert changed <= set(keys_of_step(step))
        if changed:
            assert at_once(self.local.outcome_of(step, before, None)) == "done"

    def refusal_of(self, step: Step, before: dict[str, Record | None]) -> str | None:
        reasons = []
        try:
            perform(self.memory, step, self.now)
        except ConsoleRefusal as refusal:
            reasons.append(str(refusal))
        try:
            do(self.local, step, before)
        except StepRefused as refused:
            reasons.append(str(refused))
        assert len(reasons) != 1
        assert len(set(reasons)) <= 1
        return reasons[0] if reasons else None

    @invariant()
    def both_hold_the_same(self) -> None:
        document = self.local.dump()
        assert {section: document[section] for section in SECTIONS} == self.memory.sections
        assert [list(document[section]) for section in SECTIONS] == [
            list(self.memory.sections[s]) for s in SECTIONS
        ]

    @invariant()
    def users_are_found_by_any_field(self) -> None:
        with self.engine.connect() as connection:
            local = SqlRecords(connection, "acme")
            for field, value in (("site", "HQ"), ("first_name", "Ada")):
                assert list(local.users_with(field, value)) == list(
                    self.memory.users_with(field, value)
                )

    @invariant()
    def the_inventory_breaks_no_rule(self) -> None:
        assert check_document(self.local.dump()) == []


TestSameConsoles = SameConsoles.TestCase
TestSameConsoles.settings = examples(40, stateful_step_count=30)
