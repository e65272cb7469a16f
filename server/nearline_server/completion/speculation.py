"""What is asked ahead of the user: the line behind the one that stands complete, or will if the suggestion is taken.

When a suggestion is shown or a line is finished, the engine has nothing to do until the user goes on, and at a line's
end people stop longest. What is said meanwhile is remembered as if the user were there already, so that the line's end
is followed by a suggestion at once. Copilot, Cody, llama.vim and llama.vscode ask ahead too, for the place behind the
suggestion's last character; there a model that has just ended the line has nothing to say.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass

from nearline_server.completion.generation import Generation
from nearline_server.completion.memory import Suggestion
from nearline_server.completion.place import Place

# A suggestion that is not begun is left standing so long before it is built upon: most are typed over by then.
READ_S = 0.25
# So much text before a place has to be the same, for it to lie on the way.
TAIL_CHARS = 64


@dataclass(frozen=True, slots=True)
class Way:
    """From a place to the next line: `text` is what is expected to come in between, its line end included."""

    origin: Place
    text: str

    @property
    def end(self) -> Place:
        """The place at its end."""
        return self.origin.with_lines(self.text)

    def left(self, place: Place) -> str | None:
        """What is still to come for a user who is here, None for one who is not on this way."""
        typed = place.document_chars - self.origin.document_chars
        if place.uri != self.origin.uri or not 0 <= typed <= len(self.text):
            return None
        passed = self.origin.before[-TAIL_CHARS:] + self.text[:typed]
        return self.text[typed:] if place.before.endswith(passed) else None


class Speculation:
    """At most one line asked ahead. `ask` begins a request for a place and returns it, None where nothing is to ask."""

    def __init__(self, ask: Callable[[Place], Generation | None]) -> None:
        self._ask = ask
        self._way: Way | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._running: Generation | None = None

    def plan(self, place: Place, remainder: str, *, begun: bool) -> None:
        """The user is here, and `remainder` is shown or nothing is left to say; `begun`: a part of it was typed."""
        way = Way(place, remainder + place.line_end)
        if place.line_after.strip():
            return
        if not self._way or self._way.left(place) != way.text:
            self.stop()
            self._way = way
        elif not self._timer:
            return
        self._wait(way, 0.0 if begun or not remainder else READ_S)

    @property
    def running(self) -> bool:
        """Whether a line is being asked for."""
        return self._running is not None

    def follow(self, place: Place, fits: Suggestion | None) -> None:
        """The user is here now, where this suggestion fits; what was asked for another way is ended."""
        if self._running and self._running.suggestion is fits:
            return
        if self._way and self._way.left(place) is None:
            self.stop()

    def take(self, suggestion: Suggestion) -> Generation | None:
        """The request for this suggestion if it runs here; it is the caller's from now on."""
        running = self._running
        # One that waits for its turn would let the user wait at its low rank.
        if running is None or running.suggestion is not suggestion or running.queued_ms is None:
            return None
        self._running = self._way = None
        return running

    def stop(self) -> None:
        """The model is needed, or nobody goes there."""
        if self._timer:
            self._timer.cancel()
        if self._running:
            self._running.close()
        self._running = self._timer = self._way = None

    def closed(self, uri: str) -> None:
        """The document is closed."""
        if self._way and self._way.origin.uri == uri:
            self.stop()

    def ended(self, generation: Generation) -> bool:
        """A request is over; whether it is one that was begun here and not taken."""
        mine = self._running is generation
        if mine:
            self._running = None
            # One that gave way may be asked again from here.
            self._way = self._way if generation.whole else None
        return mine

    def _wait(self, way: Way, seconds: float) -> None:
        if self._timer:
            self._timer.cancel()
        self._timer = asyncio.get_running_loop().call_later(seconds, self._begin, way)

    def _begin(self, way: Way) -> None:
        self._timer = None
        self._running = self._ask(way.end)
        if self._running is None:
            self._way = None
