"""Which signals end a process, and what happens instead."""

from __future__ import annotations

import asyncio
import os
import signal

import pytest

from licsync.signals import on_termination, termination_signals

pytestmark = pytest.mark.skipif(not hasattr(signal, "SIGHUP"), reason="Windows has no SIGHUP")


def test_an_ignored_hangup_does_not_end_a_process() -> None:
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        assert termination_signals() == [signal.SIGINT, signal.SIGTERM]
        signal.signal(signal.SIGHUP, signal.SIG_DFL)
        assert signal.SIGHUP in termination_signals()
    finally:
        signal.signal(signal.SIGHUP, before)


def test_the_action_replaces_the_end_of_the_process() -> None:
    async def run() -> bool:
        ended = asyncio.Event()
        with on_termination(ended.set):
            os.kill(os.getpid(), signal.SIGTERM)
            await asyncio.wait_for(ended.wait(), 10)
        return ended.is_set()

    before = signal.getsignal(signal.SIGTERM)
    assert asyncio.run(run())
    assert signal.getsignal(signal.SIGTERM) == before
