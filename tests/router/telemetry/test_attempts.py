"""Spans and metrics of attempts, in memory."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import InMemoryMetricReader
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import SpanKind, StatusCode

from nearline_router.ledger.records import Attempt, Outcome
from nearline_router.telemetry.attempts import Telemetry, TraceOfRequest

ATTEMPT = Attempt(
    id="a1", request="r1", number=1, opened_us=1_000_000, client="Neovim", task="complete", warm_up=False,
    endpoint="cloud", provider="openrouter", model="vendor/m", local=False, rule="latency", residency="",
    complexity="routine", budget_us=None, characters=400, max_output_tokens=64, predicted_ttft_us=None,
    predicted_nano=None, queued_us=2_000, cost_centre="team", repository="secret-project", language="python",
)  # fmt: skip
OUTCOME = Outcome(
    closed_us=1_500_000, outcome="answered", input_tokens=100, cached_tokens=60, output_tokens=20,
    ttft_us=300_000, total_us=500_000, marginal_nano=1_000, full_nano=1_000, cost_source="exact",
)  # fmt: skip


class Told:
    """What a collector would see."""

    def __init__(self) -> None:
        self._spans, self._reader = InMemorySpanExporter(), InMemoryMetricReader()
        traces = TraceOfRequest()
        tracers = TracerProvider(id_generator=traces, shutdown_on_exit=False)
        tracers.add_span_processor(SimpleSpanProcessor(self._spans))
        self.telemetry = Telemetry(tracers, MeterProvider([self._reader], shutdown_on_exit=False), traces)

    @property
    def spans(self) -> Any:
        """All that ended."""
        return self._spans.get_finished_spans()

    @property
    def points(self) -> dict[str, list[Any]]:
        """The points of each metric."""
        data = self._reader.get_metrics_data()
        assert data is not None
        metrics = [metric for resource in data.resource_metrics for scope in resource.scope_metrics
                   for metric in scope.metrics]  # fmt: skip
        return {metric.name: list(metric.data.data_points) for metric in metrics}


@pytest.fixture
def told() -> Told:
    """A collector that has heard nothing."""
    return Told()


def test_an_attempt_is_a_span_with_the_conventions_names(told: Told) -> None:
    """From the moment it left its queue to its end, in nanoseconds."""
    told.telemetry.closed(ATTEMPT, OUTCOME)
    (span,) = told.spans
    attributes: Mapping[str, Any] = span.attributes

    assert (span.name, span.kind) == ("text_completion vendor/m", SpanKind.CLIENT)
    assert (span.start_time, span.end_time) == (1_000_000_000, 1_500_000_000)
    assert attributes["gen_ai.operation.name"] == "text_completion"
    assert attributes["gen_ai.provider.name"] == "openrouter"
    assert attributes["gen_ai.request.model"] == "vendor/m"
    assert attributes["gen_ai.request.max_tokens"] == 64
    assert attributes["gen_ai.usage.input_tokens"] == 100
    assert attributes["gen_ai.usage.cache_read.input_tokens"] == 60
    assert attributes["gen_ai.usage.output_tokens"] == 20
    assert attributes["gen_ai.response.time_to_first_chunk"] == 0.3
    assert attributes["nearline.outcome"] == "answered"
    assert attributes["nearline.cost.marginal_nano_usd"] == 1_000
    assert span.status.status_code is StatusCode.UNSET


def test_metrics_are_in_seconds_and_tokens(told: Told) -> None:
    """One point for each, tokens by their type."""
    told.telemetry.closed(ATTEMPT, OUTCOME)
    points = told.points

    assert points["gen_ai.client.operation.duration"][0].sum == 0.5
    assert points["gen_ai.client.operation.time_to_first_chunk"][0].sum == 0.3
    tokens = {point.attributes["gen_ai.token.type"]: point.sum for point in points["gen_ai.client.token.usage"]}
    assert tokens == {"input": 100, "output": 20}
    assert points["gen_ai.client.operation.duration"][0].explicit_bounds[0] == 0.01


def test_attempts_of_a_request_are_one_trace(told: Told) -> None:
    """A fallback stands beside what failed; another request is another trace."""
    failed = replace(OUTCOME, outcome="failed", error="RateLimited", ttft_us=None)
    told.telemetry.closed(ATTEMPT, failed)
    told.telemetry.closed(replace(ATTEMPT, number=2), OUTCOME)
    told.telemetry.closed(replace(ATTEMPT, request="r2"), OUTCOME)
    traces = [span.context.trace_id for span in told.spans]

    assert traces[0] == traces[1] != traces[2]
    assert len({span.context.span_id for span in told.spans}) == 3


def test_a_failure_is_an_error_with_its_class_and_no_more(told: Told) -> None:
    """No message: it could hold what the endpoint said."""
    told.telemetry.closed(ATTEMPT, replace(OUTCOME, outcome="failed", error="RateLimited"))
    (span,) = told.spans

    assert (span.status.status_code, span.status.description) == (StatusCode.ERROR, None)
    assert span.attributes["error.type"] == "RateLimited"


def test_an_asker_that_left_is_no_error(told: Told) -> None:
    """Most keystrokes are overtaken."""
    told.telemetry.closed(ATTEMPT, replace(OUTCOME, outcome="cancelled"))

    assert told.spans[0].status.status_code is StatusCode.UNSET


def test_what_nobody_knows_is_left_out(told: Told) -> None:
    """No zero stands for it, in a span or in a metric."""
    told.telemetry.closed(replace(ATTEMPT, model=None), Outcome(closed_us=1_500_000, outcome="cancelled", total_us=9))

    assert told.spans[0].name == "text_completion cloud"
    assert not {"gen_ai.usage.input_tokens", "nearline.cost.full_nano_usd"} & set(told.spans[0].attributes)
    assert "gen_ai.client.token.usage" not in told.points


def test_nothing_tells_whose_work_it_was(told: Told) -> None:
    """Neither the repository nor the folder of a model's file; the client and the language are left out too."""
    told.telemetry.closed(replace(ATTEMPT, model="/home/me/models/tiny.gguf"), OUTCOME)
    (span,) = told.spans

    assert span.name == "text_completion tiny.gguf"
    assert not any(word in str(span.to_json()) for word in ("secret-project", "/home/me", "Neovim", "python_"))
