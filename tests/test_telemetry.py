"""A command and its phases are spans, where the environment says where spans go."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.trace.export import SpanExporter, SpanExportResult

from licsync.profiling import phase
from licsync.telemetry import is_wanted, span_of_command, trace_context
from tests.support.patience import PATIENCE

WANTED = {"OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:1"}
PARENT = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"


class Kept(SpanExporter):
    def __init__(self) -> None:
        self.spans: dict[str, ReadableSpan] = {}

    def export(self, spans: object) -> SpanExportResult:
        assert isinstance(spans, (list, tuple))
        self.spans |= {span.name: span for span in spans}
        return SpanExportResult.SUCCESS


def _record(environ: dict[str, str], work: Callable[[], object] = int) -> dict[str, ReadableSpan]:
    kept = Kept()
    with span_of_command("plan", environ, pytest.fail, lambda: kept) as note:
        with phase("reading files"), phase("checking files"):
            work()
        note("licsync.exit_code", 3)
    return kept.spans


def test_a_command_and_its_phases_are_spans() -> None:
    spans = _record(WANTED)
    assert set(spans) == {"licsync plan", "reading files", "checking files"}
    command, reading = spans["licsync plan"], spans["reading files"]
    assert command.parent is None
    assert reading.parent == command.context
    assert spans["checking files"].parent == reading.context
    assert dict(command.attributes or {}) == {"licsync.exit_code": 3}
    assert command.resource.attributes["service.name"] == "licsync"


def test_a_command_belongs_to_the_trace_that_started_it_and_passes_it_on() -> None:
    passed: dict[str, str] = {}
    spans = _record({**WANTED, "TRACEPARENT": PARENT}, lambda: passed.update(trace_context({})))
    context, parent = spans["licsync plan"].context, spans["licsync plan"].parent
    assert context is not None
    assert parent is not None
    assert f"{parent.trace_id:032x}" == PARENT.split("-")[1]
    assert passed["TRACEPARENT"] == f"00-{context.trace_id:032x}-{context.span_id:016x}-01"
    assert trace_context({"TRACEPARENT": PARENT}) == {"TRACEPARENT": PARENT}
    assert trace_context({}) == {}


@pytest.mark.parametrize(
    "environ", [{}, {"OTEL_EXPORTER_OTLP_ENDPOINT": " "}, {**WANTED, "OTEL_SDK_DISABLED": "true"}]
)
def test_nothing_is_recorded_unless_the_environment_asks_for_it(environ: dict[str, str]) -> None:
    assert not is_wanted(environ)
    assert _record(environ) == {}


@pytest.mark.slow
def test_an_unreachable_collector_is_reported_and_changes_no_exit_code(acme: Path) -> None:
    environ = {**os.environ, **WANTED, "OTEL_EXPORTER_OTLP_TIMEOUT": "1"}
    done = subprocess.run(
        [sys.executable, "-m", "licsync", "validate", str(acme)],
        env=environ, capture_output=True, text=True, check=False, timeout=PATIENCE,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert "Traceback" not in done.stderr
    assert "OpenTelemetry: " in done.stderr


def test_a_missing_extra_is_reported(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "opentelemetry.sdk.resources", None)
    output: list[str] = []
    with span_of_command("plan", WANTED, output.append) as note:
        note("licsync.exit_code", 0)
    assert "pip install 'licsync[otel]'" in output[0]
