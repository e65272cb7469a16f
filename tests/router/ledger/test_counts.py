"""What an attempt used: reported, estimated, or at least; and what of that is known when it failed."""

from __future__ import annotations

import pytest

from nearline_router.errors import (
    EndpointBusy,
    EndpointCut,
    EndpointMalformed,
    EndpointRefused,
    EndpointUnavailable,
    ModelMissing,
)
from nearline_router.ledger.counts import Counts, counts, with_times
from nearline_router.ledger.entry import Seen
from nearline_router.types import Usage

REPORTED = Usage(evaluated_tokens=10, cached_tokens=90, output_tokens=20)
LEFT = GeneratorExit()
ESTIMATE = 77


def counted(seen: Seen, error: BaseException | None = None) -> Counts:
    """Where the prompt is estimated to have 77 tokens."""
    return counts(seen, error, lambda: ESTIMATE)


def told(found: Counts) -> tuple[object, ...]:
    """Input, cached and output tokens, the three sources, and that of the cost."""
    usage = found.usage
    sources = (found.input_source, found.cached_source, found.output_source)
    return found.input_tokens, usage.cached_tokens, usage.output_tokens, *sources, found.source


TABLE = {
    "reported, whole": (
        Seen(3, REPORTED, finished=True),
        None,
        (100, 90, 20, "exact", "exact", "exact", "exact"),
    ),
    "reported, but for the cache": (
        Seen(3, Usage(evaluated_tokens=10, output_tokens=20), finished=True),
        None,
        (10, None, 20, "exact", "none", "exact", "exact"),
    ),
    "nothing reported": (
        Seen(3, finished=True),
        None,
        (77, None, 3, "estimated", "none", "estimated", "estimated"),
    ),
    "an empty answer": (
        Seen(0, finished=True),
        None,
        (77, None, 0, "estimated", "none", "estimated", "estimated"),
    ),
    "left after three pieces": (
        Seen(3),
        LEFT,
        (77, None, 3, "estimated", "none", "at least", "at least"),
    ),
    "left, with counts so far": (
        Seen(3, REPORTED),
        LEFT,
        (100, 90, 20, "exact", "exact", "at least", "at least"),
    ),
    "left before content": (
        Seen(),
        LEFT,
        (77, None, 0, "estimated", "none", "at least", "at least"),
    ),
    "cut": (
        Seen(2),
        EndpointCut("x"),
        (77, None, 2, "estimated", "none", "at least", "at least"),
    ),
    "nonsense before content": (
        Seen(),
        EndpointMalformed("x"),
        (77, None, 0, "estimated", "none", "at least", "at least"),
    ),
    "lost after two pieces": (
        Seen(2),
        EndpointUnavailable("x"),
        (77, None, 2, "estimated", "none", "at least", "at least"),
    ),
    "not reached": (
        Seen(),
        EndpointUnavailable("x"),
        (None, None, 0, "none", "none", "at least", "at least"),
    ),
    "full": (
        Seen(),
        EndpointBusy("x"),
        (None, None, None, "none", "none", "none", "estimated"),
    ),
    "refused": (
        Seen(),
        EndpointRefused("x"),
        (None, None, None, "none", "none", "none", "estimated"),
    ),
    "without a model": (
        Seen(),
        ModelMissing("x"),
        (None, None, None, "none", "none", "none", "estimated"),
    ),
}


@pytest.mark.parametrize("row", TABLE)
def test_each_count_says_where_it_is_from(row: str) -> None:
    """The cost's source is the least certain of those that make it."""
    seen, error, expected = TABLE[row]

    assert told(counted(seen, error)) == expected


def test_times_are_the_endpoints_own_where_it_reports_any() -> None:
    """They leave the network out."""
    usage = Usage(prefill_ms=5.0, decode_ms=6.0)

    assert with_times(usage, Seen(ttft_ms=100.0, total_ms=300.0)) == usage


@pytest.mark.parametrize(("ttft_ms", "times"), [(100.0, (100.0, 200.0)), (None, (300.0, 0.0))])
def test_else_the_first_text_divides_reading_from_writing(ttft_ms: float | None, times: tuple[float, float]) -> None:
    """Without text all of it was reading."""
    usage = with_times(Usage(), Seen(ttft_ms=ttft_ms, total_ms=300.0))

    assert (usage.prefill_ms, usage.decode_ms) == times
