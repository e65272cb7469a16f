"""When a suggestion that is known is shown: at once, or when the keyboard rests, by what this user takes.

Each suggestion is one trial of its kind, and all its parts that are sent while the user types along are this one. What
is held back is a trial like what is shown. Otherwise a kind that waits would be judged by the good moments only, come
back at once for that, and go again.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable

from nearline_server.acceptance.edits import one_line_end
from nearline_server.completion.kind import Kind, kind_of
from nearline_server.completion.place import Place
from nearline_server.completion.taking import Habit
from nearline_server.completion.trial import Outcome, Trial

Spot = tuple[str, int, int, int]


class Reveal:
    """The suggestions of one window. `on_rest` is told where the client may ask again for what was held back.

    `clock` is in seconds, at the pace of the event loop's. Only a client of which `client_asks_again` is known waits.
    """

    def __init__(self, on_rest: Callable[[Place], None], clock: Callable[[], float] = time.monotonic) -> None:
        self.habit = Habit()
        self.client_asks_again = False
        self._on_rest = on_rest
        self._clock = clock
        self._trial: Trial | None = None
        self._spot: Spot | None = None
        self._since_s = 0.0
        self._rested = False
        self._timer: asyncio.TimerHandle | None = None

    def delay_ms(self, kind: Kind) -> float:
        """How long the keyboard is to rest before a suggestion of this kind is shown by itself."""
        return self.habit.of(kind).delay_ms

    def shows(self, place: Place, text: str, request: str, *, adaptive: bool = True, invoked: bool = False) -> bool:
        """Whether a text, not empty, of the suggestion of a request is shown now; if not, `on_rest` follows in time.

        What was shown once is not taken away.
        """
        self._go(place)
        trial = self._trial = self._trial_of(place, one_line_end(text), request, invoked)
        left_s = self.delay_ms(trial.kind) / 1000 - (self._clock() - self._since_s)
        waits = adaptive and self.client_asks_again and not (invoked or self._rested) and left_s > 0
        if trial.shown_s is None and not waits:
            trial.shown_s = self._clock()
        if trial.shown_s is None and self._timer is None:
            self._timer = asyncio.get_running_loop().call_later(left_s, self._rest, place)
        return trial.shown_s is not None

    def changed(self, place: Place) -> None:
        """The document changed, and the cursor is probably here: was this foretold?"""
        self._go(place)
        outcome = self._trial.after(place, self._clock()) if self._trial else None
        if self._trial and outcome:
            self._end(self._trial, outcome)

    def taken(self, request: str) -> None:
        """The suggestion of a request was accepted, whole or in part; the editor may say so again, and late."""
        if self._trial and self._trial.request == request:
            self._end(self._trial, "taken")

    def close(self) -> None:
        """Nobody waits any more."""
        if self._timer:
            self._timer.cancel()
        self._timer = None

    def _trial_of(self, place: Place, text: str, request: str, invoked: bool) -> Trial:
        trial = self._trial
        if trial is None or trial.request != request:
            if trial and trial.was_read(self._clock()):
                self._end(trial, "missed")
            return Trial(request, kind_of(place, text), place, text, by_hand=invoked)
        if trial.shown_s is None:
            trial.kind = kind_of(place, text)
        trial.place, trial.text = place, text
        return trial

    def _end(self, trial: Trial, outcome: Outcome) -> None:
        """The first outcome counts, unless an acceptance turns out after an edit that was not as foretold."""
        before = trial.outcome
        if trial.by_hand or before == "taken" or (before and outcome != "taken"):
            return
        trial.outcome, taking = outcome, self.habit.of(trial.kind)
        if before == "missed":
            taking.correct()
        elif outcome != "neither":
            taking.add(outcome == "taken")

    def _go(self, place: Place) -> None:
        """The user is here; the keyboard rests since they came."""
        spot = place.uri, place.version, place.line, place.column
        if spot != self._spot:
            self._spot, self._since_s, self._rested = spot, self._clock(), False
            self.close()

    def _rest(self, place: Place) -> None:
        self._timer, self._rested = None, True
        self._on_rest(place)
