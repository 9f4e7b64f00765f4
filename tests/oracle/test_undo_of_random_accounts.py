"""Whatever a run changed is as it was once the run is taken back, or is listed as not undone:
random accounts.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.oracle.generator import Account, make_account
from tests.oracle.tight_accounts import make_tight_account
from tests.oracle.undo_trial import enriched, judge, undo_trial
from tests.support.samples import seed_range, seeds

pytestmark = pytest.mark.untraced

SOAK = int(os.environ.get("LICSYNC_SOAK_ACCOUNTS", "2000"))


def report(seed: int, account: Account, faults: list[str]) -> str:
    files = "\n".join(f"--- {path}\n{text}" for path, text in account.files.items())
    return f"seed {seed}:\n" + "\n".join(faults) + f"\n{files}"


@pytest.mark.slow
@seeds(3, soak=8)
def test_a_run_that_is_taken_back_leaves_only_what_was_listed(seed: int, tmp_path: Path) -> None:
    account = enriched(make_account(seed), seed)
    faults = undo_trial(account, tmp_path)
    assert not faults, report(seed, account, faults or [])


@pytest.mark.soak
@pytest.mark.parametrize("make", [make_account, make_tight_account])
@pytest.mark.parametrize("first", seed_range(5000, 5000 + SOAK // 4, 25))
def test_many_runs_that_are_taken_back(
    first: int, make: Callable[[int], Account], tmp_path: Path
) -> None:
    for seed in range(first, first + 25):
        account = enriched(make(seed), seed)
        faults = undo_trial(account, tmp_path)
        assert not faults, report(seed, account, faults or [])


def test_the_judge_finds_missing_and_superfluous_reports() -> None:
    before = {
        "service_addresses": {},
        "sites": {"HQ": {}},
        "policies": {},
        "licenses": {},
        "users": {},
    }
    after = {**before, "sites": {"HQ": {"locale": "en-US"}}}
    assert judge(before, before, []) == []
    assert len(judge(before, after, [])) == 1
    assert judge(before, after, ["Not as before the run: locale (HQ)."]) == []
    assert len(judge(before, before, ["Not as before the run: locale (HQ)."])) == 1
