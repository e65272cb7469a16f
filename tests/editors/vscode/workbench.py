"""One window of VS Code in a real browser: its keys, and what stands on its screen."""

from __future__ import annotations

import contextlib
import os
import re
import time
import urllib.parse
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import pytest
from playwright.sync_api import Browser, FrameLocator, Locator, Page, TimeoutError, sync_playwright

from .code_server import CodeServer

RECORDER = Path(__file__).with_name("recorder.js")
CHROMIUM = Path("/usr/bin/chromium")
NO_CHROMIUM = "these tests need Chromium: apt-get install chromium fonts-dejavu-core"
# The workbench asks other machines for what it never gets here; nobody is to wait for that.
FLAGS = ("--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1", "--disable-gpu", "--disable-quic")
SIZE = {"width": 1280, "height": 800}
LOAD_TIMEOUT_S = 120
PATIENCE_S = 30
LOOK_EVERY_MS, BOX_TIMEOUT_MS = 20, 8_000
FIRST_LOOKS_S = (0.5, 1, 2, 4, 8, 16, 32)
STATUS = "[id='nearline.nearline.nearline.status'], [id='nearline.nearline.status']"
SCREENSHOTS = os.environ.get("NEARLINE_SCREENSHOTS")

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Drawn:
    """What the editor shows: the document on both sides of the ghost text, whose lines are joined by newlines.

    Without ghost text all of the document is `before`. `name` is the file's.
    """

    name: str
    before: str
    ghost: str
    after: str


def named(settings: Mapping[str, Any]) -> dict[str, Any]:
    """Settings under their own names, from those of keyword arguments."""
    return {name.replace("__", "."): value for name, value in settings.items()}


@contextmanager
def chromium() -> Iterator[Browser]:
    """The system's own browser, which sees nothing but this machine."""
    if not CHROMIUM.exists():
        pytest.fail(NO_CHROMIUM, pytrace=False)
    sandbox = [] if os.geteuid() else ["--no-sandbox"]  # which root cannot have
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=[*FLAGS, *sandbox])
        yield browser
        browser.close()


