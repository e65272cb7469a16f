"""One endpoint at run time: its queue, its breaker, its heat, and what its answers teach about it."""

from __future__ import annotations

import asyncio
import copy
import time
from collections.abc import Callable, Mapping
from contextlib import aclosing
from dataclasses import replace
from pathlib import Path
from typing import Any

from nearline_router.admission import Admission
from nearline_router.breaker import Breaker
from nearline_router.config.models import CircuitBreakerConfig
from nearline_router.connect import Connected
from nearline_router.errors import NoEndpoint
from nearline_router.planner import PromptCache, Speed
from nearline_router.policy.standing import Standing
from nearline_router.registry.profile import Profile
from nearline_router.residency.redaction import redacted
from nearline_router.thermal.duty import DutyCycle
from nearline_router.thermal.eagerness import Eagerness, eagerness_at
from nearline_router.thermal.monitor import heat_of
from nearline_router.thermal.speed import decode_tokens_per_s
from nearline_router.tokens.learned import LearnedRatio
from nearline_router.tokens.text import characters
from nearline_router.types import Chunks, RoutingRequest, Usage


class InFlight:
    """How many requests are with an endpoint, queue included."""

    def __init__(self) -> None:
        self.count = 0
        self._idle = asyncio.Event()

    def entered(self) -> None:
        """One more."""
        self.count += 1
        self._idle.clear()

    def left(self) -> None:
        """One less."""
        self.count -= 1
        if not self.count:
            self._idle.set()

    async def none(self) -> None:
        """Return when there is none."""
        if self.count:
            await self._idle.wait()


