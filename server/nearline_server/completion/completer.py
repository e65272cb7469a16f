"""The typing path, in order: gate, what is known already (type-through, cache, a running request), the model."""

from __future__ import annotations

import asyncio
import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Literal

from nearline_router.errors import NoEndpoint, Superseded
from nearline_router.router import Router
from nearline_router.types import Priority, RoutingRequest, Usage
from nearline_server.completion.context.neighbours import Neighbours
from nearline_server.completion.gate import MODEL_ONLY, Situation, refusal
from nearline_server.completion.generation import Generation
from nearline_server.completion.length import most_output_tokens
from nearline_server.completion.memory import Found, Memory, Suggestion
from nearline_server.completion.place import Place
from nearline_server.completion.reveal import Reveal
from nearline_server.completion.settings import CompletionSettings
from nearline_server.completion.shape import asks_for_block, trim_context
from nearline_server.completion.speculation import Speculation
from nearline_server.completion.warm_up import WarmUp

How = Literal["type-through", "cache", "join", "model", "none"]
Change = Literal["insert", "delete", "other"]

# What answering itself takes, kept back from the budget.
RESERVE_MS = 8.0
# One key for all keystrokes of this process: a newer one replaces whichever waits.
TYPING = "typing"


@dataclass(frozen=True, slots=True)
class Answer:
    """What to show at a place: `text` may be empty, and `reason` then says why.

    `ttft_ms` counts from the request's arrival to the model's first text, None when no model was asked. A text is the
    rest of the suggestion of `request`, the router's name for it, of which `begun_chars` have been typed.
    `blocked`: nobody who may see the text can answer, as `reason` says. `generation` is what was waited for, which may
    still run.
    """

    text: str
    found: How
    reason: str = ""
    ttft_ms: float | None = None
    total_ms: float = 0.0
    stages_ms: dict[str, float] = field(default_factory=dict)
    usage: Usage | None = None
    request: str = ""
    begun_chars: int = 0
    blocked: bool = False
    generation: Generation | None = field(default=None, repr=False, compare=False)

    def in_time(self, budget_ms: float) -> bool:
        """Whether it came in its budget; empty since the time was over, it did not."""
        return self.total_ms <= budget_ms and self.reason != "deadline"

    def record(self) -> dict[str, Any]:
        """Everything but the text, which is for the editor alone."""
        usage = self.usage or Usage()
        return {
            "found": self.found,
            "reason": self.reason,
            "ttft_ms": self.ttft_ms,
            "total_ms": self.total_ms,
            "stages_ms": self.stages_ms,
            "evaluated_tokens": usage.evaluated_tokens,
            "cached_tokens": usage.cached_tokens,
            "output_tokens": usage.output_tokens,
            "prefill_ms": usage.prefill_ms,
            "decode_ms": usage.decode_ms,
        }


