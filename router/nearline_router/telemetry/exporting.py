"""Telemetry that is sent in batches, by threads of the SDK, to the collector that its variables name."""

from __future__ import annotations

from importlib.metadata import version

from opentelemetry.exporter.otlp.proto.http.metric_exporter import OTLPMetricExporter
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import PeriodicExportingMetricReader
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor

from nearline_router.telemetry.attempts import Telemetry, TraceOfRequest


def exporting() -> Telemetry:
    """Telemetry over OTLP; its providers are this one's alone, so that a program around the router keeps its own."""
    resource = Resource.create({"service.name": "nearline", "service.version": version("nearline")})
    traces = TraceOfRequest()
    tracers = TracerProvider(resource=resource, id_generator=traces, shutdown_on_exit=False)
    tracers.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))
    reader = PeriodicExportingMetricReader(OTLPMetricExporter())
    return Telemetry(tracers, MeterProvider([reader], resource=resource, shutdown_on_exit=False), traces)
