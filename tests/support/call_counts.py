"""How much work something is, as a number that no other load on the machine changes: the calls that
it makes.
"""

from __future__ import annotations

import inspect
import sys
from collections.abc import Callable
from types import FrameType
from typing import Any


def calls(work: Callable[[], Any], of: Callable[..., Any] | None = None) -> int:
    """Count the calls of functions that some work makes in this thread.

    Args:
        work: the work.
        of: the function to count, below its decorators; None for all, Python's own included.
    """
    made, code = 0, getattr(inspect.unwrap(of), "__code__", None) if of else None

    def count(frame: FrameType, event: str, argument: Any) -> None:
        nonlocal made
        is_counted = code is None or (frame.f_code is code and event == "call")
        made += is_counted and event in ("call", "c_call")

    sys.setprofile(count)
    try:
        work()
    finally:
        sys.setprofile(None)
    return made
