"""Suggestions that were made, and the one that is being made, found again by what surrounds the cursor.

One look-up serves type-through, cache and joining a running request: a suggestion made k characters ago still
fits when those k characters are the ones it began with. Looking back over shorter and shorter prefixes is
llama.vim's and llama.vscode's idea; that a running answer can be joined is Copilot's.
"""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass, field, replace

from nearline_server.completion.place import Place
from nearline_server.completion.trim import TrimContext, trim

# llama.vscode keeps 250 results too.
REMEMBERED = 250
# How much text on either side must be the same for a suggestion to fit again.
TAIL_CHARS = 256
HEAD_CHARS = 128
# Nobody types along one suggestion for longer than this.
LOOK_BACK_CHARS = 240

Key = tuple[str, str, str]


@dataclass(slots=True, eq=False)
class Suggestion:
    """What the model says at one place; `raw` grows while it is `running`.

    `visible` is what may be shown of it: trimmed, and while running only whole tokens. `request` is the id of the
    request that asks for it. `ended`: the model itself went no further, neither a limit nor a rule stopped it.
    """

    place: Place
    context: TrimContext
    raw: str = ""
    running: bool = True
    request: str = ""
    ended: bool = False
    _trimmed: tuple[str, bool, str] | None = field(default=None, repr=False)

    @property
    def visible(self) -> str:
        """The part that may be shown now, "" when there is none."""
        if self._trimmed is None or self._trimmed[:2] != (self.raw, self.running):
            self._trimmed = (self.raw, self.running, trim(self.raw, self._context_now()))
        return self._trimmed[2]

    def fits(self, typed: str) -> bool:
        """Whether it can still turn out to continue what was typed since it was asked for."""
        if self.visible.startswith(typed):
            return True
        return self.running and typed.startswith(self.raw)

    def _context_now(self) -> TrimContext:
        return replace(self.context, complete=not self.running)


@dataclass(frozen=True, slots=True)
class Found:
    """A suggestion that fits, or may turn out to while it runs, and what has been typed since it was asked for."""

    suggestion: Suggestion
    typed: str

    @property
    def says_no_more(self) -> bool:
        """Whether it is known without asking again that the model has nothing to add here."""
        suggestion = self.suggestion
        if suggestion.running or self.remainder:
            return False
        return not self.typed or (suggestion.ended and self.typed == suggestion.raw.rstrip())

    @property
    def remainder(self) -> str:
        """What is left to show, "" when the suggestion turned out to go another way."""
        visible = self.suggestion.visible
        return visible[len(self.typed) :] if visible.startswith(self.typed) else ""


class Memory:
    """The newest suggestions, least recently used out first."""

    def __init__(self) -> None:
        self._suggestions: OrderedDict[Key, Suggestion] = OrderedDict()

    def add(self, suggestion: Suggestion) -> None:
        """Remember one; it replaces what was known of the same place."""
        place = suggestion.place
        key = _key(place, len(place.before))
        self._suggestions[key] = suggestion
        self._suggestions.move_to_end(key)
        if len(self._suggestions) > REMEMBERED:
            self._suggestions.popitem(last=False)

    def find(self, place: Place) -> Found | None:
        """The suggestion made nearest behind the cursor that fits what was typed since."""
        length = len(place.before)
        for back in range(min(LOOK_BACK_CHARS, length) + 1):
            key = _key(place, length - back)
            suggestion = self._suggestions.get(key)
            typed = place.before[length - back :]
            if suggestion and suggestion.fits(typed):
                self._suggestions.move_to_end(key)
                return Found(suggestion, typed)
        return None

    def forget(self, suggestion: Suggestion) -> None:
        """Drop one, as when it was cut before it said anything."""
        self._suggestions = OrderedDict(
            (key, kept) for key, kept in self._suggestions.items() if kept is not suggestion
        )

    def forget_document(self, uri: str) -> None:
        """Drop what is known of a closed document."""
        self._suggestions = OrderedDict((key, kept) for key, kept in self._suggestions.items() if key[0] != uri)


def _key(place: Place, end: int) -> Key:
    return place.uri, place.before[max(0, end - TAIL_CHARS) : end], place.after[:HEAD_CHARS]
