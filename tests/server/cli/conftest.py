"""Commands as a user runs them, in front of a llama.cpp server that plays a script."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from nearline_server.cli.main import main
from tests.scripted_llama import ScriptedLlama

Run = Callable[..., Result]


@pytest.fixture
def llama() -> Iterator[ScriptedLlama]:
    """The model's server, in a loop of its own: commands bring theirs."""
    llama = ScriptedLlama()
    listening, stop = threading.Event(), asyncio.Event()
    loops: list[asyncio.AbstractEventLoop] = []

    async def serve() -> None:
        loops.append(asyncio.get_running_loop())
        async with llama:
            listening.set()
            await stop.wait()

    thread = threading.Thread(target=asyncio.run, args=(serve(),))
    thread.start()
    assert listening.wait(20)
    yield llama

    loops[0].call_soon_threadsafe(stop.set)
    thread.join(20)


@pytest.fixture
def config(tmp_path: Path, llama: ScriptedLlama) -> Path:
    """A configuration with that server and no other."""
    return write_config(tmp_path / "nearline.yaml", llama.url)


def write_config(path: Path, url: str, name: str = "local") -> Path:
    """A configuration with one endpoint, nothing to fall back to, and patience on a busy machine."""
    text = f"endpoints: {{{name}: {{host: '{url}'}}}}\nengine: {{enabled: false, discover: false}}\n"
    path.write_text(f"{text}completion: {{budget_ms: 20000}}\n")
    return path


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Run:
    """`run("complete", …)`: a command of a user who has set up nothing."""
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("NEARLINE_MODELS_DIR", str(tmp_path / "models"))

    def run(*arguments: object) -> Result:
        return CliRunner().invoke(main, list(map(str, arguments)))

    return run
