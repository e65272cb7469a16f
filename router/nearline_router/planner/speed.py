"""How fast an endpoint is, learned from its own timings, and what it can do in a given time."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from nearline_router.types import Usage

# Before anything was measured: what a slow laptop does with a 0.5B model.
ASSUMED_PREFILL_TOKENS_PER_S = 100.0
ASSUMED_DECODE_TOKENS_PER_S = 30.0
# A short prefill or answer measures overhead more than speed.
WORTH_LEARNING_TOKENS = 16
WORTH_LEARNING_OUTPUT_TOKENS = 4
# Weight of the newest measurement.
ALPHA = 0.3


class Average:
    """A moving average whose first measurement replaces the assumption."""

    def __init__(self, assumed: float) -> None:
        self.value = assumed
        self.measured = False

    def observe(self, newest: float) -> None:
        """Move towards a measurement."""
        self.value += (ALPHA if self.measured else 1.0) * (newest - self.value)
        self.measured = True


class Speed:
    """One endpoint's speed with one model: `prefill` and `decode` in tokens/s, times in ms.

    `ttft` is the time from sending a request to its first content; `network` that time less the prefill, known
    where an endpoint reports its prefill. By task, `anew` is the share of a prompt that was not in the prompt
    cache, and `lengths` the tokens of an answer.
    """

    def __init__(self, expected_ttft_ms: float | None = None) -> None:
        self.prefill = Average(ASSUMED_PREFILL_TOKENS_PER_S)
        self.decode = Average(ASSUMED_DECODE_TOKENS_PER_S)
        self.ttft = Average(expected_ttft_ms or 0.0)
        self.network = Average(0.0)
        self.anew: dict[str, Average] = {}
        self.lengths: dict[str, Average] = {}

    @property
    def prefill_tokens_per_s(self) -> float:
        """Prompt tokens read anew in a second."""
        return self.prefill.value

    @prefill_tokens_per_s.setter
    def prefill_tokens_per_s(self, value: float) -> None:
        self.prefill.value = value

    def observe(self, usage: Usage, ttft_ms: float | None = None, task: str = "") -> None:
        """Learn from one attempt, whole or not."""
        tokens, ms = usage.evaluated_tokens, usage.prefill_ms
        if tokens and ms and tokens >= WORTH_LEARNING_TOKENS:
            self.prefill.observe(tokens / ms * 1000)
        if (output := usage.output_tokens) and usage.decode_ms and output >= WORTH_LEARNING_OUTPUT_TOKENS:
            self.decode.observe(output / usage.decode_ms * 1000)
        if output:
            self.lengths.setdefault(task, Average(0.0)).observe(output)
        if tokens is not None and usage.cached_tokens is not None and tokens + usage.cached_tokens > 0:
            self.anew.setdefault(task, Average(1.0)).observe(tokens / (tokens + usage.cached_tokens))
        if ttft_ms is not None:
            self.ttft.observe(ttft_ms)
            if ms is not None:
                self.network.observe(max(0.0, ttft_ms - ms))

    def affordable_tokens(self, ms: float) -> int:
        """Prompt tokens that can be read anew in `ms`."""
        return int(self.prefill_tokens_per_s * ms / 1000)

    def ttft_ms(self, input_tokens: float, task: str) -> float:
        """The predicted time from sending to first content; what was expected until something was measured."""
        if not (self.network.measured and self.prefill.measured):
            return self.ttft.value
        share = self.anew[task].value if task in self.anew else 1.0
        return self.network.value + input_tokens * share / self.prefill.value * 1000

    def decode_ms(self, output_tokens: float) -> float:
        """The predicted time from the first content to the last."""
        return output_tokens / self.decode.value * 1000

    def output_tokens(self, task: str, most: int) -> float:
        """How many tokens an answer is predicted to have, of `most` that were allowed."""
        return min(self.lengths[task].value, most) if task in self.lengths else most

    def state(self) -> dict[str, Any]:
        """What was measured, as plain values."""
        averages = {name: getattr(self, name) for name in ("prefill", "decode", "ttft", "network")}
        known: dict[str, Any] = {name: average.value for name, average in averages.items() if average.measured}
        by_task = {"anew": self.anew, "lengths": self.lengths}
        return known | {name: {task: one.value for task, one in averages.items()} for name, averages in by_task.items()}

    def restore(self, state: Mapping[str, Any]) -> None:
        """Go on from what `state` gave; what is not a positive number is left out."""
        for name in ("prefill", "decode", "ttft", "network"):
            _restore(getattr(self, name), state.get(name))
        for name, by_task in (("anew", self.anew), ("lengths", self.lengths)):
            values = state.get(name)
            for task, value in values.items() if isinstance(values, Mapping) else ():
                _restore(by_task.setdefault(str(task), Average(1.0)), value)


def _restore(average: Average, value: object) -> None:
    if isinstance(value, int | float) and 0 < value < 1e9:
        average.observe(float(value))
