"""A closed attempt as a span and as points of three metrics."""

from __future__ import annotations

import hashlib
from pathlib import PurePath

from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.id_generator import IdGenerator, RandomIdGenerator
from opentelemetry.trace import SpanKind, StatusCode

from nearline_router.ledger.records import Attempt, Outcome
from nearline_router.telemetry import names

SCOPE = "nearline_router"

Attributes = dict[str, str | int | float | bool]


class TraceOfRequest(IdGenerator):
    """Gives all attempts of a request the same trace, whichever process made them. For one thread."""

    def __init__(self) -> None:
        self.request = ""
        self._random = RandomIdGenerator()

    def generate_span_id(self) -> int:
        """A new one each time."""
        return self._random.generate_span_id()

    def generate_trace_id(self) -> int:
        """That of the request in hand."""
        return int.from_bytes(hashlib.blake2b(self.request.encode(), digest_size=16).digest())


class Telemetry:
    """Tells the providers of each attempt that was closed. For one thread, off the request path.

    The tracer provider has `traces` as its generator of ids.
    """

    def __init__(self, tracers: TracerProvider, meters: MeterProvider, traces: TraceOfRequest) -> None:
        self._tracers, self._meters, self._traces = tracers, meters, traces
        self._tracer = tracers.get_tracer(SCOPE)
        meter = meters.get_meter(SCOPE)
        bounds = {"explicit_bucket_boundaries_advisory": names.SECONDS}
        self._duration = meter.create_histogram(names.DURATION_METRIC, "s", "How long an attempt took.", **bounds)
        self._first = meter.create_histogram(names.FIRST_CHUNK_METRIC, "s", "Time to the first content.", **bounds)
        self._tokens = meter.create_histogram(
            names.TOKENS_METRIC,
            "{token}",
            "Tokens of prompts and answers.",
            explicit_bucket_boundaries_advisory=names.TOKENS,
        )

    def closed(self, attempt: Attempt, outcome: Outcome) -> None:
        """One attempt has ended."""
        common = _common(attempt, outcome)
        self._span(attempt, outcome, common)
        if outcome.total_us is not None:
            self._duration.record(outcome.total_us / 1e6, common)
        if outcome.ttft_us is not None:
            self._first.record(outcome.ttft_us / 1e6, common)
        for kind, tokens in (("input", outcome.input_tokens), ("output", outcome.output_tokens)):
            if tokens is not None:
                self._tokens.record(tokens, common | {names.TOKEN_TYPE: kind})

    def close(self) -> None:
        """Send what was not sent yet, and end; for a thread, as it waits for the collector."""
        self._tracers.shutdown()
        self._meters.shutdown()

    def _span(self, attempt: Attempt, outcome: Outcome, common: Attributes) -> None:
        self._traces.request = attempt.request
        span = self._tracer.start_span(
            f"{common[names.OPERATION]} {common.get(names.REQUEST_MODEL, attempt.endpoint)}",
            kind=SpanKind.CLIENT,
            attributes=common | _details(attempt, outcome),
            start_time=attempt.opened_us * 1000,
        )
        if outcome.outcome in ("failed", "cut"):
            span.set_status(StatusCode.ERROR)
        span.end(outcome.closed_us * 1000)


def _common(attempt: Attempt, outcome: Outcome) -> Attributes:
    """What metrics are divided by."""
    common: Attributes = {
        names.OPERATION: "text_completion" if attempt.task == "complete" else "chat",
        names.PROVIDER: attempt.provider,
        "nearline.endpoint": attempt.endpoint,
    }
    if attempt.model:
        # A model may be a file, and where it lies is nobody's business.
        model = attempt.model
        common[names.REQUEST_MODEL] = PurePath(model).name if model.endswith(".gguf") else model
    if outcome.error:
        common[names.ERROR_TYPE] = outcome.error
    return common


def _details(attempt: Attempt, outcome: Outcome) -> Attributes:
    """The rest of what the ledger has of it, but for what would tell whose work it is."""
    known = {
        names.MAX_TOKENS: attempt.max_output_tokens,
        names.INPUT_TOKENS: outcome.input_tokens,
        names.CACHED_TOKENS: outcome.cached_tokens,
        names.OUTPUT_TOKENS: outcome.output_tokens,
        names.FIRST_CHUNK: None if outcome.ttft_us is None else outcome.ttft_us / 1e6,
        "nearline.task": attempt.task,
        "nearline.local": attempt.local,
        "nearline.rule": attempt.rule,
        "nearline.attempt": attempt.number,
        "nearline.outcome": outcome.outcome,
        "nearline.queued_ms": None if attempt.queued_us is None else attempt.queued_us / 1000,
        "nearline.cost.marginal_nano_usd": outcome.marginal_nano,
        "nearline.cost.full_nano_usd": outcome.full_nano,
        "nearline.cost.source": outcome.cost_source,
        "nearline.cost_centre": attempt.cost_centre,
    }
    return {name: value for name, value in known.items() if value is not None}
