"""Running coroutines."""

import pytest

from licsync.coroutines import run_coroutine


class Large:
    """A result that nobody may write out."""

    def __repr__(self) -> str:
        raise AssertionError("it was written out")


def test_the_result_is_returned_and_never_written_out() -> None:
    async def read() -> Large:
        return Large()

    assert isinstance(run_coroutine(read()), Large)


def test_a_fault_is_raised() -> None:
    async def read() -> Large:
        raise ValueError("why")

    with pytest.raises(ValueError, match="why"):
        run_coroutine(read())
