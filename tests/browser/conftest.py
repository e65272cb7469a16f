"""The real command, the real Chromium, and a log of every request that the browser makes."""

from __future__ import annotations

import os
import random
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, Route, sync_playwright

from nearline_router.ledger.database import connect
from tests.browser import busy_day
from tests.recorded_ledger import RecordedLedger

AXE = Path(__file__).parent / "node_modules" / "axe-core" / "axe.min.js"
CHROMIUMS = ("chromium", "chromium-browser", "google-chrome", "chrome")


@pytest.fixture(scope="session")
def axe() -> str:
    """The source of axe-core; fails where it is not installed."""
    if not AXE.exists():
        pytest.fail("axe-core is not there; get it with `npm ci --prefix tests/browser`", pytrace=False)
    return AXE.read_text()


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """The system's Chromium; fails where there is none."""
    path = next(filter(None, map(shutil.which, CHROMIUMS)), None)
    if path is None:
        pytest.fail(f"these tests need Chromium, and none of {', '.join(CHROMIUMS)} is in the PATH", pytrace=False)
    # Chromium's sandbox does not work for root, as whom containers run.
    root = hasattr(os, "getuid") and os.getuid() == 0
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=["--no-sandbox"] if root else [])
        yield browser

        browser.close()


@dataclass
class Home:
    """The folders of a user for whom a command runs."""

    root: Path

    @property
    def state(self) -> Path:
        """Where the ledger is."""
        return self.root / "state"

    @property
    def environment(self) -> dict[str, str]:
        """Of a command."""
        folders = {f"NEARLINE_{kind}_DIR": str(self.root / kind.lower()) for kind in ("RUNTIME", "STATE", "DATA")}
        return os.environ | folders | {"HOME": str(self.root), "XDG_CONFIG_HOME": str(self.root / "config")}

    def run(self, *arguments: str) -> None:
        """A command to its end."""
        subprocess.run(
            [sys.executable, "-m", "nearline_server", *arguments],
            env=self.environment, cwd=self.root, check=True, capture_output=True,
        )  # fmt: skip

    def attempt(self) -> None:
        """One more attempt, now."""
        with closing(connect(self.state)) as connection:
            chance = random.Random()
            busy_day.attempt(RecordedLedger(connection), busy_day.now_us(), chance)


@pytest.fixture(scope="session")
def home(tmp_path_factory: pytest.TempPathFactory) -> Home:
    """A user with a busy day behind him."""
    home = Home(tmp_path_factory.mktemp("home"))
    for kind in ("runtime", "state", "data"):
        (home.root / kind).mkdir()
    busy_day.write(home.root / "runtime", home.state)
    return home


class Served:
    """`nearline dashboard`, as a user runs it."""

    def __init__(self, home: Home) -> None:
        command = (sys.executable, "-m", "nearline_server", "dashboard")
        self._process = subprocess.Popen(
            command, stdout=subprocess.PIPE, text=True, env=home.environment, cwd=home.root
        )
        assert self._process.stdout
        self.entrance = self._process.stdout.readline().split()[1]

    @property
    def url(self) -> str:
        """The page."""
        return self.entrance.partition("?")[0]

    def end(self) -> int:
        """Ctrl-C; the exit code."""
        if self._process.poll() is None:
            self._process.send_signal(signal.SIGINT)
        code = self._process.wait(20)
        if self._process.stdout:
            self._process.stdout.close()
        return code


@pytest.fixture
def fresh(home: Home) -> Iterator[Served]:
    """A dashboard whose key nobody has used."""
    served = Served(home)
    yield served

    served.end()


@dataclass
class Visited:
    """A dashboard and the cookie of the browser that came first."""

    served: Served
    cookies: Any


@pytest.fixture(scope="session")
def visited(home: Home, browser: Browser) -> Iterator[Visited]:
    """A dashboard that was entered, for all tests that only look."""
    served = Served(home)
    context = browser.new_context()
    context.new_page().goto(served.entrance)
    yield Visited(served, context.storage_state())

    context.close()
    served.end()


@dataclass
class Log:
    """Where requests went, and what the browser complained about."""

    hosts: set[str] = field(default_factory=set)
    complaints: list[str] = field(default_factory=list)


Open = Callable[..., Page]


@pytest.fixture
def log() -> Log:
    """Nothing so far."""
    return Log()


@pytest.fixture
def open_page(browser: Browser, log: Log) -> Iterator[Open]:
    """`open_page(url, **context)`: a page in a browser of its own; what would leave loopback is stopped and fails."""
    contexts: list[BrowserContext] = []

    def stop(route: Route) -> None:
        parts = urlsplit(route.request.url)
        log.hosts.add(parts.hostname or parts.scheme)
        if parts.hostname in (None, "127.0.0.1"):
            route.continue_()
        else:
            route.abort()

    def open_page(url: str, **options: Any) -> Page:
        context = browser.new_context(**options)
        contexts.append(context)
        context.route("**/*", stop)
        page = context.new_page()
        page.on("console", lambda message: log.complaints.append(message.text) if message.type == "error" else None)
        page.on("pageerror", lambda error: log.complaints.append(str(error)))
        page.on("dialog", lambda dialog: log.complaints.append(dialog.message))
        page.goto(url)
        return page

    yield open_page

    for context in contexts:
        context.close()
    assert log.hosts <= {"127.0.0.1", "file"}


@pytest.fixture(scope="session")
def report_file(home: Home) -> Path:
    """The report of the month as one HTML file."""
    path = home.root / "report.html"
    home.run("report", "--format", "html", "--out", str(path))
    return path


@pytest.fixture(scope="session")
def screenshots(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where pictures go: NEARLINE_SCREENSHOTS, else a folder that is thrown away."""
    named = os.environ.get("NEARLINE_SCREENSHOTS")
    folder = Path(named) if named else tmp_path_factory.mktemp("screenshots")
    folder.mkdir(parents=True, exist_ok=True)
    return folder
