"""What an attempt used: as the endpoint reported it, else as it can be told from outside; each with its source."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from nearline_router.errors import EndpointBusy, EndpointRefused, EndpointUnavailable, EngineError
from nearline_router.ledger.entry import Seen
from nearline_router.ledger.sources import CostSource, CountSource
from nearline_router.types import Usage

# An endpoint that fails in one of these ways before any content has not worked on the request.
_NOT_SERVED = (EndpointBusy, EndpointRefused, EndpointUnavailable, EngineError)


@dataclass(frozen=True, slots=True)
class Counts:
    """Tokens, None where nobody knows them, and where each count is from."""

    usage: Usage
    input_source: CountSource
    cached_source: CountSource
    output_source: CountSource

    @property
    def input_tokens(self) -> int | None:
        """All of the prompt's."""
        fresh = self.usage.evaluated_tokens
        return None if fresh is None else fresh + (self.usage.cached_tokens or 0)

    @property
    def source(self) -> CostSource:
        """That of a cost by these counts: the least certain one's."""
        sources = {self.input_source, self.output_source}
        return "at least" if "at least" in sources else "exact" if sources == {"exact"} else "estimated"


def counts(seen: Seen, error: BaseException | None, estimate: Callable[[], int]) -> Counts:
    """The counts of an attempt that ended with this error; None: its answer is whole.

    The endpoint's own counts are exact, but for the output of an answer that goes on without us. `estimate` is asked
    for the prompt's tokens where the endpoint did not say; pieces of text take the place of its output tokens.
    """
    if not seen.content and isinstance(error, _NOT_SERVED):
        # One that cannot be reached may have begun all the same.
        begun = isinstance(error, EndpointUnavailable)
        return Counts(Usage(output_tokens=0 if begun else None), "none", "none", "at least" if begun else "none")
    usage = seen.usage or Usage()
    input_source: CountSource = "exact"
    output_source: CountSource = "exact" if error is None else "at least"
    if usage.evaluated_tokens is None:
        usage, input_source = replace(usage, evaluated_tokens=estimate()), "estimated"
    if usage.output_tokens is None:
        usage = replace(usage, output_tokens=seen.pieces)
        output_source = "estimated" if error is None else "at least"
    return Counts(usage, input_source, "none" if usage.cached_tokens is None else "exact", output_source)


def with_times(usage: Usage, seen: Seen) -> Usage:
    """For what an endpoint's work costs: until its first text it reads, from then on it writes, if it did not say."""
    if usage.prefill_ms is not None or usage.decode_ms is not None:
        return usage
    ttft_ms = seen.total_ms if seen.ttft_ms is None else seen.ttft_ms
    return replace(usage, prefill_ms=ttft_ms, decode_ms=seen.total_ms - ttft_ms)
