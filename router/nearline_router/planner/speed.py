"""How fast an endpoint is, learned from its own timings, and what it can do in a given time."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from nearline_router.planner.average import LEAST, Average, MovingMedian, plausible
from nearline_router.types import Usage

# Before anything was measured: what a slow laptop does with a 0.5B model.
ASSUMED_PREFILL_TOKENS_PER_S = 100.0
ASSUMED_DECODE_TOKENS_PER_S = 30.0
# A short prefill or answer measures overhead more than speed.
WORTH_LEARNING_TOKENS = 16
WORTH_LEARNING_OUTPUT_TOKENS = 4
# How far a prediction is corrected at most, either way: beyond that it is no bias but another machine.
LEAST_CORRECTION, MOST_CORRECTION = 0.25, 4.0
# Over so many attempts, so that a bias is believed after eight: what it corrects has followed a change by then.
CORRECTED_BY, DOUBTS = 15, 7
# So many of the newest of those times that go by no size. Some are stalls: simulated with 7 % of 3 to 8 times the
# usual, a prediction is 14 % off by the median and 25 % by the moving average.
TIMES = 9


def correction() -> MovingMedian:
    """How many times as long as predicted the first content takes; 1 until that is known."""
    return MovingMedian(1.0, CORRECTED_BY, DOUBTS, LEAST_CORRECTION, MOST_CORRECTION)


class Speed:
    """One endpoint's speed with one model: `prefill` and `decode` in tokens/s, times in ms.

    `ttft` is the time from sending a request to its first content; `network` that time less the prefill, known where an
    endpoint reports its prefill, and `step` the prefill of a few tokens, which takes as long as that of one. By task,
    `anew` is the share of a prompt that was not in the prompt cache, `lengths` the tokens of an answer, and
    `corrections` how many times as long as all these say the first content took.
    """

    def __init__(self, expected_ttft_ms: float | None = None) -> None:
        self.prefill = Average(ASSUMED_PREFILL_TOKENS_PER_S)
        self.decode = Average(ASSUMED_DECODE_TOKENS_PER_S)
        self.ttft = Average(expected_ttft_ms or 0.0)
        self.network = MovingMedian(0.0, TIMES)
        self.step = MovingMedian(0.0, TIMES)
        self.anew: dict[str, Average] = {}
        self.lengths: dict[str, Average] = {}
        self.corrections: dict[str, MovingMedian] = {}

    @property
    def prefill_tokens_per_s(self) -> float:
        """Prompt tokens read anew in a second."""
        return self.prefill.value

    @prefill_tokens_per_s.setter
    def prefill_tokens_per_s(self, value: float) -> None:
        self.prefill.value = value

    @property
    def decode_tokens_per_s(self) -> float:
        """Tokens of an answer in a second."""
        return self.decode.value

    def observe(self, usage: Usage, ttft_ms: float | None = None, task: str = "") -> None:
        """Learn from one attempt, whole or not."""
        if ttft_ms is not None:
            self._correct(usage.evaluated_tokens, ttft_ms, task)
            self.ttft.observe(ttft_ms)
            if usage.prefill_ms is not None:
                self.network.observe(ttft_ms - usage.prefill_ms)
        self._read(usage, task)
        if output := usage.output_tokens:
            self.lengths.setdefault(task, Average(0.0)).observe(output)
            if usage.decode_ms and output >= WORTH_LEARNING_OUTPUT_TOKENS:
                self.decode.observe(output / usage.decode_ms * 1000)

    def affordable_tokens(self, ms: float) -> int:
        """Prompt tokens that can be read anew in `ms`."""
        return int(self.prefill_tokens_per_s * ms / 1000)

    def share_anew(self, task: str) -> float:
        """The share of a prompt that a task usually does not find in the prompt cache."""
        return self.anew[task].value if task in self.anew else 1.0

    def prefill_ms(self, tokens: float) -> float:
        """The predicted time to read so many tokens anew."""
        return max(self.step.value, tokens / self.prefill.value * 1000)

    def ttft_ms(self, input_tokens: float, task: str, anew: float | None = None) -> float:
        """The predicted time from sending to first content; what was expected until something was measured.

        `anew` is the share of the prompt that is not in the prompt cache; None: as usual for the task.
        """
        share = self.share_anew(task) if anew is None else anew
        factor = self.corrections[task].value if task in self.corrections else 1.0
        return factor * self._uncorrected_ms(input_tokens * share)

    def decode_ms(self, output_tokens: float) -> float:
        """The predicted time from the first content to the last."""
        return output_tokens / self.decode.value * 1000

    def output_tokens(self, task: str, most: int) -> float:
        """How many tokens an answer is predicted to have, of `most` that were allowed."""
        return min(self.lengths[task].value, most) if task in self.lengths else most

    def state(self) -> dict[str, Any]:
        """What was measured, as plain values."""
        known: dict[str, Any] = {name: one.value for name, one in self._overall().items() if one.measured}
        return known | {
            name: {task: one.value for task, one in by_task.items()} for name, by_task in self._by_task().items()
        }

    def restore(self, state: Mapping[str, Any]) -> None:
        """Go on from what `state` gave; what cannot be a measurement is left out."""
        for name, average in self._overall().items():
            _restore(average, state.get(name))
        for name, by_task in self._by_task().items():
            values = state.get(name)
            for task, value in values.items() if isinstance(values, Mapping) else ():
                one = correction() if name == "corrections" else Average(1.0)
                by_task[str(task)] = one
                _restore(one, value)

    def _overall(self) -> dict[str, Average | MovingMedian]:
        names = ("prefill", "decode", "ttft", "network", "step")
        return {name: getattr(self, name) for name in names}

    def _by_task(self) -> dict[str, dict[str, Any]]:
        return {"anew": self.anew, "lengths": self.lengths, "corrections": self.corrections}

    def _read(self, usage: Usage, task: str) -> None:
        """Learn how fast it read, and how much of the prompt."""
        tokens, cached, ms = usage.evaluated_tokens, usage.cached_tokens, usage.prefill_ms
        if tokens and ms and ms > 0:
            if tokens >= WORTH_LEARNING_TOKENS:
                self.prefill.observe(tokens / ms * 1000)
            else:
                self.step.observe(ms)
        if tokens is not None and cached is not None and tokens + cached > 0:
            self.anew.setdefault(task, Average(1.0)).observe(tokens / (tokens + cached))

    def _correct(self, tokens: int | None, ttft_ms: float, task: str) -> None:
        """Learn how far off the prediction was for the tokens that were in truth read anew."""
        if not self.ttft.measured or (tokens is None and self._knows_its_prefill):
            return
        predicted_ms = max(LEAST, self._uncorrected_ms(tokens or 0))
        self.corrections.setdefault(task, correction()).observe(ttft_ms / predicted_ms)

    @property
    def _knows_its_prefill(self) -> bool:
        return self.network.measured and self.prefill.measured

    def _uncorrected_ms(self, tokens: float) -> float:
        if not self._knows_its_prefill:
            return self.ttft.value
        return self.network.value + self.prefill_ms(tokens)


def _restore(one: Average | MovingMedian, value: object) -> None:
    if isinstance(value, int | float) and plausible(value):
        one.restore(float(value))
