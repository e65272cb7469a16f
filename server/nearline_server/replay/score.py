"""What the user got out of a replay, by rules that are the same for every way to complete.

The rule of acceptance. When a key is due, the user looks at the ghost text that stands, up to its first line end
(where it begins with line ends, up to the end of the first line behind them). If the file has exactly that text next,
and it is three characters or more, the user accepts it with one key instead of typing on. Ghost text that is right but
shorter, or that came only after the key, is typed over and saves nothing.

- `saved`: presses that accepted text spared, less the one of accepting. A line end with its indentation is one press,
  and so is a pasted line, as they would have been without help.
- `shown`: suggestions. What is left of one after a key that it foretold is the same one, also where it has grown.
- `wrong`: suggestions of which a line stood that is not what the file has next, when the next key was pressed or when
  it was replaced. While a slip stands in the document, everything is wrong.
- `standing`: keys before which ghost text stood when they were pressed; `misled`: those at which it was wrong.
- `flicker`: ghost text that was replaced by other text, or taken away, without a key. To grow at its end is no flicker.
- `stale`: answers with text for a document that had changed more than a wire's time before they were sent.
- `ghost_ms`: from each press to the first ghost text, where some came before the next press.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from nearline_server.demo.replay import WORTH_ACCEPTING_CHARS


@dataclass(slots=True)
class Tally:
    """The counts of one session or of several; `chars` is how many presses the text takes without help."""

    chars: int = 0
    keys: int = 0
    accepted: int = 0
    accepted_chars: int = 0
    saved: int = 0
    shown: int = 0
    wrong: int = 0
    standing: int = 0
    misled: int = 0
    flicker: int = 0
    stale: int = 0
    ghost_ms: list[float] = field(default_factory=list)


class Watch:
    """Looks at one cursor as the user does, and counts. Times are seconds of any one clock."""

    def __init__(self, tally: Tally) -> None:
        self.ghost = ""
        self._tally = tally
        self._foretold = ""
        self._ahead = ""
        self._pressed_s = 0.0
        self._judged = False

    def begin(self, ahead: str) -> None:
        """The cursor is somewhere else, with `ahead` as what the file has next."""
        self._judge()
        self.ghost = self._foretold = ""
        self._ahead = ahead

    def press(self, now_s: float, typed: str, ahead: str) -> None:
        """A key adds `typed` ("" for one that deletes); `ahead` is next after it, "" while nothing would be right."""
        tally, before = self._tally, self.ghost
        tally.keys += 1
        tally.standing += bool(before)
        tally.misled += not self._judge()
        self._foretold = before[len(typed) :] if typed and before.startswith(typed) else ""
        self.ghost, self._ahead, self._pressed_s = "", ahead, now_s

    def show(self, now_s: float, ghost: str) -> None:
        """This stands at the cursor from now on; "" for nothing."""
        if ghost == self.ghost:
            return
        if self.ghost:
            self._replace(ghost)
        else:
            self._tally.ghost_ms.append((now_s - self._pressed_s) * 1000)
            if not (self._foretold and ghost.startswith(self._foretold)):
                self._new()
        self.ghost, self._foretold = ghost, ""

    def _replace(self, ghost: str) -> None:
        if ghost.startswith(self.ghost):
            return
        self._judge()
        self._tally.flicker += 1
        if ghost:
            self._new()

    def _new(self) -> None:
        self._tally.shown += 1
        self._judged = False

    def _judge(self) -> bool:
        """Whether what stands is right, or nothing; a suggestion is wrong once."""
        right = not self.ghost or self._ahead.startswith(first_line(self.ghost))
        if not right and not self._judged:
            self._tally.wrong += 1
            self._judged = True
        return right


def first_line(ghost: str) -> str:
    """Ghost text up to its first line end; line ends at its beginning belong to the line behind them."""
    blank = len(ghost) - len(ghost.lstrip("\n"))
    end = ghost.find("\n", blank)
    return ghost if end < 0 else ghost[:end]


def accepted_line(ghost: str, ahead: str) -> str:
    """What the rule of acceptance takes of a ghost text, "" for nothing."""
    line = first_line(ghost)
    return line if len(line) >= WORTH_ACCEPTING_CHARS and ahead.startswith(line) else ""
