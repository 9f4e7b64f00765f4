"""Random accounts against an oracle that was written without knowing how licsync plans."""

from __future__ import annotations

import json
import os
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.oracle.generator import Account, make_account
from tests.oracle.oracle import expect
from tests.oracle.tight_accounts import make_tight_account
from tests.oracle.trial import trial
from tests.support.samples import seed_range, seeds

pytestmark = pytest.mark.untraced

SOAK = int(os.environ.get("LICSYNC_SOAK_ACCOUNTS", "2000"))


def report(seed: int, account: Account, faults: list[str]) -> str:
    """Say everything that is needed to look into it."""
    files = "\n".join(f"--- {path}\n{text}" for path, text in account.files.items())
    return (
        f"seed {seed}:\n"
        + "\n".join(faults)
        + f"\n{files}\n--- inventory\n{json.dumps(account.inventory)}"
    )


@seeds(8, soak=24)
def test_a_random_account_ends_as_the_oracle_says(seed: int, tmp_path: Path) -> None:
    account = make_account(seed)
    faults = trial(account, tmp_path, shuffle=seed if seed % 3 == 0 else None)
    assert not faults, report(seed, account, faults)


@seeds(4, soak=12)
def test_users_who_exchange_everything_end_as_the_oracle_says(seed: int, tmp_path: Path) -> None:
    account = make_tight_account(seed)
    faults = trial(account, tmp_path, shuffle=seed if seed % 4 == 0 else None)
    assert not faults, report(seed, account, faults)


@pytest.mark.soak
@pytest.mark.parametrize("make", [make_account, make_tight_account])
@pytest.mark.parametrize("first", seed_range(1000, 1000 + SOAK, 50))
def test_many_accounts_end_as_the_oracle_says(
    first: int, make: Callable[[int], Account], tmp_path: Path
) -> None:
    for seed in range(first, first + 50):
        account = make(seed)
        faults = trial(account, tmp_path, shuffle=seed if seed % 5 == 0 else None)
        assert not faults, report(seed, account, faults)


def test_equal_seeds_make_equal_accounts() -> None:
    assert make_account(7) == make_account(7)
    assert make_account(7) != make_account(8)


@pytest.mark.slow
def test_the_accounts_cover_every_verb_and_refusal() -> None:
    seen: Counter[str] = Counter()
    for seed in range(200):
        account = make_account(seed)
        expected = expect(account.files, account.inventory, account.now)
        seen.update(f"{kind}.{verb}" for kind, verb, _ in expected.actions)
        holdings = (h for person in expected.people.values() for h in person.holdings or ())
        seen.update(h.key[0] for h in holdings if h.verb == "comes")
        seen.update(f"{key[0]} goes" for key, demand in expected.demand.items() if demand.freed)
        seen.update(("shortage",) * bool(expected.short) + ("protected",) * expected.protected)
    wanted = (
        *(
            "user.create",
            "user.update",
            "user.rename",
            "user.suspend",
            "user.reactivate",
            "user.delete",
        ),
        *(
            "license.assign",
            "license.upgrade",
            "license.downgrade",
            "license.change",
            "license.unassign",
        ),
        *("license.reinstate", "policy.create", "policy.update", "site.create", "site.update"),
        *("service_address.create", "shortage", "protected", "local-number", "local-number goes"),
    )
    assert not [name for name in wanted if seen[name] < 3]
