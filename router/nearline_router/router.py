"""The router: which endpoint may and should answer a request, and the stream from it."""

from __future__ import annotations

import asyncio
import logging
import time
from collections import Counter
from collections.abc import Callable, Coroutine, Iterable
from contextlib import aclosing
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nearline_router.config import RouterConfig, load_config
from nearline_router.connect import Connect, catalogued, connect, engine_params
from nearline_router.course import carried_out
from nearline_router.egress import EgressRecord
from nearline_router.engine.catalogue import Model
from nearline_router.engine.host import EngineParams
from nearline_router.errors import RouterError
from nearline_router.fleet import Fleet, state_of
from nearline_router.learned import LearnedStore, state_dir
from nearline_router.ledger.accounting import Accounting
from nearline_router.ledger.opening import Opening
from nearline_router.local import LocalEndpoint, LocalStatus
from nearline_router.planner.speed import Speed
from nearline_router.policy.complexity import complexity_of
from nearline_router.policy.decide import decide
from nearline_router.policy.decision import Decision
from nearline_router.policy.question import Question
from nearline_router.residency.ignore import IgnoreFiles
from nearline_router.residency.rules import ResidencyRules
from nearline_router.spending import Spending
from nearline_router.thermal.eagerness import Eagerness, eagerness_at
from nearline_router.thermal.heat import HeatLevel
from nearline_router.thermal.monitor import HeatMonitor
from nearline_router.thermal.sensors import find_sensors
from nearline_router.tokens.count import TokenCount
from nearline_router.tokens.estimate import estimate
from nearline_router.tokens.text import characters
from nearline_router.trace import Trace
from nearline_router.types import Chunks, Priority, Prompt, RoutingRequest, Usage
from nearline_router.upstream import Upstream

if TYPE_CHECKING:
    from nearline_router.ledger.call import Call
    from nearline_router.ledger.ledger import Ledger

__all__ = ["Decision", "Router"]

log = logging.getLogger("nearline")

# How often endpoints are told that the user is there.
TOUCH_S = 5.0
# A new endpoint that cannot be warmed in this time is warmed by its first request.
WARM_UP_S = 5.0


