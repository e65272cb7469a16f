"""What pieces of other files may cost: only what idle time reads soon, so that a slow machine takes none."""

from __future__ import annotations

from nearline_router.planner import Speed
from nearline_server.completion.window import CHARS_PER_TOKEN

# A wide window with all that goes with it is read in this time, else the user is back before it is of use.
READ_MS = 3_000.0
# Some 500 tokens. The research that this follows halves the decoding speed with 16,000, so these cost a few percent.
MOST_CHARS = 1_800
# Less than a few signatures is not worth another prompt.
LEAST_CHARS = 300


def affordable_chars(speed: Speed, window_chars: int) -> int:
    """How many characters of other files go with a window of so many of its own; 0 where nothing measured allows it."""
    if not speed.prefill.measured:
        return 0
    room = int(speed.affordable_tokens(READ_MS) * CHARS_PER_TOKEN) - window_chars
    return min(room, MOST_CHARS) if room >= LEAST_CHARS else 0
