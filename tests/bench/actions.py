"""What the actions make of real functions when a real model is behind TLS and HTTP/2, as one in the cloud is."""

from __future__ import annotations

import asyncio
import os
import statistics
import tempfile
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from nearline_router.config.models import RouterConfig
from nearline_router.engine.catalogue import DEFAULT_MODEL_ID, find_model
from nearline_router.engine.host import EngineParams
from nearline_router.engine.store import ModelStore
from nearline_router.errors import RouterError
from nearline_router.router import Router
from nearline_server.actions.catalogue import BUILT_IN
from nearline_server.actions.context.gather import context_of
from nearline_server.actions.edits import applied
from nearline_server.actions.run import run
from nearline_server.actions.values import Action, Result, Subject
from tests.bench.action_samples import FUNCTIONS, Sample, mistakes, samples
from tests.bench.engine import Engine, bare_client
from tests.bench.report import Figures, Row
from tests.bench.tls_front import TlsFront
from tests.engines import HostedEngine

# Functions of each language; there are 10. Each one has its share of the time, whatever the machine does with it.
FUNCTIONS_EACH = 1
BUDGET_S = {"openai-compatible": 150.0 * FUNCTIONS_EACH, "anthropic": 120.0 * FUNCTIONS_EACH}
STRONGER = "qwen2.5-coder-1.5b"
CONTEXT_TOKENS = 4096
# A text may be cut where it likes; code is worth nothing if it is. Either is continued twice at most.
MOST_TOKENS = {"text": 32, "edit": 160, "new-file": 160}
KEY_NAME = "NEARLINE_BENCH_KEY"
QUESTION = "What does it return, and when does it fail?"
COMMIT_CHARS = 72


@dataclass
class Tally:
    """What became of one action so far; times are in milliseconds."""

    asked: int = 0
    right: int = 0
    changed: int = 0
    parsed: int = 0
    cut: int = 0
    failed: list[str] = field(default_factory=list)
    first_ms: list[float] = field(default_factory=list)
    total_ms: list[float] = field(default_factory=list)

    def row(self, what: str, *, code: bool) -> Row:
        """One line of the table."""
        kind = f"{self.right}/{self.asked} of its kind"
        apply = f", {self.changed} change something, {self.parsed} of those parse" if code else ""
        lost = f", {self.cut} cut" * bool(self.cut) + f", {len(self.failed)} failed" * bool(self.failed)
        total = f"; total {statistics.median(self.total_ms) / 1000:.1f} s" if self.total_ms else ""
        return Row.of(what, self.first_ms, ratio=f"{kind}{apply}{lost}{total}")


async def measure(engine: Engine) -> Figures:
    """The section: the stronger model in an engine of its own, if it is installed and no model was asked for."""
    model, file = find_model(STRONGER), Path(engine.params.model_path)
    store = ModelStore()
    default = file.name == find_model(DEFAULT_MODEL_ID).file_name
    if not default or not await asyncio.to_thread(store.installed, model):
        return await _measured(engine.state.url, engine.state.key, file.stem)
    with tempfile.TemporaryDirectory(prefix="nearline-bench-") as folder:
        stronger = await asyncio.to_thread(HostedEngine, EngineParams(str(store.path(model)), folder))
        try:
            return await _measured(stronger.state.url, stronger.state.key, STRONGER)
        finally:
            await asyncio.to_thread(stronger.close)


async def _measured(url: str, key: str, model: str) -> Figures:
    tallies: dict[tuple[str, str], Tally] = {}
    until_s = time.perf_counter()
    with tempfile.TemporaryDirectory(prefix="nearline-bench-") as folder:
        async with bare_client(url, key) as http, TlsFront(Path(folder), engine=http) as front:
            for provider, budget_s in BUDGET_S.items():
                until_s += budget_s
                async with _router(front, provider, model) as router:
                    await _pass(router, provider, tallies, until_s)
            notes = _notes(model, front, tallies)
    rows = [
        tally.row(f"{provider}: {id}", code=_makes_code(id)) for (provider, id), tally in tallies.items() if tally.asked
    ]
    return Figures("actions: first content, and what became of the answers", rows, notes)


