"""Plays a session into a window, at the pace of the session's own pauses, and keeps what the user would have seen.

In a loop whose clock is virtual the pace is virtual too.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import replace

from lsprotocol import types

from nearline_server.demo.replay import WIRE_S
from nearline_server.replay.score import Tally, Watch, accepted_line
from nearline_server.replay.session import Key, Session, Stretch
from nearline_server.replay.window import Cursor, Window

# Until a slip is seen, and between the keys that take it back. Assumptions.
NOTICE_S, BACKSPACE_S = 0.35, 0.12
# How long the user looks behind the last key: about as long as at other ends of lines.
LAST_LOOK_S = 0.6


class Player:
    """One session, played once. `now_s` is a clock that goes with asyncio.sleep."""

    def __init__(self, window: Window, session: Session, now_s: Callable[[], float]) -> None:
        self.tally = Tally(chars=session.keys)
        self._window = window
        self._session = session
        self._now_s = now_s
        self._watch = Watch(self.tally)
        self._cursors = list(session.cursors)
        self._hole = 0
        self._item: types.InlineCompletionItem | None = None
        self._pressed_s = 0.0
        self._over = False
        self._asking = asyncio.TaskGroup()
        window.on_refresh = self._refreshed

    @property
    def _cursor(self) -> Cursor:
        return self._cursors[self._hole]

    async def run(self) -> Tally:
        """Play it until every request is answered. Raises an ExceptionGroup of what went wrong in requests."""
        self._pressed_s = self._now_s()
        async with self._asking:
            for stretch in self._session.stretches:
                await self._stretch(stretch)
            await asyncio.sleep(LAST_LOOK_S)
            self._window.on_refresh = lambda *_: None
            # What stands in the end is judged, too; what comes later, nobody sees.
            self._watch.begin("")
            self._over = True
        return self.tally

    async def _stretch(self, stretch: Stretch) -> None:
        keys = list(stretch.keys)
        if stretch.hole != self._hole:
            self._hole, self._item = stretch.hole, None
            self._window.focus(self._cursor)
        self._watch.begin(_text(keys) + stretch.beyond)
        while keys:
            await self._wait(keys[0].gap_s)
            if line := accepted_line(self._watch.ghost, _text(keys)):
                left = _behind(keys, len(line))
                self._accept(line, len(keys) - len(left), _text(left) + stretch.beyond)
                keys = left
                continue
            key, keys = keys[0], keys[1:]
            await self._slip(key, _text([key, *keys]) + stretch.beyond)
            self._press(key.text, _text(keys) + stretch.beyond)

    def _accept(self, line: str, presses: int, ahead: str) -> None:
        self.tally.accepted += 1
        self.tally.accepted_chars += len(line)
        self.tally.saved += presses - 1
        if self._item and self._item.command:
            self._asking.create_task(self._tell(self._item.command))
        self._press(line, ahead)

    async def _slip(self, key: Key, ahead: str) -> None:
        """The wrong characters before a key, and what takes them back; nothing for a key without."""
        for wrong in key.slip:
            self._press(wrong, "")
            await self._wait(key.gap_s)
        for left in range(len(key.slip), 0, -1):
            await self._wait(NOTICE_S if left == len(key.slip) else BACKSPACE_S)
            line, column = self._cursor
            self._edit((line, column - 1), "", "" if left > 1 else ahead)
        if key.slip:
            await self._wait(key.gap_s)

    def _press(self, text: str, ahead: str) -> None:
        self._edit(self._cursor, text, ahead)

    def _edit(self, start: Cursor, text: str, ahead: str) -> None:
        self._item, self._pressed_s = None, self._now_s()
        self._watch.press(self._pressed_s, text, ahead)
        line, _ = self._cursor
        self._cursors[self._hole] = self._window.replace(start, self._cursor, text)
        added = self._cursor[0] - line
        self._cursors = [
            (at + added, column) if number != self._hole and at > line else (at, column)
            for number, (at, column) in enumerate(self._cursors)
        ]
        self._ask()

    def _refreshed(self, version: int, line: int, column: int) -> None:
        if (version, line, column) == (self._window.document.version, *self._cursor):
            self._ask()

    def _ask(self) -> None:
        self._asking.create_task(self._answer(self._window.document.version, self._cursor))

    async def _answer(self, version: int, cursor: Cursor) -> None:
        item, _ = await self._window.ask(cursor)
        if (version, cursor) != (self._window.document.version, self._cursor):
            self.tally.stale += item is not None and self._now_s() - self._pressed_s > WIRE_S
            return
        if self._over:
            return
        self._item = item
        self._watch.show(self._now_s(), _ghost(item))

    async def _tell(self, command: types.Command) -> None:
        await self._window.execute(command)

    async def _wait(self, gap_s: float) -> None:
        """Until so long after the last press."""
        await asyncio.sleep(max(0.0, self._pressed_s + gap_s - self._now_s()))


def _behind(keys: list[Key], chars: int) -> list[Key]:
    """The presses that are left behind so much text; of one that is covered in part, its end."""
    for number, key in enumerate(keys):
        if chars <= 0:
            return keys[number:]
        if chars < len(key.text):
            return [replace(key, text=key.text[chars:], slip=""), *keys[number + 1 :]]
        chars -= len(key.text)
    return []


def _text(keys: list[Key]) -> str:
    return "".join(key.text for key in keys)


def _ghost(item: types.InlineCompletionItem | None) -> str:
    if item is None:
        return ""
    text = item.insert_text
    return text if isinstance(text, str) else text.value
