"""One request and all that its attempts have in common: what becomes of a decision, as rows."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from dataclasses import dataclass, field

from nearline_router.errors import EndpointSlow, Superseded
from nearline_router.ledger.cost import Cost, Pricing
from nearline_router.ledger.counts import Counts, counts, with_times
from nearline_router.ledger.entry import Seen
from nearline_router.ledger.records import Attempt, Outcome
from nearline_router.ledger.residency import kind_of
from nearline_router.ledger.sources import Result
from nearline_router.policy.decision import Decision
from nearline_router.policy.question import Question
from nearline_router.prices.price import NANO_PER_USD
from nearline_router.registry.profile import Profile
from nearline_router.types import Infill
from nearline_router.upstream import Upstream


@dataclass(slots=True)
class Books:
    """Where attempts are told, and what is asked about them. `clock` counts seconds, `now_us` is Unix time.

    `attempt_id` gives names that nothing else has, in no process.
    """

    opened: Callable[[Attempt], None]
    closed: Callable[[Attempt, Outcome], None]
    pricing: Pricing
    attempt_id: Callable[[], str]
    clock: Callable[[], float]
    now_us: Callable[[], int]

    def call(self, name: str, client: str, question: Question, decision: Decision) -> Call:
        """One request."""
        return Call(self, name, client, question, decision)


@dataclass(slots=True)
class Call:
    """One `Router.stream` by its id and who asks. Its attempts are numbered from 1 as they are sent."""

    books: Books
    id: str
    client: str
    question: Question
    decision: Decision
    _numbers: itertools.count[int] = field(default_factory=lambda: itertools.count(1))

    def clock(self) -> float:
        """See `Books`."""
        return self.books.clock()

    def opened(self, upstream: Upstream, queued_ms: float) -> Attempt:
        """It is sent to this endpoint now."""
        attempt = self._attempt(upstream.profile, queued_ms)
        self.books.opened(attempt)
        return attempt

    def closed(
        self, upstream: Upstream, attempt: Attempt, error: BaseException | None, seen: Seen, *, lost: bool
    ) -> None:
        """It ended with this error; None: the answer is whole."""
        found = counts(seen, error, lambda: upstream.ratio.count(attempt.characters).tokens)
        cost = self.books.pricing(upstream.profile, with_times(found.usage, seen))
        result: Result = "lost" if lost else _result(error, seen)
        self.books.closed(attempt, _outcome(self.books.now_us(), result, _name(error), seen, found, cost))

    def _attempt(self, profile: Profile, queued_ms: float) -> Attempt:
        request, decision = self.question.request, self.decision
        infill = request.prompt if isinstance(request.prompt, Infill) else None
        ttft_ms, usd = self._predicted(profile.id)
        return Attempt(
            id=self.books.attempt_id(),
            request=self.id,
            number=next(self._numbers),
            opened_us=self.books.now_us(),
            client=self.client,
            task=request.task,
            warm_up=request.warm_up,
            endpoint=profile.id,
            provider=profile.provider,
            model=profile.model,
            local=profile.local,
            rule=decision.rule,
            residency=kind_of(decision.stays),
            complexity=self.question.complexity or "",
            budget_us=_us(request.latency_budget_ms),
            characters=self.question.characters,
            max_output_tokens=request.max_output_tokens,
            predicted_ttft_us=_us(ttft_ms),
            predicted_nano=None if usd is None else round(usd * NANO_PER_USD),
            queued_us=_us(queued_ms),
            cost_centre=self.question.cost_centre,
            repository=_folder_name(request.workspace),
            language=request.language or (infill.language if infill else ""),
        )

    def _predicted(self, endpoint: str) -> tuple[float | None, float | None]:
        """Time to the first token in ms, and marginal US dollars."""
        decision = self.decision
        if endpoint == decision.endpoint:
            return decision.predicted_ttft_ms, decision.estimated_cost_usd
        found = ((one.predicted_ttft_ms, one.cost_usd) for one in decision.candidates if one.endpoint == endpoint)
        return next(found, (None, None))


def _result(error: BaseException | None, seen: Seen) -> Result:
    if error is None:
        return "answered"
    if isinstance(error, EndpointSlow):
        return "slow"
    if isinstance(error, Superseded) or not isinstance(error, Exception):
        return "cancelled"
    return "cut" if seen.pieces else "failed"


def _name(error: BaseException | None) -> str:
    # That its asker left is no error.
    return type(error).__name__ if isinstance(error, Exception) else ""


def _outcome(now_us: int, result: Result, error: str, seen: Seen, found: Counts, cost: Cost) -> Outcome:
    return Outcome(
        closed_us=now_us,
        outcome=result,
        error=error,
        input_tokens=found.input_tokens,
        cached_tokens=found.usage.cached_tokens,
        output_tokens=found.usage.output_tokens,
        input_source=found.input_source,
        cached_source=found.cached_source,
        output_source=found.output_source,
        ttft_us=_us(seen.ttft_ms),
        total_us=_us(seen.total_ms),
        prefill_us=_us(found.usage.prefill_ms),
        decode_us=_us(found.usage.decode_ms),
        marginal_nano=cost.marginal_nano,
        full_nano=cost.full_nano,
        cost_source="unknown" if cost.marginal_nano is None else found.source,
        price_version=cost.price_version,
        energy_uj=cost.energy_uj,
        energy_source=cost.energy_source,
        cache_written_tokens=found.usage.cache_written_tokens,
    )


def _us(ms: float | None) -> int | None:
    return None if ms is None else round(ms * 1000)


def _folder_name(workspace: str | None) -> str:
    """A folder's name, of either system; what cannot be written as UTF-8 is replaced."""
    name = (workspace or "").replace("\\", "/").rstrip("/").rpartition("/")[2]
    return name.encode("utf-8", "replace").decode()
