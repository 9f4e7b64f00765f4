"""An account behind 8x8's API takes the same fast road to a plan as a sandbox."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from random import Random

import pytest

from licsync.backends.api import factory
from licsync.backends.api.transport import Transport
from licsync.backends.local.backend import LocalBackend
from licsync.config import files
from licsync.config.yaml import parser as reader
from licsync.incremental import cache, load
from licsync.model.secret_origins import VARIABLE
from licsync.simulator.app import create_app
from licsync.simulator.settings import Settings
from licsync.simulator.transport import SimulatorTransport
from licsync.store import STATE
from licsync.store.database import open_database
from licsync.workflows.account import open_account
from licsync.workflows.planning import PlanRequest, plan_account
from licsync.workflows.session import Session
from tests.support.account_edits import EDITS
from tests.support.api_simulation import BASE, CATALOG, KEY
from tests.support.databases import HISTORIES
from tests.support.in_sync_account import Tree, write_in_sync
from tests.support.samples import sampled, seeds
from tests.support.virtual_time import START, run_virtually

OMITS = Settings(CATALOG).list_omits
LISTS = {
    "whole lists": frozenset(),
    "the lists of 8x8": OMITS,
    "lists without departments": OMITS | {"directoryInfo.department", "basicInfo.department"},
}
OF_VENDOR = sorted(edit for edit in EDITS if edit.startswith("console"))
OF_FILES = sorted({*EDITS} - {*OF_VENDOR, "apply"})


@dataclass
class ApiAccount:
    """An account directory, and the sandbox that a simulator serves as 8x8."""

    root: Path
    vendor: Path
    omits: frozenset[str] = OMITS
    requests: list[str] = field(default_factory=list)
    left_out: int = 0

    def edit(self, edit: str, random: Random) -> None:
        EDITS[edit](self.vendor if edit in OF_VENDOR else self.root, random)

    def reduced_plan(self, jobs: int = 1) -> Tree | None:
        """Plan without the users that are in sync; None where everybody has to be compared."""
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(files, "WORTHWHILE", 0)
            return self._plan(Session(self.root, None, START, jobs), is_reduced=True)

    def full_plan(self) -> Tree:
        """Plan everybody, and leave the inventory last seen as it is."""
        session = Session(self.root, None, START, 1, use_cache=False, read_only=True)
        plan = self._plan(session, is_reduced=False)
        assert plan is not None
        return plan

    def _plan(self, session: Session, *, is_reduced: bool) -> Tree | None:
        with self._vendor():
            account = open_account(session)
            with closing(account):
                state, plan = plan_account(account, PlanRequest())
        assert is_reduced or not state.is_reduced
        assert state.inventory is not None
        self.left_out = state.inventory.in_sync_totals.users
        return plan.to_json() if state.is_reduced == is_reduced else None

    @contextmanager
    def _vendor(self) -> Iterator[None]:
        engine = open_database(f"sqlite:///{self.vendor / STATE}", HISTORIES)
        console = LocalBackend(engine, lambda: START, "quick")
        settings = Settings(CATALOG, key=KEY, speed=0, now=lambda: START, list_omits=self.omits)
        app = create_app(console, settings)
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(asyncio, "run", run_virtually)
            network = partial(Transport, network=SimulatorTransport(app))
            patch.setattr(factory, "Transport", network)
            opened = partial(factory.open_api, clock=lambda: START)
            patch.setattr(factory, "open_api", opened)
            yield
        self.requests = [entry.path for entry in app.state.server.log]
        engine.dispose()


@pytest.fixture(params=["the lists of 8x8"])
def account(
    request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> ApiAccount:
    monkeypatch.setenv(cache.VARIABLE, str(tmp_path / "cache"))
    monkeypatch.setenv(VARIABLE, BASE)
    monkeypatch.setenv("LICSYNC_API_KEY", KEY)
    found = ApiAccount(tmp_path / "account", tmp_path / "vendor", LISTS[request.param])
    write_in_sync(found.root, {"type": "8x8", "base_url": f"{BASE}/admin-provisioning"})
    write_in_sync(found.vendor, {"type": "local"})
    return found


@pytest.mark.slow
@pytest.mark.parametrize("account", LISTS, indirect=True)
def test_users_in_sync_are_left_out(account: ApiAccount) -> None:
    full = account.full_plan()
    assert account.reduced_plan() == full
    assert account.left_out > 12
    assert account.reduced_plan() == full, "from the cache"


@pytest.mark.slow
def test_an_unchanged_account_is_not_parsed_again(
    account: ApiAccount, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = account.reduced_plan()
    monkeypatch.setattr(load, "load_changed_users", None)
    assert account.reduced_plan() == first


@pytest.mark.slow
def test_after_a_change_at_8x8_only_the_changed_user_is_parsed_again(
    account: ApiAccount, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert account.reduced_plan()
    account.edit("console edit", Random(1))
    full, seen = account.full_plan(), list[bytes]()
    original = reader._read
    monkeypatch.setattr(
        reader, "_read", lambda data, *more: seen.append(data) or original(data, *more)
    )
    assert account.reduced_plan() == full
    read_users = sum(data.count(b"first_name") for data in seen)
    assert read_users < 24 - account.left_out + 2


@pytest.mark.slow
@pytest.mark.parametrize("account", LISTS, indirect=True)
def test_who_is_to_lose_a_value_is_read_by_itself(account: ApiAccount) -> None:
    assert account.reduced_plan()
    account.edit("null", Random(1))
    full = account.full_plan()
    requests = account.requests
    assert "user.update" in full["summary"]
    assert account.reduced_plan() == full
    assert account.requests == requests


def test_who_has_settings_to_restore_is_not_left_out(account: ApiAccount) -> None:
    account.edit("to restore", Random(1))
    full = account.full_plan()
    assert "restored" in json.dumps(full["actions"])
    assert account.reduced_plan() == full


@pytest.mark.slow
def test_files_with_errors_are_not_sent_for(account: ApiAccount) -> None:
    account.reduced_plan()
    account.edit("broken", Random(1))
    assert account.reduced_plan() is None
    assert account.requests == []


@pytest.mark.slow
@sampled("edit", [*OF_VENDOR, *OF_FILES], lambda index: index % 6 == 0)
def test_after_an_edit_the_plans_are_the_same(account: ApiAccount, edit: str) -> None:
    account.reduced_plan()
    account.edit(edit, Random(1))
    full = account.full_plan()
    for attempt in ("cold", "warm"):
        assert account.reduced_plan() in (None, full), attempt


@pytest.mark.slow
@pytest.mark.parametrize("account", LISTS, indirect=True)
@seeds(1, soak=40)
def test_after_any_edits_the_plans_are_the_same(
    account: ApiAccount, seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    random, were_quick = Random(seed), 0
    if seed % 2:
        monkeypatch.setattr(load, "_READ_SHARE", 0)  # whatever changed was little
    for step in range(8):
        edit = random.choice([*OF_VENDOR, *OF_FILES]) if step else "comment"
        account.edit(edit, random)
        full = account.full_plan()
        for attempt in ("cold", "warm"):
            plan = account.reduced_plan()
            assert plan in (None, full), (edit, attempt)
            were_quick += plan is not None
    assert were_quick
