"""Where accepted text stands while the document is edited, and how much of it is still there."""

from __future__ import annotations

from dataclasses import dataclass

from nearline_server.acceptance.edits import Edit, Place, common_prefix, common_suffix

# Edit distances are counted up to here, which takes 3 ms; a longer stretch that changed counts as gone.
MOST_CHARS = 2_000


@dataclass(slots=True, eq=False)
class Span:
    """Accepted text and where it stands now, from `start` to `end`."""

    start: Place
    end: Place
    text: str

    def follow(self, edit: Edit) -> None:
        """Move along with an edit.

        What is typed at its borders is not part of it; a replacement that reaches into it is, and so is what comes
        where all of it was deleted, as an undo brings it back.
        """
        if self.start == self.end:
            self._come_back(edit)
        elif edit.start < self.end:
            self.end = edit.moved(self.end) if edit.end <= self.end else edit.new_end
            if edit.end <= self.start:
                self.start = edit.moved(self.start)
            elif edit.start < self.start:
                self.start = edit.start

    def _come_back(self, edit: Edit) -> None:
        if edit.start <= self.start <= edit.end:
            self.start, self.end = edit.start, edit.new_end
        elif edit.end < self.start:
            self.start = self.end = edit.moved(self.start)


def kept_share(accepted: str, now: str) -> float:
    """How much of the accepted text is still there, from 0 to 1.

    1 - d / n, where d is the Levenshtein distance between the two and n the length of the longer one; what is there
    word for word, with more around it, counts in full. GitHub's Copilot asks the same after the same times ("still in
    code", by relative edit distance).
    """
    if accepted in now:
        return 1.0
    longer = max(len(accepted), len(now))
    first = common_prefix(accepted, now)
    accepted, now = accepted[first:], now[first:]
    last = common_suffix(accepted, now)
    return 1.0 - edit_distance(accepted[: len(accepted) - last], now[: len(now) - last]) / longer


def edit_distance(one: str, other: str) -> int:
    """Levenshtein's distance; of texts of which one is longer than `MOST_CHARS` the most that it can be.

    Myers' bit vectors (J. ACM 46(3), 1999) in Hyyrö's form (2003): a column of the table is two integers, so that it
    costs one step for each character.
    """
    shorter, longer = sorted((one, other), key=len)
    if not shorter or len(longer) > MOST_CHARS:
        return len(longer)
    places: dict[str, int] = {}
    for number, char in enumerate(longer):
        places[char] = places.get(char, 0) | 1 << number
    every, last = (1 << len(longer)) - 1, 1 << (len(longer) - 1)
    up, down, distance = every, 0, len(longer)
    for char in shorter:
        same = places.get(char, 0)
        level = ((same & up) + up) ^ up | same | down
        right_up = down | ~(level | up) & every
        right_down = up & level
        distance += bool(right_up & last) - bool(right_down & last)
        right_up = right_up << 1 | 1
        up = (right_down << 1 | ~(same | down | right_up)) & every
        down = (same | down) & right_up & every
    return distance