class Completer:
    """One language server's typing path over one router.

    `on_late` is called with the place of an answer that was cut at its deadline, when it is worth asking again:
    it is known in full, or the model has turned out to say something else and is free.
    """

    def __init__(
        self,
        router: Router,
        settings: CompletionSettings,
        on_late: Callable[[Place], None] = lambda _: None,
        neighbours: Neighbours | None = None,
    ) -> None:
        self.settings = settings
        # The folders that are open; a document's is the innermost that it lies in, else the first.
        self.folders: tuple[Path, ...] = ()
        self._router = router
        self._memory = Memory()
        self._warm_up = WarmUp(router, neighbours)
        self._speculation = Speculation(self._ask_ahead)
        self._on_late = on_late
        self.reveal = Reveal(on_late)
        self._running: Generation | None = None
        self._waiting: dict[str, asyncio.Future[None]] = {}
        self._shown: dict[str, Suggestion] = {}
        # Where the client last asked for what was not whole then.
        self._late: dict[Suggestion, Place] = {}
        # Where the user went while the model was busy with another place.
        self._focused: Place | None = None

    def budget_ms(self, invoked: bool) -> float:
        """How long an answer may take from its request's arrival."""
        return self.settings.invoked_budget_ms if invoked else self.settings.budget_ms

    async def complete(
        self,
        place: Place,
        *,
        invoked: bool = False,
        last_change: Change | None = None,
        arrived_s: float | None = None,
    ) -> Answer:
        """The best answer that can be had in the budget. `arrived_s` is perf_counter's, None means now.

        Raises asyncio.CancelledError when its task is cancelled, which also frees the model.
        """
        watch = Watch(arrived_s)
        self._user_types()
        self._answer_waiting(place.uri)
        reason = self._refusal(place, invoked, last_change)
        watch.mark("gate")
        if reason and reason not in MODEL_ONLY:
            return Answer("", "none", reason, total_ms=watch.ms(), stages_ms=watch.stages_ms)
        found = self._memory.find(place)
        watch.mark("lookup")
        if found and found.remainder:
            return self._politely(place, self._known(place, found, watch), invoked)
        if reason:
            return Answer("", "none", reason, total_ms=watch.ms(), stages_ms=watch.stages_ms)
        if found and found.says_no_more and not invoked:
            self._idle(place, "", begun=True)
            return Answer("", "cache", "nothing to add", total_ms=watch.ms(), stages_ms=watch.stages_ms)
        how: How = "model"
        running = self._running = (found and self._speculation.take(found.suggestion)) or self._running
        if found and running and found.suggestion is running.suggestion and running.wanted_again(found.typed):
            how, generation = "join", running
        else:
            found, generation = self._ask_model(place, invoked)
        watch.mark("context")
        return self._politely(place, await self._wait_for(place, found, generation, how, invoked, watch), invoked)

    def changed(self, place: Place) -> None:
        """The document changed and the cursor is probably here: answer who waits, stop what no longer fits."""
        self._answer_waiting(place.uri)
        self._user_types()
        self.reveal.changed(place)
        running = self._running
        found = self._memory.find(place) if running or self._speculation.running else None
        fits = found.suggestion if found else None
        self._speculation.follow(place, fits)
        if running and running.suggestion.place.uri == place.uri and fits is not running.suggestion:
            running.close()

    def focused(self, place: Place) -> None:
        """The cursor rests here, or the file was just opened: read the prompt before it is asked for."""
        self._focused = place if self._running else None
        if self._wanted(place) and not self._running:
            self._warm_up.schedule(place, 0.0)

    def closed(self, uri: str) -> None:
        """The document is gone: answer who waits, free the model, forget."""
        self._answer_waiting(uri)
        if self._running and self._running.suggestion.place.uri == uri:
            self._running.close()
        if self._focused and self._focused.uri == uri:
            self._focused = None
        self._speculation.closed(uri)
        self._warm_up.forget(uri)
        self._memory.forget_document(uri)
        self._shown.pop(uri, None)

    async def aclose(self) -> None:
        """End everything that runs."""
        self._focused = None
        self.reveal.close()
        self._speculation.stop()
        await self._warm_up.aclose()
        if self._running:
            self._running.task.cancel()

    def _wanted(self, place: Place) -> bool:
        """Whether anything is done here that nobody asked for by hand."""
        return self.settings.enabled and place.language not in self.settings.disabled_languages

    def _refusal(self, place: Place, invoked: bool, last_change: Change | None) -> str | None:
        if not self.settings.enabled:
            return "disabled"
        return refusal(
            Situation(
                before=place.line_before,
                after=place.line_after,
                language=place.language,
                document_chars=place.document_chars,
                document_lines=place.document_lines,
                invoked=invoked,
                last_change=last_change,
                has_nul="\0" in place.before or "\0" in place.after,
                disabled_languages=self.settings.disabled_languages,
                document_empty=not (place.before.strip() or place.after.strip()),
            )
        )

    def _known(self, place: Place, found: Found, watch: Watch) -> Answer:
        how: How = "cache"
        if found.typed and self._shown.get(place.uri) is found.suggestion:
            how = "type-through"
        self._shown[place.uri] = found.suggestion
        if found.suggestion.running:
            self._late[found.suggestion] = place
        else:
            self._idle(place, found.remainder, begun=bool(found.typed))
        return Answer(
            found.remainder,
            how,
            total_ms=watch.ms(),
            stages_ms=watch.stages_ms,
            request=found.suggestion.request,
            begun_chars=len(found.typed),
        )

    def _politely(self, place: Place, answer: Answer, invoked: bool) -> Answer:
        """The answer, or none where it is to wait until the keyboard rests."""
        adaptive = self.settings.reveal == "adaptive"
        text, request = answer.text, answer.request
        if not text or self.reveal.shows(place, text, request, adaptive=adaptive, invoked=invoked):
            return answer
        self._shown.pop(place.uri, None)
        return replace(answer, text="", reason="revealed at rest")

    def _ask_model(self, place: Place, invoked: bool) -> tuple[Found, Generation]:
        self._speculation.stop()
        if self._running:
            self._running.close()
        request, suggestion = self._asked(place, invoked)
        self._memory.add(suggestion)
        self._running = Generation(self._router, request, suggestion, self._ended)
        return Found(suggestion, ""), self._running

    def _ask_ahead(self, place: Place) -> Generation | None:
        """Ask for a place where the user may soon be, if it is not known yet and still wanted."""
        wanted = self.settings.speculation and self._router.eagerness.speculation and self._wanted(place)
        if not wanted or self._running or self._memory.find(place):
            return None
        request, suggestion = self._asked(place, invoked=False)
        request = replace(request, task="speculate", priority=Priority.SPECULATION)
        self._memory.add(suggestion)
        return Generation(self._router, request, suggestion, self._ended)

    def _asked(self, place: Place, invoked: bool) -> tuple[RoutingRequest, Suggestion]:
        """The request for a place, and what its answer is going to be."""
        multiline = self._router.eagerness.multiline and self.settings.multiline and asks_for_block(place, invoked)
        settings, speed, budget_ms = self.settings, self._router.speed, self.budget_ms(invoked)
        request = RoutingRequest(
            prompt=self._warm_up.infill(place, multiline),
            max_output_tokens=most_output_tokens(settings, multiline, budget_ms, speed.decode_tokens_per_s),
            latency_budget_ms=budget_ms,
            complexity="routine",
            supersedes=TYPING,
            path=place.file or place.path,
            workspace=place.workspace(self.folders),
            document=place.uri,
            id=uuid.uuid4().hex,
        )
        return request, Suggestion(place, trim_context(place, multiline), request=request.id)

    async def _wait_for(
        self, place: Place, found: Found, generation: Generation, how: How, invoked: bool, watch: Watch
    ) -> Answer:
        budget_ms = self.budget_ms(invoked)
        overtaken = self._waiting[place.uri] = asyncio.get_running_loop().create_future()

        async def wait(task: asyncio.Task[None]) -> bool:
            timeout_s = max(0.0, budget_ms - RESERVE_MS - watch.ms()) / 1000
            await asyncio.wait({task, overtaken}, timeout=timeout_s, return_when=asyncio.FIRST_COMPLETED)
            return task.done() and not overtaken.done()

        try:
            done = await wait(generation.task)
            failed = generation.error and not generation.ahead
            if done and how == "join" and not (found.remainder or failed):
                # It went another way than the user, or no further, or gave way to somebody else.
                how, (found, generation) = "model", self._ask_model(place, invoked)
                await wait(generation.task)
        except asyncio.CancelledError:
            generation.close()
            raise
        finally:
            if self._waiting.get(place.uri) is overtaken:
                del self._waiting[place.uri]
        watch.mark("model")
        if overtaken.done():
            return Answer(
                "", "none", "overtaken", total_ms=watch.ms(), stages_ms=watch.stages_ms, generation=generation
            )
        return self._answer(place, found, generation, how, watch)

    def _answer(self, place: Place, found: Found, generation: Generation, how: How, watch: Watch) -> Answer:
        if found.suggestion.running:
            self._late[found.suggestion] = place
        text = found.remainder
        watch.mark("trim")
        if text:
            self._shown[place.uri] = found.suggestion
        if generation.queued_ms is not None:
            watch.stages_ms["queue"] = round(generation.queued_ms, 3)
        first = generation.first_text_ms
        return Answer(
            text=text,
            found=how if text or not generation.error else "none",
            reason="" if text else _why_empty(generation),
            ttft_ms=None if first is None else round(first, 3),
            total_ms=watch.ms(),
            stages_ms=watch.stages_ms,
            usage=generation.usage,
            request=found.suggestion.request,
            begun_chars=len(found.typed),
            blocked=not text and isinstance(generation.error, NoEndpoint),
            generation=generation,
        )

    def _ended(self, generation: Generation) -> None:
        suggestion = generation.suggestion
        ahead = self._speculation.ended(generation)
        if self._running is generation:
            self._running = None
        asked = self._late.pop(suggestion, None)
        if asked and (generation.astray or (generation.whole and suggestion.visible)):
            self._on_late(asked)
        if not generation.whole:
            self._memory.forget(suggestion)
        if self._focused and not self._running:
            self.focused(self._focused)
        elif generation.whole and not ahead:
            self._idle(suggestion.place, suggestion.visible, begun=False)

    def _user_types(self) -> None:
        """Nothing is read in advance while they do."""
        self._focused = None
        self._warm_up.interrupt()

    def _idle(self, place: Place, remainder: str, *, begun: bool) -> None:
        """The model has nothing to do while this stands at a place, of which a part was typed if `begun`."""
        self._speculation.plan(place, remainder, begun=begun)
        self._warm_up.schedule(place, self.settings.idle_ms / 1000 * self._router.eagerness.idle_factor)

    def _answer_waiting(self, uri: str) -> None:
        waiting = self._waiting.pop(uri, None)
        if waiting and not waiting.done():
            waiting.set_result(None)


class Watch:
    """Milliseconds since a request's arrival, now if None, and the stages they went to; reading it is the first one."""

    def __init__(self, arrived_s: float | None) -> None:
        self._arrived_s = self._last_s = time.perf_counter() if arrived_s is None else arrived_s
        self.stages_ms: dict[str, float] = {}
        if arrived_s is not None:
            self.mark("read")

    def ms(self) -> float:
        """Since arrival."""
        return round((time.perf_counter() - self._arrived_s) * 1000, 3)

    def mark(self, stage: str) -> None:
        """The time since the last mark went to this stage."""
        now_s = time.perf_counter()
        self.stages_ms[stage] = round((now_s - self._last_s) * 1000, 3)
        self._last_s = now_s


def _why_empty(generation: Generation) -> str:
    if isinstance(generation.error, Superseded):
        return "overtaken"
    if generation.error:
        return str(generation.error)
    return "deadline" if generation.suggestion.running else "nothing to add"
