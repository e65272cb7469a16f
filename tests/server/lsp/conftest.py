"""The real `nearline lsp` over stdio, in front of a llama.cpp server that plays a script.

Starting a server costs a second, so the tests of a module share one, each with documents of its own; who needs
other settings, or ends the server, starts one.
"""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from .editor import Editor, clean_env
from .held_llama import HeldLlama

Start = Callable[..., Awaitable[Editor]]

# Answers come when the script gives them, however busy the machine; neither idle work nor what is asked ahead comes
# between.
PATIENT = "completion: {budget_ms: 20000, invoked_budget_ms: 20000, idle_ms: 60000, speculation: false}\n"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Tests run in the loop in which their module's server was started."""
    for item in items:
        if Path(__file__).parent in item.path.parents and item.get_closest_marker("asyncio"):
            item.add_marker(pytest.mark.asyncio(loop_scope="module"), append=False)


def write_config(path: Path, llama: HeldLlama, *more: str) -> Path:
    """A configuration with that server, no other, and much patience; `more` is about the endpoint."""
    endpoint = ", ".join([f"host: '{llama.url}'", *more])
    path.write_text(f"endpoints: {{local: {{{endpoint}}}}}\nengine: {{enabled: false, discover: false}}\n{PATIENT}")
    return path


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def shared_llama() -> AsyncIterator[HeldLlama]:
    """The model's server of a module."""
    llama = HeldLlama()
    async with llama:
        yield llama


@pytest.fixture
def llama(shared_llama: HeldLlama) -> HeldLlama:
    """The model's server as if it were new."""
    shared_llama.reset()
    return shared_llama


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def shared_editor(shared_llama: HeldLlama, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Editor]:
    """The language server of a module, ready, with an editor that counts in UTF-16."""
    folder = tmp_path_factory.mktemp("shared")
    editor = await Editor.start(write_config(folder / "nearline.yaml", shared_llama), clean_env(folder))
    await editor.initialize()
    await editor.until_state("ready")
    yield editor

    assert await editor.quit() == 0


@pytest.fixture
def editor(shared_editor: Editor, llama: HeldLlama) -> Iterator[Editor]:
    """The module's server as if it were new: no document is open, nothing was said."""
    shared_editor.forget()
    yield shared_editor

    llama.let.set()
    shared_editor.close_all()


@pytest.fixture
def config(tmp_path: Path, llama: HeldLlama) -> Path:
    """A configuration with the scripted server."""
    return write_config(tmp_path / "nearline.yaml", llama)


@pytest_asyncio.fixture(loop_scope="module")
async def launch(tmp_path: Path) -> AsyncIterator[Start]:
    """`await launch(config, **environment)`: a server that was started and told nothing yet."""
    editors: list[Editor] = []

    async def launch(config: Path | None, **env: str) -> Editor:
        editors.append(await Editor.start(config, clean_env(tmp_path, **env)))
        return editors[-1]

    yield launch
    for editor in editors:
        with contextlib.suppress(ProcessLookupError):
            editor.process.kill()
        await editor.gone()


@pytest.fixture
def start(launch: Start, config: Path) -> Start:
    """`await start(...)`: a server of its own that is ready; takes what `Editor.initialize` takes."""

    async def start(**how: Any) -> Editor:
        editor = await launch(config)
        await editor.initialize(**how)
        await editor.until_state("ready")
        return editor

    return start