class Workbench:
    """A window on one folder."""

    def __init__(self, browser: Browser, server: CodeServer, folder: Path) -> None:
        self.folder = folder
        self.server = server
        context = browser.new_context(viewport=SIZE, permissions=["clipboard-read", "clipboard-write"])
        context.add_init_script(path=RECORDER)
        self.page: Page = context.new_page()
        self.page.goto(f"{server.url}/?folder={urllib.parse.quote(str(folder))}")
        self.page.wait_for_selector(".statusbar", timeout=LOAD_TIMEOUT_S * 1000)

    def close(self) -> None:
        """Close the window and what served it."""
        self.page.context.close()
        self.server.close()

    def set(self, **settings: Any) -> None:
        """Change settings; dots of their names are written as two underscores."""
        self.server.set(named(settings))

    # --- waiting

    def until(self, condition: Callable[[], T], what: str | Callable[[], str], seconds: float = PATIENCE_S) -> T:
        """The condition's first true value."""
        give_up_s = time.monotonic() + seconds
        while not (found := condition()):
            if time.monotonic() > give_up_s:
                self.screenshot("waited-in-vain")
                pytest.fail(f"waited {seconds} s in vain for: {what if isinstance(what, str) else what()}")
            self.page.wait_for_timeout(LOOK_EVERY_MS)
        return found

    def until_ghost(self, text: str | Callable[[str], object], seconds: float = PATIENCE_S) -> Drawn:
        """What is drawn as soon as the ghost text is this one, or one that will do."""
        wanted = text if callable(text) else text.__eq__
        return self.until(
            lambda: drawn if wanted((drawn := self.drawn()).ghost) else None,
            lambda: f"ghost text {text!r} in {self.drawn()}",
            seconds,
        )

    def until_first_ghost(self) -> None:
        """Any ghost text behind a typed key; an editor asks for none in its first moments, and its server is slow."""
        for seconds in FIRST_LOOKS_S:
            self.type("x")
            with contextlib.suppress(TimeoutError):
                self.page.wait_for_function("window.nearlineDrawn().ghost", timeout=seconds * 1000)
                return
        self.screenshot("no-ghost-text")
        pytest.fail("there is no ghost text at all")

    def until_still(self, seconds: float) -> None:
        """The ghost text has been the same for so long."""
        changed_ms = "Math.max(0, ...window.nearlineEvents.map(({ t_ms }) => t_ms))"
        self.page.wait_for_function(f"Date.now() - {changed_ms} > {seconds * 1000}", timeout=PATIENCE_S * 1000)

    def until_text(self, text: str) -> None:
        """The document is this one, whatever ghost text there is."""
        self.until(lambda: self.text == text, lambda: f"{text!r}, not {self.drawn()}")

    # --- keys

    def press(self, *keys: str) -> None:
        """Keys in Playwright's names, such as Control+z."""
        for key in keys:
            self.page.keyboard.press(key)

    def type(self, text: str, gap_ms: float = 30) -> None:
        """Character by character, as a person does."""
        self.page.keyboard.type(text, delay=gap_ms)

    def run(self, title: str) -> None:
        """A command, by its title in the palette."""
        self.press("F1")
        box = self.page.locator(".quick-input-widget input[type=text]")
        box.wait_for(state="visible")
        box.fill(f">{title}")
        self.page.locator(".quick-input-list .monaco-list-row", has_text=title).first.wait_for()
        self.press("Enter")

    def open(self, name: str, text: str = "", at: tuple[int, int] | None = None) -> None:
        """A file of the folder, made anew; the cursor at a line and column from 1, else at the end."""
        (self.folder / name).write_text(text)
        self.go_to(name)
        self.until(lambda: self.text.startswith(text.partition("\n")[0]), lambda: f"{name}, not {self.drawn()}")
        if at:
            self.press("Control+g")
            self.pick(f":{at[0]}:{at[1]}")
        else:
            self.press("Control+End")

    def close_all(self) -> None:
        """All files and panels of the window, with what was typed there."""
        self.press("Control+k", "Control+w")
        self.page.locator(".tab").first.wait_for(state="detached")

    def go_to(self, name: str) -> None:
        """The editor of a file of the folder."""
        place = self.folder / name
        self.until(lambda: self._found(place), f"the list of files to stay open for {name}")
        self.page.locator(f".tab.active[data-resource-name='{place.name}']").wait_for(timeout=PATIENCE_S * 1000)
        self.page.locator(".editor-instance .monaco-editor.focused").wait_for(timeout=PATIENCE_S * 1000)

    def _found(self, place: Path) -> bool:
        # A panel that is just being closed takes the focus, and so closes the list.
        self.press("Control+p")
        with contextlib.suppress(TimeoutError):
            self.pick(str(place), row=place.name)
            return True
        return False

    def pick(self, text: str, row: str | None = None) -> None:
        """Answer the box at the top with a text, or with the row whose name begins so. Raises TimeoutError."""
        box = self.page.locator(".quick-input-widget input[type=text]")
        box.fill(text, timeout=BOX_TIMEOUT_MS)
        if row is None:
            self.press("Enter")
        else:
            rows = self.page.locator(f".quick-input-list .monaco-list-row[aria-label^='{row}']")
            rows.first.click(timeout=BOX_TIMEOUT_MS)
        box.wait_for(state="hidden")

    def menu(self, title: str) -> None:
        """An entry of the menu behind our item of the status bar."""
        self.page.locator(STATUS).click()
        rows = self.page.locator(".quick-input-list .monaco-list-row")
        rows.filter(has_text=re.compile(rf"^\W*{re.escape(title)}")).first.click()
        self.page.mouse.move(0, 0)  # or the item's tooltip covers the panel

    # --- the screen

    def drawn(self) -> Drawn:
        """What the editor shows that has the focus, else the first one."""
        return Drawn(**self.page.evaluate("window.nearlineDrawn()"))

    @property
    def ghost(self) -> str:
        """The ghost text, "" for none."""
        return self.drawn().ghost

    @property
    def text(self) -> str:
        """The document, as far as it is on the screen."""
        drawn = self.drawn()
        return drawn.before + drawn.after

    def until_preview(self) -> None:
        """Original and result stand side by side."""
        self.page.locator(".monaco-diff-editor .editor.modified .view-line").first.wait_for(timeout=PATIENCE_S * 1000)
        self.page.get_by_role("button", name="Apply").wait_for()

    def events(self, name: str | None = None) -> list[dict[str, Any]]:
        """What the recorder kept since the last `forget`."""
        kept: list[dict[str, Any]] = self.page.evaluate("window.nearlineEvents")
        return [event for event in kept if name in (None, event["event"])]

    def forget(self) -> None:
        """What the recorder kept until now."""
        self.page.evaluate("window.nearlineEvents = []")

    @property
    def status(self) -> str:
        """Our item of the status bar, as it is read aloud; "" while there is none."""
        item = self.page.locator(STATUS)
        return (item.get_attribute("aria-label") or "") if item.count() else ""

    @property
    def panel(self) -> FrameLocator:
        """The page of the answers."""
        return self.page.frame_locator("iframe.webview.ready").frame_locator("#active-frame")

    def until_panel(self, text: str) -> None:
        """The panel has this text in it."""
        self.panel.get_by_text(text).first.wait_for(timeout=PATIENCE_S * 1000)

    def until_status(self, pattern: str, seconds: float = PATIENCE_S) -> str:
        """The status as soon as it matches."""
        return self.until(
            lambda: status if re.search(pattern, status := self.status) else None,
            lambda: f"{pattern!r} in the status bar, not {self.status!r}",
            seconds,
        )

    @property
    def messages(self) -> list[str]:
        """The notifications that are shown."""
        return self.page.locator(".notification-list-item-message").all_inner_texts()

    def until_message(self, text: str) -> Locator:
        """A notification with this text in it."""
        item = self.page.locator(".notification-list-item", has_text=text).first
        item.wait_for(timeout=PATIENCE_S * 1000)
        return item

    def screenshot(self, name: str) -> None:
        """Into the folder that NEARLINE_SCREENSHOTS names, if it does."""
        if SCREENSHOTS:
            self.page.screenshot(path=Path(SCREENSHOTS) / f"{re.sub('[^a-zA-Z0-9-]+', '_', name)}.png")
