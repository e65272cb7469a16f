"""How much of its cool decoding speed an endpoint still has: heat that needs no sensor, and works from afar."""

from __future__ import annotations

import math
from collections import deque
from statistics import median

from nearline_router.types import Usage

# A shorter answer measures overhead more than speed.
WORTH_MEASURING_TOKENS = 8
# Fewer measurements say nothing, neither of the cool speed nor of now; one slow answer is no heat.
ENOUGH = 5
# A high quantile is what the endpoint can do when nothing hinders it, and no single glitch decides it.
COOL_QUANTILE = 0.9
# Chips slow down by 20 to 30 % over a quarter of an hour, so the cool speed must remember longer than that. What
# lasts for a whole hour is how the endpoint is (a low-power mode, another machine) and no heat.
COOL_KEEPS_S = 3600.0
# Every so often is enough to learn it, and keeps the memory of an hour short.
LEARN_EVERY_S = 5.0
# An endpoint that nobody asked for so long has rested; what it did before says nothing of now.
RECENT_KEEPS_S = 60.0


def decode_tokens_per_s(usage: Usage) -> float | None:
    """The decoding speed of one finished attempt; None when it was too short to tell or the endpoint did not say."""
    tokens, ms = usage.output_tokens, usage.decode_ms
    if not tokens or not ms or tokens < WORTH_MEASURING_TOKENS:
        return None
    return tokens / ms * 1000


class CoolSpeed:
    """The decoding speed of one model at one endpoint while it is cool, in tokens/s."""

    def __init__(self) -> None:
        self._learned: deque[tuple[float, float]] = deque()

    def learn(self, tokens_per_s: float, now_s: float) -> None:
        """Take in a measurement made while it was cool."""
        if not self._learned or now_s - self._learned[-1][0] >= LEARN_EVERY_S:
            self._learned.append((now_s, tokens_per_s))

    def at(self, now_s: float) -> float | None:
        """The cool speed; None while too little is known."""
        while self._learned and now_s - self._learned[0][0] > COOL_KEEPS_S:
            self._learned.popleft()
        if len(self._learned) < ENOUGH:
            return None
        return sorted(speed for _, speed in self._learned)[int(COOL_QUANTILE * (len(self._learned) - 1))]


class DecodingSpeed:
    """One endpoint's last measurements against the cool speed of the model that it serves."""

    def __init__(self) -> None:
        self._model = ""
        self._recent: deque[float] = deque(maxlen=ENOUGH)
        self._heard_s = -math.inf
        self._cool: dict[str, CoolSpeed] = {}

    def share(self, tokens_per_s: float, model: str, cool: bool, now_s: float) -> float | None:
        """The median of the last measurements as a share of the cool speed; None: not enough is known.

        `cool`: the endpoint is, so that this measurement teaches the cool speed.
        """
        if model != self._model or now_s - self._heard_s > RECENT_KEEPS_S:
            self._recent.clear()
        self._model, self._heard_s = model, now_s
        self._recent.append(tokens_per_s)
        learned = self._cool.setdefault(model, CoolSpeed())
        if cool:
            learned.learn(tokens_per_s, now_s)
        best = learned.at(now_s)
        return median(self._recent) / best if best and len(self._recent) == ENOUGH else None
