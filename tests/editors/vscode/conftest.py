"""One browser for all tests, a VS Code for each module: opening one takes many seconds."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser

from .code_server import VSIX, CodeServer
from .workbench import Workbench, chromium, named

Open = Callable[..., Workbench]


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Chromium."""
    with chromium() as browser:
        yield browser


@pytest.fixture(scope="module")
def open_window(browser: Browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Open]:
    """`open_window(nearline__enabled=False)`: a window on a folder, with these settings and environment."""
    windows: list[Workbench] = []

    def open_window(
        folder: Path | None = None, environment: Mapping[str, str] | None = None, **settings: Any
    ) -> Workbench:
        if not VSIX.exists():
            pytest.fail(f"{VSIX} is not there; `make test-vscode` makes it", pytrace=False)
        server = CodeServer(tmp_path_factory.mktemp("code-server"), named(settings), environment or {})
        windows.append(Workbench(browser, server, folder or tmp_path_factory.mktemp("workspace")))
        return windows[-1]

    yield open_window
    for window in windows:
        window.close()


@pytest.fixture(autouse=True)
def screenshot(request: pytest.FixtureRequest) -> Iterator[None]:
    """Of how each test ends, for people."""
    window = request.getfixturevalue("window") if "window" in request.fixturenames else None
    yield
    if window:
        window.screenshot(request.node.name)
