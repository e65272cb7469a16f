"""Why a request went where it went, for a person: Markdown without a word of the request."""

from __future__ import annotations

from collections.abc import Iterator

from nearline_router.policy.decision import Candidate
from nearline_router.trace import Trace

NOTHING_YET = "Nothing was asked of a model yet."


def explained(trace: Trace | None) -> str:
    """The last decision and what became of it."""
    return "\n".join(_lines(trace)) if trace else NOTHING_YET


def _lines(trace: Trace) -> Iterator[str]:
    decision = trace.decision
    model = f" ({decision.model})" if decision.model else ""
    yield f"**{decision.endpoint}**{model} was chosen for `{trace.task}` by the rule *{decision.rule}*."
    yield ""
    yield decision.rationale
    yield ""
    if len(trace.asked) > 1:
        yield f"- Asked one after the other: {', '.join(trace.asked)}"
    yield f"- First content: predicted {decision.predicted_ttft_ms:.0f} ms, {_real(trace)}"
    yield f"- Prompt: about {decision.estimated_input_tokens} tokens (counted by {decision.token_source})"
    yield f"- Marginal cost: {_usd(decision.estimated_cost_usd)}; with hardware and all: {_usd(decision.full_cost_usd)}"
    yield ""
    yield "| endpoint | first content | cost | |"
    yield "|---|---|---|---|"
    for candidate in decision.candidates:
        yield _row(candidate)


def _real(trace: Trace) -> str:
    if trace.error:
        return f"failed: {trace.error}"
    if trace.ttft_ms is not None:
        return f"really {trace.ttft_ms:.0f} ms"
    return "still on its way" if trace.total_ms is None else "ended without any"


def _row(one: Candidate) -> str:
    ttft = "" if one.predicted_ttft_ms is None else f"{one.predicted_ttft_ms:.0f} ms"
    cost = "" if one.excluded else _usd(one.cost_usd)
    return f"| {one.endpoint} | {ttft} | {cost} | {one.excluded} |"


def _usd(usd: float | None) -> str:
    return "unknown" if usd is None else f"${usd:.6f}"
