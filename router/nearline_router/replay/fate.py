"""What becomes of one request, as it was recorded or under another configuration."""

from __future__ import annotations

from dataclasses import dataclass

from nearline_router.replay.recorded import RecordedRequest


@dataclass(frozen=True, slots=True)
class Fate:
    """Where a request goes and what that means.

    `endpoint` is "" where nobody may answer. `left`: an endpoint that is not local sees it. `stays`: it must not leave.
    `overflow`: it left because no local endpoint was predicted to begin in time. `ttft_ms` is the time to the first
    content, measured or predicted; costs are nano-dollars. None: not known.
    """

    endpoint: str
    left: bool
    stays: bool
    overflow: bool
    ttft_ms: float | None
    marginal_nano: int | None
    full_nano: int | None


def as_recorded(one: RecordedRequest) -> Fate:
    """What became of it then."""
    return Fate(
        endpoint=one.endpoint,
        left=bool(one.far),
        stays=bool(one.residency),
        overflow=bool(one.far) and one.rule == "latency",
        ttft_ms=None if one.first_us is None else (one.first_us - one.asked_us) / 1000,
        marginal_nano=None if one.unpriced else one.marginal_nano,
        full_nano=None if one.unpriced else one.full_nano,
    )