class Router:
    """Endpoints behind one door.

    `on_status` is called when a local model server comes or goes, `on_notice` with a sentence that the user should be
    told once, as that a budget is used up. Nothing is connected before `ready`, `warm` or the first request.
    `wall_clock` is Unix time in seconds, `clock` is not.
    """

    def __init__(
        self,
        config: RouterConfig,
        on_status: Callable[[LocalStatus], None] = lambda _: None,
        clock: Callable[[], float] = time.monotonic,
        connect: Connect = connect,
        wall_clock: Callable[[], float] = time.time,
    ) -> None:
        self._on_status = on_status
        self._clock = clock
        self._connect = connect
        self._store = LearnedStore()
        self._egress = EgressRecord(state_dir())
        learned = self._store.load()
        self._fleet = Fleet(config, connect, self._status_changed, clock, learned=learned)
        self._workspaces: list[str] = []
        self._ignore = IgnoreFiles(config.residency.ignore_file)
        self._rules = ResidencyRules(config.residency, self._ignore)
        self.spending = Spending()
        self.spending.restore(learned.get("spending", {}))
        self._accounting = Accounting(state_dir(), self.spending, clock, wall_clock)
        self._turns: Counter[str] = Counter()
        # By the identity of the request, which attempts know: two may be equal.
        self._in_hand: dict[int, Decision] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._heat: asyncio.Task[None] | None = None
        self._books = Opening(self._accounting, lambda: self._fleet, self._in_background)
        self._breakers: dict[str, str] = {}
        self._touch_at_s = 0.0
        self.last: Trace | None = None
        self.on_notice: Callable[[str], None] = log.warning
        self._listen(self._fleet)

    @classmethod
    def from_file(cls, path: str | Path | None, on_status: Callable[[LocalStatus], None] = lambda _: None) -> Router:
        """A router as configured; None is the default configuration. Raises ConfigError."""
        return cls(load_config(Path(path)) if path else RouterConfig(), on_status)

    @property
    def config(self) -> RouterConfig:
        """The configuration in force."""
        return self._fleet.config

    @property
    def upstreams(self) -> dict[str, Upstream]:
        """Every endpoint, by id, in the configuration's order."""
        return self._fleet.upstreams

    @property
    def completing(self) -> Upstream | None:
        """The endpoint that completions go to as things are; None when no endpoint can fill in the middle."""
        able = [one for one in self.upstreams.values() if one.profile.completes]
        return min(
            able, key=lambda one: (not one.endpoint.ready, not one.profile.local, one.profile.stand_in), default=None
        )

    @property
    def status(self) -> LocalStatus:
        """How the endpoint is that completions go to."""
        one = self.completing
        if one is None:
            return LocalStatus("unavailable", "no endpoint is configured that can fill in the middle of code")
        if isinstance(one.endpoint, LocalEndpoint):
            return one.endpoint.status
        return LocalStatus("ready", f"{one.profile.model or one.id} is ready", one.profile.model or one.id)

    @property
    def speed(self) -> Speed:
        """How fast the endpoint is that completions go to."""
        return self.completing.speed if self.completing else Speed()

    @property
    def engine_params(self) -> EngineParams | None:
        """What the embedded engine is started with; None when the configuration switches it off."""
        return engine_params(self.config)

    @property
    def model(self) -> Model | None:
        """The catalogue's entry for the embedded engine's model; None when a file is configured."""
        return catalogued(self.config)

    def decide(self, request: RoutingRequest, *, assume_ready: bool = False) -> Decision:
        """Where the request would go now. Synchronous, without I/O, and nothing changes. Raises NoEndpoint.

        `assume_ready` decides as if every local server were up, as somebody wants who connected to none.
        """
        return self._decided(self._question(request), assume_ready)

    async def stream(self, request: RoutingRequest) -> Chunks:
        """The answer, piece by piece. Raises RouterError; closing it ends the work at the endpoint."""
        await self._books.limits_known()
        question = self._question(request)
        decision = self._decided(question)
        if self._accounting.is_news(decision.limit):
            self.on_notice(decision.limit)
        call = self._accounting.call(request, question, decision)
        request = self._marked(request, question)
        trace = Trace(decision, request.task, clock=self._clock)
        if request.priority <= Priority.ACTION:
            self.last = trace
        self._turns[request.task] += 1
        self.touch()
        self._in_hand[id(request)] = decision
        try:
            async with aclosing(self._chunks(request, decision, call)) as chunks:
                async for chunk in chunks:
                    trace.saw(chunk)
                    yield chunk
        except RouterError as error:
            trace.ended(str(error))
            raise
        finally:
            del self._in_hand[id(request)]
            trace.ended(trace.error)

    @property
    def client(self) -> str:
        """Who asks, as the ledger has it: the name of an editor, `cli`, or `library`."""
        return self._accounting.client

    @client.setter
    def client(self, name: str) -> None:
        self._accounting.client = name

    @property
    def ledger(self) -> Ledger | None:
        """Where attempts are recorded; None where the configuration says that nothing is."""
        return self._accounting.ledger

    @property
    def eagerness(self) -> Eagerness:
        """What completions may ask for, as hot as their endpoint is."""
        return self.completing.eagerness if self.completing else eagerness_at(HeatLevel.COOL)

    def snapshot(self) -> dict[str, Any]:
        """How everything is now, as plain values; no text of any request and no key."""
        now_s, completing = self._clock(), self.completing
        return {
            "completing": completing.id if completing else None,
            "endpoints": {one.id: one.snapshot(now_s) for one in self.upstreams.values()},
            "spent_today_usd": self.spending.usd,
            "ledger_trouble": self._accounting.trouble,
            "last": self.last.record() if self.last else None,
        }

    async def ready(self) -> LocalStatus:
        """Connect what completes, or wait for that to end either way; says how that went.

        What only stands in is started only when nobody else is there. From now on heat is watched.
        """
        self._watch_heat()
        self._books.begin()
        completing = [one for one in self.upstreams.values() if one.profile.completes]
        for upstream in sorted(completing, key=lambda one: (not one.profile.local, one.profile.stand_in)):
            if not any(one.endpoint.ready for one in completing):
                await upstream.endpoint.begin()
        return self.status

    async def warm(self) -> None:
        """Connect to everything else before it is needed. What fails is left to the request that needs it."""
        await self._begin(one for one in self.upstreams.values() if one is not self.completing)

    async def open_workspace(self, folder: str) -> None:
        """Read the ignore files of a workspace, or read them again. Until that is done, all of it stays.

        That goes through the whole folder, so it is left out as long as every endpoint is local.
        """
        if folder not in self._workspaces:
            self._workspaces.append(folder)
        await self._load_ignore_files(self._ignore, self._fleet, [folder])

    def touch(self) -> None:
        """The user is there: stay connected, and look for servers that are away."""
        now_s = self._clock()
        if now_s >= self._touch_at_s:
            self._touch_at_s = now_s + TOUCH_S
            for upstream in self.upstreams.values():
                if not upstream.profile.stand_in:
                    upstream.endpoint.touch()

    async def reload(self, config: RouterConfig) -> None:
        """Go by another configuration: make and warm what is new, then swap; requests in flight end on the old one."""
        learned = await asyncio.to_thread(self._store.load)
        fleet = Fleet(config, self._connect, self._status_changed, self._clock, self._fleet, learned)
        ignore = IgnoreFiles(config.residency.ignore_file)
        await self._load_ignore_files(ignore, fleet, self._workspaces)
        await self._begin(fleet.without(self._fleet))
        await asyncio.to_thread(self._accounting.read_prices, fleet.profiles)
        old, self._fleet = self._fleet, fleet
        self._ignore, self._rules = ignore, ResidencyRules(config.residency, ignore)
        self._watch_heat()
        self._listen(fleet)
        self._books.price_all()
        for upstream in old.without(fleet):
            self._in_background(upstream.retire())
        await asyncio.to_thread(self._accounting.prepare, fleet.profiles)

    async def aclose(self) -> None:
        """Close connections, end what is going on, and keep what was learned."""
        for task in self._tasks:
            task.cancel()
        if self._tasks:
            await asyncio.wait(self._tasks)
        await asyncio.gather(*(one.endpoint.aclose() for one in self.upstreams.values()), return_exceptions=True)
        learned = state_of(self.upstreams.values()) | {"spending": self.spending.state()}
        await self._accounting.aclose()
        await asyncio.to_thread(self._store.save, learned)
        await asyncio.to_thread(self._egress.flush)

    def look_up_prices(self) -> None:
        """Find out what providers charge where the configuration does not say, and what was spent; some 80 ms.

        `ready` does it by itself.
        """
        self._books.read()

    async def limits_known(self) -> None:
        """Where money is limited, wait until it is known what was spent and what tokens cost: some 100 ms, once.

        `stream` does it by itself; who calls `decide` right after the start should.
        """
        await self._books.limits_known()

    def _watch_heat(self) -> None:
        if self._heat:
            self._heat.cancel()
        heats = {one.id: one.heat for one in self.upstreams.values() if one.profile.local}
        self._heat = self._in_background(HeatMonitor(find_sensors(), heats, self._heat_changed).run())

    def _heat_changed(self, endpoint: str, level: HeatLevel, reason: str) -> None:
        log.info("%s is %s: %s", endpoint, level.name.lower().replace("_", " "), reason)
        self._on_status(self.status)
        self._accounting.event(endpoint, "heat", level.name.lower(), reason)

    async def _load_ignore_files(self, ignore: IgnoreFiles, fleet: Fleet, folders: Iterable[str]) -> None:
        for folder in folders if fleet.reaches_out else ():
            await asyncio.to_thread(ignore.load, folder)

    async def _begin(self, upstreams: Iterable[Upstream]) -> None:
        stays = self.config.offline or self.config.residency.everything
        wanted = [one for one in upstreams if not one.profile.stand_in and (one.profile.local or not stays)]
        if wanted:
            tasks = [self._in_background(one.endpoint.begin()) for one in wanted]
            await asyncio.wait(tasks, timeout=WARM_UP_S)

    def _in_background(self, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task

    def _question(self, request: RoutingRequest) -> Question:
        complexity, source = complexity_of(request)
        cost_centre = self._accounting.cost_centre(request)
        return Question(
            request,
            self._stays(request),
            complexity,
            source,
            self._estimate(request.prompt),
            characters(request.prompt),
            self.spending.usd,
            self._turns,
            self._accounting.room(cost_centre),
            cost_centre,
        )

    def _stays(self, request: RoutingRequest) -> str:
        # Where nothing can leave, nobody looks for secrets at each keystroke.
        if self._fleet.reaches_out or request.requires_data_sovereignty:
            return self._rules.must_stay(request) or ""
        return ""

    def _estimate(self, prompt: Prompt) -> TokenCount:
        # Words cost microseconds for each kilobyte; where every endpoint has a ratio of its own, nobody asks.
        if all(one.tokens_per_char is not None for one in self._fleet.standings):
            return TokenCount(0, "learned")
        return estimate(prompt, None)

    def _decided(self, question: Question, assume_ready: bool = False) -> Decision:
        now_s = self._clock()
        for upstream in self._lively:
            upstream.refresh(now_s, question.request)
            upstream.standing.ready |= assume_ready
        return decide(question, self._fleet.standings, self.config, now_s)

    def _chunks(self, request: RoutingRequest, decision: Decision, call: Call) -> Chunks:
        order = [self.upstreams[name] for name in (decision.endpoint, *decision.fallbacks)]
        self._lively.update(order)
        return carried_out(request, decision, order, self.config.routing_policy, self.spending, call)

    def _listen(self, fleet: Fleet) -> None:
        """From now on these are the endpoints."""
        self._accounting.configure(fleet.config.accounting)
        self._lively = {one for one in fleet.upstreams.values() if one.profile.local}
        for upstream in fleet.upstreams.values():
            upstream.on_answer = self._answered
            upstream.on_sent = self._sent
            upstream.on_breaker = self._breaker_changed

    def _marked(self, request: RoutingRequest, question: Question) -> RoutingRequest:
        """The request with what endpoints must know of the residency rules; a new one in any case."""
        return replace(
            request,
            requires_data_sovereignty=request.requires_data_sovereignty or bool(question.stays),
            redact_secrets=request.redact_secrets or self.config.residency.secrets == "redact",
        )

    def _sent(self, upstream: Upstream, asked: RoutingRequest, sent: RoutingRequest, redactions: int) -> None:
        decision = self._in_hand.get(id(asked))
        verdict = "nothing holds it"
        if redactions:
            verdict = "secrets redacted"
        elif self.config.residency.secrets == "allow" and not sent.redact_secrets:
            verdict = "secrets allowed"
        self._egress.add(upstream.profile, sent, decision.rule if decision else "asked directly", verdict, redactions)

    def _answered(self, upstream: Upstream, _request: RoutingRequest, _usage: Usage) -> None:
        self._lively.add(upstream)
        self._books.price(upstream)

    def _breaker_changed(self, upstream: Upstream) -> None:
        breaker = upstream.breaker
        before, self._breakers[upstream.id] = self._breakers.get(upstream.id, "closed"), breaker.state.value
        # Each good answer of a probe, and each word that a server is ready, closes what may be closed.
        if before == breaker.state.value == "closed":
            return
        self._accounting.event(upstream.id, "breaker", breaker.state.value, breaker.attention or breaker.last_failure)

    def _status_changed(self, status: LocalStatus) -> None:
        self._on_status(status)
