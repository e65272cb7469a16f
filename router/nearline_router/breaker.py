"""A circuit breaker for calls that are streams: the outcome is known at the stream's end, and most are cancelled.

closed ──(consecutive failures, or half of the recent ones)──▶ open ──(time)──▶ half-open ──(probe ends well)──▶ closed
                                                                 ◀──(probe fails)──┘

A cancel by the client and a request that was wrong say nothing of the endpoint. What an endpoint says of itself
(Retry-After) is believed, and no deadline is ever shortened. A key that is refused needs a person.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable
from enum import Enum
from typing import Literal

from nearline_router.config.models import CircuitBreakerConfig
from nearline_router.errors import (
    EndpointBusy,
    EndpointError,
    EndpointRefused,
    EndpointStarting,
    EndpointUnauthorized,
)

# Of so many recent outcomes half must be failures to open, though no three of them came in a row.
RECENT, RECENT_ENOUGH, FAILURE_SHARE = 20, 10, 0.5
# A refused key is not tried again by itself for this long; a reload of the configuration tries at once.
ATTENTION_S = 600.0


Outcome = EndpointError | Literal["succeeded", "abandoned"]


class BreakerState(Enum):
    """What the breaker does with requests: lets all pass, none, or one."""

    CLOSED = "closed"
    OPEN = "open"
    HALF_OPEN = "half-open"


class Permit:
    """One request's leave to pass. Its first outcome counts; a permit that is never settled says nothing."""

    def __init__(self, settle: Callable[[Permit, Outcome], None], *, probe: bool) -> None:
        self._settle: Callable[[Permit, Outcome], None] | None = settle
        self.probe = probe

    def succeeded(self) -> None:
        """The stream came to its end."""
        self._end("succeeded")

    def failed(self, error: EndpointError) -> None:
        """The endpoint failed, at whatever point of the stream."""
        self._end(error)

    def abandoned(self) -> None:
        """The client left, or never asked: no word on the endpoint."""
        self._end("abandoned")

    def _end(self, outcome: Outcome) -> None:
        settle, self._settle = self._settle, None
        if settle:
            settle(self, outcome)


class Breaker:
    """One endpoint's breaker, shared by all its requests. `on_change` is called after each change of state."""

    def __init__(
        self,
        config: CircuitBreakerConfig,
        clock: Callable[[], float] = time.monotonic,
        on_change: Callable[[], None] = lambda: None,
    ) -> None:
        self._config = config
        self._clock = clock
        self._on_change = on_change
        self._consecutive = 0
        self._recent: deque[bool] = deque(maxlen=RECENT)
        self._probe: Permit | None = None
        self._probe_until_s = 0.0
        # When it becomes half-open; None while it is closed.
        self.open_until_s: float | None = None
        self.attention = ""
        self.last_failure = ""

    @property
    def state(self) -> BreakerState:
        """As of now."""
        if self.open_until_s is None:
            return BreakerState.CLOSED
        return BreakerState.OPEN if self._clock() < self.open_until_s else BreakerState.HALF_OPEN

    def blocked_until_s(self, now_s: float) -> float | None:
        """Until when nobody passes, as of `now_s`; None if a request may."""
        if self.open_until_s is None:
            return None
        until_s = max(self.open_until_s, self._probe_until_s if self._probe else 0.0)
        return until_s if now_s < until_s else None

    def enter(self, *, force: bool = False) -> Permit | None:
        """Leave to pass, or None. `force` passes an open breaker as its probe: there is nobody else to ask."""
        if self.open_until_s is None:
            return Permit(self._settled, probe=False)
        now_s = self._clock()
        # The probe's lease: one that got lost must not keep the breaker half-open for ever.
        if self._probe and now_s < self._probe_until_s:
            return None
        if now_s < self.open_until_s and not force:
            return None
        self._probe = Permit(self._settled, probe=True)
        self._probe_until_s = now_s + self._config.recovery_timeout_s
        return self._probe

    def configure(self, config: CircuitBreakerConfig) -> None:
        """Go by other numbers from now on, and try at once what needed a person: the person may have been here."""
        self._config = config
        if self.attention:
            self.reset()

    def reset(self) -> None:
        """Forget what was: the user changed something."""
        self._close()
        self._recent.clear()

    def _settled(self, permit: Permit, outcome: Outcome) -> None:
        probing = permit is self._probe
        if isinstance(outcome, EndpointError) and not _says_nothing(outcome):
            self._failed(outcome, permit.probe)
        elif outcome == "succeeded":
            self._recent.append(False)
            self._consecutive = 0
            # Streams that began before it opened say little of how the endpoint is now.
            if probing:
                self._close()
        if probing:
            self._probe = None

    def _failed(self, error: EndpointError, probe: bool) -> None:
        self.last_failure = str(error)
        self._consecutive += 1
        self._recent.append(True)
        wait_s = self._wait_s(error)
        if isinstance(error, EndpointUnauthorized):
            self.attention = str(error)
        if wait_s or probe or self._too_many():
            self._open(wait_s or self._config.recovery_timeout_s)

    def _wait_s(self, error: EndpointError) -> float | None:
        if isinstance(error, EndpointUnauthorized):
            return ATTENTION_S
        return error.retry_after_s if isinstance(error, EndpointBusy) else None

    def _too_many(self) -> bool:
        often = len(self._recent) >= RECENT_ENOUGH and sum(self._recent) >= FAILURE_SHARE * len(self._recent)
        return self._consecutive >= self._config.failure_threshold or often

    def _open(self, for_s: float) -> None:
        self.open_until_s = max(self.open_until_s or 0.0, self._clock() + for_s)
        self._on_change()

    def _close(self) -> None:
        self.open_until_s, self._probe, self._consecutive = None, None, 0
        self.attention = ""
        self._recent.clear()
        self._on_change()


def _says_nothing(error: EndpointError) -> bool:
    """A request that was wrong, or an endpoint that is just coming up, is no failure."""
    refused = isinstance(error, EndpointRefused) and not isinstance(error, EndpointUnauthorized)
    return refused or isinstance(error, EndpointStarting)
