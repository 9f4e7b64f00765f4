"""The tests: a package that mirrors `src/licsync`, with what tests share in `support`."""

import pytest

pytest.register_assert_rewrite("tests.support", "tests.oracle", "tests.scenarios.runner")