def _notes(model: str, front: TlsFront, tallies: dict[tuple[str, str], Tally]) -> list[str]:
    done, whole = sum(tally.asked for tally in tallies.values()), len(BUDGET_S) * len([*_plan()])
    failures = sorted({sentence for tally in tallies.values() for sentence in tally.failed})
    protocols = {asked.protocol for asked in front.asked}
    return [
        f"{model} behind TLS and {', '.join(protocols)} on {front.handshakes} connections, {len(front.asked)} requests "
        f"with warm-ups and continuations; {done} of {whole} actions in the {sum(BUDGET_S.values()):.0f} s there are",
        f"{FUNCTIONS_EACH} function of each of {', '.join(FUNCTIONS)}, a document by itself; an answer of "
        f"at most {MOST_TOKENS['edit']} for code, {MOST_TOKENS['text']} for text, continued twice at most",
        "of its kind: text, edits within the range, or a new file; parse: the file after the edit, or the new one, has "
        "no mistake for the language's own parser (Python, Lua) or tree-sitter (C) that the original has not",
        *(f"failed: {sentence}" for sentence in failures),
    ]


@asynccontextmanager
async def _router(front: TlsFront, provider: str, model: str) -> AsyncIterator[Router]:
    """One whose only endpoint is the front, warm as after the menu was opened."""
    # The engine's own key is the front's; this one only has to be there.
    os.environ[KEY_NAME] = "bench"
    host = front.url if provider == "anthropic" else f"{front.url}/v1"
    endpoint: dict[str, Any] = {"provider": provider, "host": host, "model": model, "http_version": "2"}
    endpoint |= {"ca_file": front.ca_file, "api_key_env": KEY_NAME, "context_tokens": CONTEXT_TOKENS}
    endpoint |= {} if provider == "anthropic" else {"local": False}
    engine = {"enabled": False, "discover": False}
    router = Router(RouterConfig.model_validate({"endpoints": {"cloud": endpoint}, "engine": engine}))
    try:
        await router.warm()
        yield router
    finally:
        await router.aclose()


def _plan() -> Iterator[tuple[str, int, Action]]:
    """Language, function, action, in such an order that all actions come early and prompts begin like the last one."""
    for function in range(FUNCTIONS_EACH):
        for turn in range(len(FUNCTIONS)):
            for place, language in enumerate(FUNCTIONS):
                for action in BUILT_IN[(place + turn) % len(FUNCTIONS) :: len(FUNCTIONS)]:
                    yield language, function, action


async def _pass(router: Router, provider: str, tallies: dict[tuple[str, str], Tally], until_s: float) -> None:
    """Every action of the plan that there is time for; one that the time's end interrupts counts for nothing."""
    for action in BUILT_IN:
        tallies[provider, action.id] = Tally()
    with suppress(TimeoutError):
        async with asyncio.timeout(until_s - time.perf_counter()):
            for language, function, action in _plan():
                sample = samples(language)[function]
                await _one(router, _bounded(action), sample, tallies[provider, action.id])


def _bounded(action: Action) -> Action:
    return replace(action, max_output_tokens=MOST_TOKENS[action.output])


async def _one(router: Router, action: Action, sample: Sample, tally: Tally) -> None:
    subject = _subject(action, sample)
    context = await asyncio.to_thread(context_of, subject, (), "")
    question = QUESTION if action.id == "ask" else ""
    try:
        result = await run(router, action, subject, context, question, (), lambda _: None)
    except RouterError as error:
        tally.asked += 1
        tally.failed.append(str(error))
        return
    tally.asked += 1
    tally.right += _right(action, result)
    tally.changed += bool(result.edits or result.new_file)
    tally.parsed += await asyncio.to_thread(_parses, sample, subject, result)
    tally.cut += result.cut and action.output != "text"
    tally.first_ms += [] if result.ttft_ms is None else [result.ttft_ms]
    tally.total_ms += [] if result.total_ms is None else [result.total_ms]


def _subject(action: Action, sample: Sample) -> Subject:
    """What the action is for."""
    other = {"fix": sample.broken, "complete-body": sample.emptied, "commit-message": sample.diff}
    return other.get(action.id, sample.subject)


def _right(action: Action, result: Result) -> bool:
    """Whether an answer has the form that was asked for."""
    if action.output == "edit":
        return result.edits is not None
    if action.output == "new-file":
        return result.new_file is not None
    first, *_ = result.text.strip().splitlines() or [""]
    short = action.id != "commit-message" or (len(first) <= COMMIT_CHARS and not first.startswith("```"))
    return bool(first) and short and result.edits is None and result.new_file is None


def _parses(sample: Sample, subject: Subject, result: Result) -> bool:
    """Whether the document after the edit, or the new file, is as much of its language as the original is."""
    language, original = sample.subject.language, sample.subject.text
    if result.new_file is not None:
        return mistakes(language, result.new_file[1]) == 0
    if not result.edits:
        return False
    return mistakes(language, applied(subject.text, result.edits)) <= mistakes(language, original)


def _makes_code(id: str) -> bool:
    return next(action.output for action in BUILT_IN if action.id == id) != "text"
