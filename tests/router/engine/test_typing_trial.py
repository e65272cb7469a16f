"""Typing into one engine: what is sent, what is timed, and that nothing of it stays."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from nearline_router.engine import typing_trial as module
from nearline_router.engine.host import EngineParams
from nearline_router.engine.state import EngineState, runtime_dir, write_state
from nearline_router.engine.tuning import Tuning
from nearline_router.engine.typing_trial import KEYSTROKES, KEYSTROKES_PER_PROMPT, Round, TypingTrial, hosted, speeds
from nearline_router.errors import EngineError
from nearline_router.transports.llamacpp import LlamaCpp
from tests.scripted_llama import ScriptedLlama


async def typed(*numbers: int) -> tuple[list[Round], ScriptedLlama]:
    """The rounds of these numbers, and what the server saw; its clock ticks a second at each look."""
    ticks = iter(range(10_000))
    async with ScriptedLlama() as llama:
        transport = LlamaCpp("tuning", llama.url)
        rounds = [await TypingTrial(transport, lambda: float(next(ticks))).round(number) for number in numbers]
        await transport.aclose()
    return rounds, llama


async def test_a_round_is_a_prompt_and_its_keystrokes() -> None:
    """The prompt is read and nothing is written; each key asks for a line, in the product's own way."""
    rounds, llama = await typed(0)
    first, *keys = llama.completions

    assert (first["n_predict"], len(keys)) == (0, KEYSTROKES)
    assert all(key["stop"] == ["\n"] and key["temperature"] == 0 and key["n_predict"] == 32 for key in keys)
    assert any("grammar" in key for key in keys)
    assert rounds[0].keystrokes_ms == (1000.0,) * KEYSTROKES
    assert rounds[0].texts == ("hello world",) * KEYSTROKES


async def test_the_same_number_is_the_same_text() -> None:
    """And another one is another, which no prompt cache holds from its beginning on."""
    _, llama = await typed(0, 0, 1)
    prompts = [body["prompt"] for body in llama.completions]
    one, again, other = (prompts[at : at + KEYSTROKES + 1] for at in range(0, 3 * (KEYSTROKES + 1), KEYSTROKES + 1))

    assert one == again
    assert all(prompt not in one for prompt in other)


async def test_every_place_of_the_text_can_be_typed_at() -> None:
    """The places go round and round."""
    rounds, _ = await typed(*range(12))

    assert all(len(one.texts) == KEYSTROKES for one in rounds)


def test_a_cost_is_a_keystroke_with_its_share_of_a_prompt() -> None:
    """Most prompts share all but their end with the one before."""
    one = Round(100, 10.0 * KEYSTROKES_PER_PROMPT, (100.0, 300.0), 20, 1000.0, ("a", "b"))

    assert one.cost_ms == 200.0 + 10.0


def test_speeds_are_medians() -> None:
    """One disturbed round does not count."""
    usual = Round(100, 1000.0, (100.0, 200.0, 300.0), 20, 1000.0, ("a",))
    disturbed = Round(100, 9000.0, (900.0,), 20, 9000.0, ("a",))
    found = speeds([usual, usual, disturbed])

    assert (found.prefill_tokens_per_s, found.decode_tokens_per_s, found.keystroke_ms) == (100.0, 20.0, 200.0)


@pytest.fixture
def process() -> Iterator[subprocess.Popen[bytes]]:
    """What stands for an engine: a process that waits to be ended."""
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as process:
        yield process
        process.kill()


class Supervised:
    """A supervisor whose engine is that process, in front of a scripted server."""

    started: list[EngineParams]
    process: subprocess.Popen[bytes]
    url: str

    def __init__(self, params: EngineParams) -> None:
        self._params = params

    async def ensure(self) -> EngineState:
        """See EngineSupervisor."""
        self.started.append(self._params)
        pid = self.process.pid
        state = EngineState(self.url, "key", "m", pid, psutil.Process(pid).create_time())
        write_state(Path(self._params.runtime_dir), state)
        return state


async def test_its_engine_is_its_own_and_gone_afterwards(
    monkeypatch: pytest.MonkeyPatch, process: subprocess.Popen[bytes]
) -> None:
    """With the asked settings, in a folder that is gone too, whatever went wrong within."""
    async with ScriptedLlama() as llama:
        own = type("Own", (Supervised,), {"started": [], "process": process, "url": llama.url})
        monkeypatch.setattr(module, "EngineSupervisor", own)
        with pytest.raises(EngineError, match="within"):
            async with hosted(EngineParams("m.gguf", "/nowhere"), Tuning(threads=2)):
                raise EngineError("within")

    assert [(params.tuning, params.runtime_dir != "/nowhere") for params in own.started] == [(Tuning(threads=2), True)]
    assert not psutil.pid_exists(process.pid)
    assert [*runtime_dir().glob("tune-*")] == []
