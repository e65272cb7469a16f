"""What became of the suggestion that is shown, or held back: taken, missed, or nothing that says anything of it.

- Taken: accepted whole or in part, as the editor says or its edit shows, or typed to its end: it was right, and only
  the hand was faster.
- Missed: the next key says something else, however soon; or it stood for `READ_S` and the user went elsewhere.
- Neither: it went before it could be read, for another reason than the next key.

What was asked for by hand is no trial.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from nearline_server.acceptance.edits import one_line_end
from nearline_server.completion.kind import Kind
from nearline_server.completion.memory import HEAD_CHARS
from nearline_server.completion.place import Place

Outcome = Literal["taken", "missed", "neither"]

# Cody counts a suggestion as read after as long.
READ_S = 0.75
# Editors close what is opened: of these only the first was typed.
PAIRS = frozenset({"()", "[]", "{}", "<>", "''", '""', "``"})


@dataclass(slots=True)
class Trial:
    """The suggestion of a request: what is left of it, and where that begins.

    `shown_s` is when it came into sight, and `outcome` None while nothing is known.
    """

    request: str
    kind: Kind
    place: Place
    text: str
    by_hand: bool = False
    shown_s: float | None = None
    outcome: Outcome | None = None

    def was_read(self, now_s: float) -> bool:
        """Whether it has stood for long enough."""
        return self.shown_s is not None and now_s - self.shown_s >= READ_S

    def after(self, place: Place, now_s: float) -> Outcome | None:
        """What an edit makes of it, behind which the cursor is at a place; None while it goes as foretold."""
        typed = typed_since(self.place, place) if place.uri == self.place.uri else ""
        if typed is None:
            return "missed" if self.was_read(now_s) else "neither"
        if typed and typed == self.text:
            return "taken"
        along = self.text.startswith(typed) or (typed[-2:] in PAIRS and self.text.startswith(typed[:-1]))
        return None if along else "missed"


def typed_since(before: Place, now: Place) -> str | None:
    """What was inserted at a cursor since, up to the cursor now; None if that is not all that happened around it.

    Line ends are `\\n`. The cursor's line before it and `HEAD_CHARS` behind it are compared.
    """
    if now.line < before.line or now.after[:HEAD_CHARS] != before.after[:HEAD_CHARS]:
        return None
    start = len(now.before)
    for _ in range(now.line - before.line + 1):
        start = now.before.rfind("\n", 0, max(0, start))
    line, head = now.before[start + 1 :], before.line_before
    return one_line_end(line[len(head) :]) if line.startswith(head) else None