class Upstream:
    """An endpoint behind its queue, with everything the router knows of it; kept over reloads that leave it as it is.

    `lease_folder` holds what other windows see of its queue; None: its limit is not a machine's.
    `on_answer` is called after each attempt that reached the endpoint, with the usage that is known of it. `on_sent` is
    called before each that leaves the user's premises: with the request as it was asked and as it is sent, and how many
    secrets were replaced. `on_breaker` is called when the breaker's state has changed.
    """

    def __init__(
        self,
        profile: Profile,
        endpoint: Connected,
        breaker: CircuitBreakerConfig,
        clock: Callable[[], float] = time.monotonic,
        lease_folder: Path | None = None,
    ) -> None:
        self.profile = profile
        self.endpoint = endpoint
        # Windows may call the same server by other names; the slots are the server's.
        slots, name = profile.max_concurrency, profile.host or "embedded"
        self.admission = Admission(endpoint, slots, lease_folder, self.expected_ms, clock, name)
        self.breaker = Breaker(breaker, clock, lambda: self.on_breaker(self))
        self.speed = Speed(profile.expected_ttft_ms)
        self.cache = PromptCache()
        self.ratio = LearnedRatio()
        self.heat = heat_of(profile, clock)
        self.duty = DutyCycle(clock)
        self.standing = Standing(profile, self.speed)
        self.on_answer: Callable[[Upstream, RoutingRequest, Usage], None] = lambda *_: None
        self.on_sent: Callable[[Upstream, RoutingRequest, RoutingRequest, int], None] = lambda *_: None
        self.on_breaker: Callable[[Upstream], None] = lambda _: None
        self.in_flight = InFlight()
        self._clock = clock

    @property
    def id(self) -> str:
        """The endpoint's name in the configuration."""
        return self.profile.id

    @property
    def learned_name(self) -> str:
        """What it is remembered by: another model is another speed."""
        return self.profile.learned_name

    @property
    def eagerness(self) -> Eagerness:
        """What it may be used for, as hot as it is."""
        eagerness = eagerness_at(self.heat.level)
        # Elsewhere, what nobody asked for yet would cost money and show text.
        return eagerness if self.profile.local else replace(eagerness, speculation=False)

    def refresh(self, now_s: float, request: RoutingRequest) -> None:
        """Bring the standing up to date for a decision on this request."""
        standing, breaker = self.standing, self.breaker
        standing.blocked_until_s = breaker.blocked_until_s(now_s)
        standing.ready = self.endpoint.ready
        standing.trouble = breaker.attention or (breaker.last_failure if standing.ready else self.endpoint.trouble)
        standing.wait_ms = self.admission.predicted_wait_ms(request.priority, request.supersedes)
        standing.anew = self._anew(request)
        standing.overheated = self.eagerness.overflow
        standing.tokens_per_char = self.ratio.tokens_per_character if self.ratio.fed else None

    def expected_ms(self, request: RoutingRequest) -> float:
        """How long a request is expected to keep its slot."""
        tokens = self.ratio.count(characters(request.prompt)).tokens
        answer = 0 if request.warm_up else self.speed.output_tokens(request.task, request.max_output_tokens)
        return self.speed.ttft_ms(tokens, request.task, self._anew(request)) + self.speed.decode_ms(answer)

    async def stream(self, request: RoutingRequest) -> Chunks:
        """See Endpoint.stream; what the answer shows of the endpoint's speed is learned, however it ends.

        Raises NoEndpoint for what must stay if this endpoint is not local: whoever decided, it does not pass here.
        """
        if request.requires_data_sovereignty and not self.profile.local:
            raise NoEndpoint(f"{self.id} is not local, and this must stay")
        asked, redactions = request, 0
        if request.redact_secrets and not self.profile.local:
            prompt, redactions = redacted(request.prompt)
            request = replace(request, prompt=prompt)
        if self.eagerness.overflow and (rest_ms := self.duty.wait_ms(request.priority)):
            await asyncio.sleep(rest_ms / 1000)
        sent_s: float | None = None
        ttft_ms: float | None = None
        shared = 0.0
        usage: Usage | None = None
        self.in_flight.entered()
        try:
            async with aclosing(self.admission.stream(request)) as chunks:
                async for chunk in chunks:
                    if chunk.text and ttft_ms is None and sent_s is not None:
                        ttft_ms = (self._clock() - sent_s) * 1000
                    usage = chunk.usage or usage
                    yield chunk
                    # Who asks has not left: from here on it is sent.
                    if chunk.queued_ms is not None:
                        sent_s = self._clock()
                        if self.profile.local:
                            shared = self.cache.sent(request.prompt)
                        else:
                            self.on_sent(self, asked, request, redactions)
        finally:
            self.in_flight.left()
            if sent_s is not None:
                self.duty.worked((self._clock() - sent_s) * 1000)
                self.cache.observe(shared, usage or Usage())
                self._learn(request, usage or Usage(), ttft_ms)

    def state(self) -> dict[str, Any]:
        """What was learned, as plain values."""
        return {name: part.state() for name, part in self._learning().items()}

    def restore(self, state: Mapping[str, Any]) -> None:
        """Go on from what `state` gave; what is not of that form is left out."""
        for name, part in self._learning().items():
            values = state.get(name)
            if isinstance(values, Mapping):
                part.restore(values)

    def snapshot(self, now_s: float) -> dict[str, Any]:
        """How it is now, as plain values. Speeds are None until they were measured."""
        breaker, speed = self.breaker, self.speed
        speeds = {"prefill_tokens_per_s": speed.prefill, "decode_tokens_per_s": speed.decode, "ttft_ms": speed.ttft}
        return {
            "model": self.profile.model,
            "local": self.profile.local,
            "ready": self.endpoint.ready,
            "trouble": self.endpoint.trouble or breaker.attention or breaker.last_failure,
            "breaker": breaker.state.value,
            "open_for_s": max(0.0, (breaker.open_until_s or now_s) - now_s),
            "needs_attention": bool(breaker.attention),
            "heat": self.heat.level.name.lower(),
            "heat_reason": self.heat.reason,
            "in_flight": self.in_flight.count,
            **{name: average.value if average.measured else None for name, average in speeds.items()},
        }

    def with_profile(self, profile: Profile) -> Upstream:
        """The same server and everything known of it, under a configuration that describes it otherwise."""
        other = copy.copy(self)
        other.profile, other.standing = profile, Standing(profile, self.speed)
        return other

    async def retire(self) -> None:
        """Close when the last request has left, or when nobody waits for that any longer."""
        try:
            await self.in_flight.none()
        finally:
            await self.endpoint.aclose()

    def _learning(self) -> dict[str, Speed | PromptCache | LearnedRatio]:
        return {"speed": self.speed, "cache": self.cache, "tokens": self.ratio}

    def _anew(self, request: RoutingRequest) -> float | None:
        # Only a local server says how long it reads; elsewhere the cache is in no prediction.
        return self.cache.anew(request.prompt) if self.profile.local else None

    def _learn(self, request: RoutingRequest, usage: Usage, ttft_ms: float | None) -> None:
        self.speed.observe(usage, ttft_ms, request.task)
        if not request.warm_up:
            self.ratio.observe(request.prompt, usage)
        if self.profile.local and (tokens_per_s := decode_tokens_per_s(usage)) is not None:
            self.heat.observe_speed(tokens_per_s)
        self.on_answer(self, request, usage)
