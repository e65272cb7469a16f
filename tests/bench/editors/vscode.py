"""Key to ghost text in VS Code: from the page's keydown to the change of its document that has ghost text in it."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, TimeoutError

from nearline_server.demo.typist import Script
from tests.bench.documents import cursor
from tests.bench.editors.strokes import FLOOR, GIVE_UP_S, READ_AHEAD_S, Press, Stroke, in_turns
from tests.editors.vscode.code_server import CodeServer
from tests.editors.vscode.workbench import Workbench, chromium

NAME = "typed.py"
# The typed text is to be the script's, and nobody else's.
PLAIN = {
    "editor.autoIndent": "none",
    "editor.autoClosingBrackets": "never",
    "editor.autoClosingQuotes": "never",
    "editor.acceptSuggestionOnEnter": "off",
    "editor.acceptSuggestionOnCommitCharacter": False,
}
REST_MS = 150
DRAWN = """
  () => window.nearlineEvents.some((one, index, all) =>
    one.event === 'ghost' && one.ghost && all.slice(0, index).some(({ event }) => event === 'key'))
"""


def measure(
    folder: Path, config: str, environment: dict[str, str], typed: Script, keys: int, quiet: Callable[[], None]
) -> list[list[Stroke]]:
    """The floor's strokes and Nearline's; `quiet` returns when the engine has nothing to do."""
    floor = {"nearline.server.command": FLOOR}
    ours = {
        "nearline.server.command": [sys.executable, "-P", "-m", "nearline_server", "lsp"],
        "nearline.config": config,
    }
    with (
        chromium() as browser,
        _window(browser, folder / "vscode-floor", floor, {}, typed) as bare,
        _window(browser, folder / "vscode-ours", ours, environment, typed) as nearline,
    ):
        nearline.until_status("near", 120)
        nearline.page.wait_for_timeout(READ_AHEAD_S * 1000)
        quiet()
        return in_turns([_presser(bare, lambda: None), _presser(nearline, quiet)], typed, keys)


@contextmanager
def _window(
    browser: Browser, folder: Path, settings: dict[str, Any], environment: dict[str, str], typed: Script
) -> Iterator[Workbench]:
    folder.mkdir()
    (folder / "workspace").mkdir()
    server = CodeServer(folder / "code-server", {**PLAIN, **settings}, environment)
    window = Workbench(browser, server, folder / "workspace")
    try:
        window.until(server.language_servers if settings.get("nearline.config") else lambda: True, "the server", 60)
        line, column = cursor(typed.before)
        window.open(NAME, typed.before + typed.after, at=(line + 1, column + 1))
        yield window
    finally:
        window.close()


def _presser(window: Workbench, quiet: Callable[[], None]) -> Press:
    def press(key: str) -> Stroke | None:
        along = window.ghost.startswith(key)
        window.forget()
        if key.startswith(("\n", "\r")):
            window.press("Enter")
            window.page.keyboard.insert_text(key.strip("\r\n"))
        else:
            window.page.keyboard.type(key)
        took_ms = _drawn_after_ms(window)
        window.page.wait_for_timeout(REST_MS)
        quiet()
        return None if key.startswith(("\n", "\r")) else Stroke(took_ms, along)

    return press


def _drawn_after_ms(window: Workbench) -> float | None:
    try:
        window.page.wait_for_function(DRAWN, polling=50, timeout=GIVE_UP_S * 1000)
    except TimeoutError:
        return None
    events = window.events()
    pressed_ms = next(event["t_ms"] for event in events if event["event"] == "key")
    drawn = (event["t_ms"] for event in events if event["event"] == "ghost" and event["ghost"])
    return next((at_ms - pressed_ms for at_ms in drawn if at_ms >= pressed_ms), None)
