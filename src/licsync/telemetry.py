"""Spans of OpenTelemetry: one for the command, and one for each of its phases.

They are sent where `OTEL_EXPORTER_OTLP_ENDPOINT` says, if the extra `licsync[otel]` is installed.
Everything else costs nothing. Spans name commands, phases and directories, and nothing of users.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from typing import TYPE_CHECKING

from licsync import profiling
from licsync.version import __version__

if TYPE_CHECKING:
    from opentelemetry.sdk.trace.export import SpanExporter

PARENT = "TRACEPARENT"
"""The variable that names the span a command belongs to, in the form of W3C's Trace Context."""

_ENDPOINTS = ("OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT")

_TIMEOUTS = ("OTEL_EXPORTER_OTLP", "OTEL_EXPORTER_OTLP_TRACES")
_PATIENCE = 3  # seconds: a collector that is away must not hold up a command

_parent: list[str] = []

Note = Callable[[str, str | int], None]
"""Adds an attribute to the span of the command."""


def is_wanted(environ: Mapping[str, str]) -> bool:
    """Tell whether the environment says where spans go."""
    is_off = environ.get("OTEL_SDK_DISABLED", "").strip().lower() == "true"
    return not is_off and any(environ.get(name, "").strip() for name in _ENDPOINTS)


def trace_context(environ: Mapping[str, str]) -> dict[str, str]:
    """Return the variable that makes a process that is started now a part of this command."""
    found = _parent[-1] if _parent else environ.get(PARENT, "")
    return {PARENT: found} if found else {}


@contextmanager
def span_of_command(
    name: str,
    environ: Mapping[str, str],
    say: Callable[[str], None],
    make_exporter: Callable[[], SpanExporter] | None = None,
) -> Iterator[Note]:
    """Record a command as a span, and its phases within it, if the environment asks for that.

    Args:
        name: the command.
        environ: the environment variables.
        say: takes a message for people, if the spans cannot be sent.
        make_exporter: makes what sends the spans; None for that of the extra.
    """
    if not is_wanted(environ):
        yield lambda key, value: None
        return
    try:
        from opentelemetry.sdk.resources import Resource
        from opentelemetry.sdk.trace import TracerProvider
        from opentelemetry.sdk.trace.export import SimpleSpanProcessor
        from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
        from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

        exporter = (make_exporter or partial(_otlp_exporter, environ))()
    except ModuleNotFoundError as fault:
        say(
            f"No spans are sent: {fault.name} is not installed. Run: pip install 'licsync[otel]', "
            "or set OTEL_SDK_DISABLED=true."
        )
        yield lambda key, value: None
        return
    service = {} if environ.get("OTEL_SERVICE_NAME") else {"service.name": "licsync"}
    provider = TracerProvider(resource=Resource.create(service), shutdown_on_exit=False)
    spans = InMemorySpanExporter()  # no thread: commands fork
    provider.add_span_processor(SimpleSpanProcessor(spans))
    tracer, propagator = (
        provider.get_tracer("licsync", __version__),
        TraceContextTextMapPropagator(),
    )
    parent = propagator.extract({"traceparent": environ.get(PARENT, "")})
    say_logs(("opentelemetry",), logging.ERROR, lambda line: say(f"OpenTelemetry: {line}"))
    try:
        with tracer.start_as_current_span(f"licsync {name}", context=parent) as span:
            carrier: dict[str, str] = {}
            propagator.inject(carrier)
            _parent.append(carrier["traceparent"])
            profiling.spans.append(tracer.start_as_current_span)
            try:
                yield span.set_attribute
            finally:
                profiling.spans.pop()
                _parent.pop()
    finally:
        exporter.export(spans.get_finished_spans())
        exporter.shutdown()


def _otlp_exporter(environ: Mapping[str, str]) -> SpanExporter:
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter

    is_set = any(environ.get(f"{name}_TIMEOUT") for name in _TIMEOUTS)
    return OTLPSpanExporter(timeout=None if is_set else _PATIENCE)


def say_logs(libraries: Iterable[str], level: int, say: Callable[[str], None]) -> None:
    """Say what libraries log, each in one line and without a traceback.

    Args:
        libraries: the names of their loggers.
        level: the lowest level to say.
        say: takes a message for people.
    """

    class Lines(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            say(record.getMessage().partition("\n")[0])

    for name in libraries:
        logger = logging.getLogger(name)
        logger.handlers, logger.propagate = [Lines(level)], False
