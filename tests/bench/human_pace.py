"""A person types three real files: how often ghost text stands before the next key, and llama.vim's way beside it."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, cast

from lsprotocol import types

from nearline_server.cli.demo import LOOK_S
from nearline_server.demo.client import Client, server_command
from nearline_server.demo.replay import Replay, Tally
from nearline_server.demo.typist import Script, gaps_s
from tests.bench.documents import cursor, hole, source
from tests.bench.engine import Engine
from tests.bench.keystroke import ANSWER_AIM
from tests.bench.llama_vim import LlamaVim
from tests.bench.report import Aim, Figures, Row
from tests.bench.window import until_ready

# Modules of different hands, and the seeds of hole and rhythm.
FILES = (("textwrap", 7), ("shlex", 11), ("configparser", 13))
CHARS = 150
BUDGET_MS = 150.0
STANDING_AIM = Aim("70 %", median=70, at_least=True)
STALE_AIM = Aim("0", median=0)


@dataclass(slots=True)
class Watched:
    """What replays came to, and every answer by how it was found."""

    tallies: list[Tally] = field(default_factory=list)
    answers: list[tuple[str, float]] = field(default_factory=list)

    def sum(self, name: str) -> int:
        """One of the tallies' counts over all files."""
        return sum(getattr(tally, name) for tally in self.tallies)

    @property
    def took_ms(self) -> list[float]:
        """Request to answer, of every request."""
        return [ms for tally in self.tallies for ms in tally.took_ms]

    def found_ms(self, *how: str) -> list[float]:
        """Request to answer, of those that were found in these ways."""
        return [ms for found, ms in self.answers if found in how]

    @property
    def standing_percent(self) -> float:
        """Keys at which ghost text stood before the next was pressed."""
        return round(100 * self.sum("standing") / max(1, self.sum("keys")), 1)


class WatchedClient(Client):
    """Keeps how each answer was found beside the time it took."""

    def __init__(self, watched: Watched) -> None:
        super().__init__()
        self._watched = watched
        self._took_ms: dict[asyncio.Task[Any] | None, float] = {}

    async def ask(self, at: tuple[int, int]) -> tuple[types.InlineCompletionItem | None, float]:
        """See Client."""
        item, took_ms = await super().ask(at)
        self._took_ms[asyncio.current_task()] = took_ms
        return item, took_ms

    async def last_answer(self) -> dict[str, Any]:
        """See Client."""
        said = await super().last_answer()
        if (took_ms := self._took_ms.pop(asyncio.current_task(), None)) is not None:
            self._watched.answers.append((said["found"], took_ms))
        return said


async def measure(engine: Engine) -> Figures:
    """The section."""
    ours, theirs = Watched(), Watched()
    for module, seed in FILES:
        script = hole(module, CHARS, seed)
        await _ours(engine, module, script, seed, ours)
        await engine.quiet()
        await _llama_vim(engine, module, script, seed, theirs)
        await engine.quiet()
    return Figures("human pace: log-normal gaps, median 180 ms", _rows(ours, theirs), _notes(ours, theirs))


async def _ours(engine: Engine, module: str, script: Script, seed: int, watched: Watched) -> None:
    client = WatchedClient(watched)
    await client.start(server_command(engine.config), source(module).parent)
    try:
        client.open(source(module), "python", script.before + script.after)
        await until_ready(client)
        replay = Replay(client, script, gaps_s(seed), lambda _: None)
        client.on_refresh = replay.refreshed
        client.focus(cursor(script.before))
        await asyncio.sleep(LOOK_S)
        watched.tallies.append(await replay.run())
    finally:
        await client.stop()


async def _llama_vim(engine: Engine, module: str, script: Script, seed: int, watched: Watched) -> None:
    vim = LlamaVim(engine.http, source(module), script.before + script.after)
    replay = Replay(cast(Client, vim), script, gaps_s(seed), lambda _: None)
    vim.on_refresh = replay.refreshed
    try:
        vim.focus(cursor(script.before))
        await asyncio.sleep(LOOK_S)
        watched.tallies.append(await replay.run())
    finally:
        await vim.aclose()


def _rows(ours: Watched, theirs: Watched) -> list[Row]:
    took = ours.took_ms
    within = 100 * sum(ms <= BUDGET_MS for ms in took) / max(1, len(took))
    times = ours.standing_percent / max(0.1, theirs.standing_percent)
    return [
        Row("ghost text before the next key, ours", ours.standing_percent, unit="%", count=ours.sum("keys"),
            ratio=f"{times:.1f}x as often", aim=STANDING_AIM),
        Row("ghost text before the next key, llama.vim's way", theirs.standing_percent, unit="%",
            count=theirs.sum("keys"), aim="5 % (measured before)"),
        Row.of("request to answer, all", took, aim=ANSWER_AIM),
        Row.of("request to answer, by the model", ours.found_ms("model", "join")),
        Row.of("request to answer, known already", ours.found_ms("type-through", "cache")),
        Row("answers within 150 ms", round(within, 1), unit="%", count=len(took)),
        _saved("ours", ours),
        _saved("llama.vim's way", theirs),
        Row("stale answers", ours.sum("stale"), unit="", count=len(took), aim=STALE_AIM),
    ]  # fmt: skip


def _saved(whose: str, watched: Watched) -> Row:
    return Row(f"characters saved, {whose}", watched.sum("saved_chars"), unit="", count=watched.sum("accepted"))


def _notes(ours: Watched, theirs: Watched) -> list[str]:
    found: dict[str, int] = {}
    for tally in ours.tallies:
        for how, count in tally.found.items():
            found[how] = found.get(how, 0) + count
    return [
        f"per file, ours: {_each(ours.tallies)}; llama.vim's way: {_each(theirs.tallies)}",
        f"ours found by: {', '.join(f'{how} {count}' for how, count in sorted(found.items()))}",
        "n is keys, answers, or accepted suggestions; who accepts more presses fewer keys",
    ]


def _each(tallies: Sequence[Tally]) -> str:
    shares = (tally.standing / max(1, tally.keys) for tally in tallies)
    named = zip(FILES, shares, strict=False)
    return ", ".join(f"{module} {share:.0%}" for (module, _), share in named)
