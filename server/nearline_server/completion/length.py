"""How long an answer may be, so that the model is free again before the user has stopped waiting for it."""

from __future__ import annotations

from nearline_server.completion.settings import CompletionSettings

# Nobody has asked for a block that comes by itself, so it may keep the model for what a person waits without losing the
# thread: 1 s (R. B. Miller 1968, J. Nielsen 1993; llama.vim gives its speculative request as much). A key that says
# something else ends it earlier.
UNASKED_BLOCK_MS = 1000.0
# About two lines of code. A block of less is a line, which costs less to ask for.
FEWEST_BLOCK_TOKENS = 24


def most_output_tokens(
    settings: CompletionSettings, multiline: bool, budget_ms: float, decode_tokens_per_s: float
) -> int:
    """The most tokens that the model may write; `budget_ms` is how long the user waits for the answer.

    A line ends by itself, and its cap is the settings'. A block is what can be written in the budget or in
    `UNASKED_BLOCK_MS`, whichever is longer, from `FEWEST_BLOCK_TOKENS` up to the settings' cap, which may be less.
    """
    if not multiline:
        return settings.max_line_tokens
    written = int(decode_tokens_per_s * max(budget_ms, UNASKED_BLOCK_MS) / 1000)
    return min(settings.max_block_tokens, max(FEWEST_BLOCK_TOKENS, written))
