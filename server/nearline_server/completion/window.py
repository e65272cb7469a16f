"""Which text around the cursor goes into the prompt, kept the same from keystroke to keystroke.

A window is a prefix (up to an anchor at a line's start) and a suffix, both frozen; what stands between the
anchor and the cursor grows. As long as the document still has the window's text in its place, a keystroke
costs the model one to three tokens. A new window costs all of it, so there are two sizes: what the
measured prefill speed affords at once, and the wide one that idle time builds up.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from nearline_router.types import Infill, Snippet
from nearline_server.completion.anchor import anchor_of
from nearline_server.completion.place import Place

# About 700 and 75 tokens: the sizes at which the layout was measured.
WIDE_PREFIX_CHARS = 2_400
WIDE_SUFFIX_CHARS = 280
# Code has three to four characters a token; the lower end keeps predictions on the safe side.
CHARS_PER_TOKEN = 3.0
# Of a narrow window, this much goes to what follows the cursor.
NARROW_SUFFIX_SHARE = 0.2
# From here on idle time looks for a better anchor, and from there on a new one is taken at once.
LONG_MIDDLE_CHARS = 3_000
LONGEST_MIDDLE_CHARS = 8_000
# What an editor inserts by itself behind the cursor; the frozen suffix goes on without it.
CLOSERS = ")]}>\"'`"


@dataclass(frozen=True, slots=True)
class Window:
    """Frozen text before the anchor and after the cursor; `wide` when it has as much of its document as it may have.

    `context` is of other files: pieces that were read with it, and stand before everything else.
    """

    prefix: str
    suffix: str
    wide: bool
    context: tuple[Snippet, ...] = ()

    def middle(self, place: Place) -> str | None:
        """The text from the anchor to the cursor, or None when the anchor is not in reach any more."""
        if not self.prefix:
            whole = place.before if place.shows_whole_beginning else None
            return whole if whole is not None and len(whole) <= LONGEST_MIDDLE_CHARS else None
        at = place.before.rfind(self.prefix)
        middle = place.before[at + len(self.prefix) :]
        return middle if at >= 0 and len(middle) <= LONGEST_MIDDLE_CHARS else None

    def suffix_holds(self, place: Place) -> bool:
        """Whether what follows the cursor is still what the window froze, but for brackets closed by the editor."""
        if place.after[: len(self.suffix)] == self.suffix and (self.suffix or not place.after.strip()):
            return True
        rest = place.line_after
        closed = bool(rest) and not rest.strip(CLOSERS + " \t")
        return closed and bool(self.suffix) and place.after[len(rest) :].startswith(self.suffix)

    def infill(self, place: Place, multiline: bool = False) -> Infill:
        """The prompt of a place that the window fits."""
        middle = self.middle(place)
        assert middle is not None  # noqa: S101 (callers ask fits() first)
        return Infill(self.prefix, middle, self.suffix, place.path, place.language, multiline, self.context)

    def chars(self, place: Place) -> int:
        """How much of its own document the prompt has at a place that the window fits."""
        return len(self.prefix) + len(self.middle(place) or "") + len(self.suffix)

    def fits(self, place: Place) -> bool:
        """Whether the prompt of this place is the window's own with more typed behind the anchor."""
        return self.suffix_holds(place) and self.middle(place) is not None


def wide_window(place: Place) -> Window:
    """The window that is best for quality."""
    return _window(place, WIDE_PREFIX_CHARS, WIDE_SUFFIX_CHARS, LONG_MIDDLE_CHARS, wide=True)


def affordable_window(place: Place, current: Window | None, tokens: int) -> Window:
    """The best window whose unread part is at most about `tokens`; `current` may have its prefix read already."""
    chars = int(max(1, tokens) * CHARS_PER_TOKEN)
    wide = wide_window(place)
    fits_whole = wide.chars(place) <= chars
    middle = current.middle(place) if current else None
    kept = middle is not None and len(middle) <= chars * (1 - NARROW_SUFFIX_SHARE)
    if current and middle is not None and kept and (current.context or not fits_whole):
        suffix = _whole_lines(place.after, min(WIDE_SUFFIX_CHARS, chars - len(middle)))
        return replace(current, suffix=suffix)
    if fits_whole:
        return wide
    suffix_chars = int(chars * NARROW_SUFFIX_SHARE)
    return _window(place, chars - suffix_chars, suffix_chars, (chars - suffix_chars) // 2, wide=False)


def _window(place: Place, before_chars: int, suffix_chars: int, middle_chars: int, *, wide: bool) -> Window:
    reach = min(middle_chars, before_chars)
    anchor = anchor_of(place.before, reach)
    if len(place.before) - anchor >= before_chars:
        anchor = len(place.before) - reach  # within a line that is longer than all that may be read
    prefix_chars = before_chars if wide else before_chars - (len(place.before) - anchor)
    prefix = place.before[max(0, anchor - prefix_chars) : anchor]
    if len(prefix) < anchor:
        # Begin at a line's start, so that the first token is one the model knows from files.
        prefix = prefix[prefix.find("\n") + 1 :] or prefix
    return Window(prefix, _whole_lines(place.after, suffix_chars), wide)


def _whole_lines(text: str, limit: int) -> str:
    """At most `limit` characters, ended at a line's end where one is near."""
    if len(text) <= limit:
        return text
    cut = text[: max(limit, 0)]
    at = cut.rfind("\n")
    return cut[: at + 1] if at > 0 else cut
