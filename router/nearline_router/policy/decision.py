"""The decision as a value: where a request goes, why, and what else was looked at."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

from nearline_router.tokens.count import Source

Rule = Literal["compliance", "complexity", "latency", "cost", "experiment", "pinned", "budget"]


@dataclass(frozen=True, slots=True)
class Candidate:
    """One endpoint as the decision saw it. `excluded` is why it may not answer, or not now; "" if it may.

    `cost_usd` is the marginal cost that was chosen by; None where the price is unknown, and where it was not
    looked at because something else had excluded it before.
    """

    endpoint: str
    model: str | None
    excluded: str = ""
    predicted_ttft_ms: float | None = None
    predicted_total_ms: float | None = None
    cost_usd: float | None = None


@dataclass(frozen=True, slots=True)
class Decision:
    """Where a request goes and why. `fallbacks` are asked in order if `endpoint` fails before its first text.

    `estimated_cost_usd` is marginal, `full_cost_usd` with hardware and all; None where a price is unknown.
    `stays`: why the text may not leave the user's premises, "" if it may. `limit`: the sentence of the budget without
    which somebody else could have been chosen, "" if there is none.
    """

    endpoint: str
    model: str | None
    rule: Rule
    rationale: str
    fallbacks: tuple[str, ...]
    candidates: tuple[Candidate, ...]
    estimated_input_tokens: int
    token_source: Source
    estimated_cost_usd: float | None
    full_cost_usd: float | None
    predicted_ttft_ms: float
    predicted_total_ms: float
    stays: str = ""
    limit: str = ""

    def record(self) -> dict[str, Any]:
        """Plain values for JSON, without any text of the request."""
        names = (
            "endpoint", "model", "rule", "rationale", "estimated_cost_usd", "full_cost_usd", "estimated_input_tokens",
            "token_source", "predicted_ttft_ms", "predicted_total_ms", "stays", "limit",
        )  # fmt: skip
        candidates = [{name: getattr(one, name) for name in Candidate.__slots__} for one in self.candidates]
        return {name: getattr(self, name) for name in names} | {
            "fallbacks": list(self.fallbacks),
            "candidates": candidates,
        }
