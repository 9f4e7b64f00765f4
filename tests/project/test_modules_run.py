"""How many modules one user passes on the road from YAML to the applied step."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.project.modules_run import MANY, by_package, modules_of_one_user

CEILINGS = {0: (85, 127), MANY: (86, 124)}
"""Users beside the one who changes: the most modules that a plan and an apply of one downgrade run.

They are what was measured, the command line and the use cases included.
"""


@pytest.mark.slow
@pytest.mark.untraced
@pytest.mark.parametrize("others", CEILINGS)
def test_one_user_passes_no_more_modules_than_before(others: int, tmp_path: Path) -> None:
    found = modules_of_one_user(tmp_path, others)
    for (name, modules), most in zip(found.items(), CEILINGS[others], strict=True):
        assert "planning/plan.py" in modules or "planning/planner.py" in modules
        assert len(modules) <= most, f"{name}: {len(modules)} {by_package(modules)}"
