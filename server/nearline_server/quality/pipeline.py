"""A hole filled as an editor would have it filled: through the completer, in a document with the cursor at the hole."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from nearline_router.errors import RouterError
from nearline_router.router import Router
from nearline_server.completion.completer import Answer, Completer
from nearline_server.completion.place import Place
from nearline_server.completion.settings import CompletionSettings
from nearline_server.documents.buffer import Buffer
from nearline_server.documents.document import Document
from nearline_server.quality.hole import Hole

# The answer is whole before it is over.
PATIENT_MS = 60_000.0
WORKSPACE = "file:///workspace"
FAST_TOKENS_PER_S = 1e6


async def suggestion(router: Router, hole: Hole, budget_ms: float = PATIENT_MS) -> Answer:
    """What is shown for a hole. Raises RouterError when the model cannot be asked.

    A hole of several lines is asked for by hand, which is how a block comes; so is one within a line, for which
    nobody is interrupted while typing. For any other blocks are off: the line is what is judged. Memory is that of a
    new session, but the engine's own cache stays.
    """
    place = place_at(hole.path, hole.language, hole.before, hole.behind_cursor)
    settings = CompletionSettings(
        budget_ms=budget_ms, invoked_budget_ms=budget_ms, multiline=hole.multiline, speculation=False
    )
    completer = Completer(router, settings)
    invoked = hole.multiline or bool(place.line_after.strip())
    with _widest_window(router):
        answer = await completer.complete(place, invoked=invoked, last_change="insert")
        await completer.aclose()
    if answer.found == "none":
        raise RouterError(answer.reason)
    return answer


def place_at(path: str, language: str, before: str, after: str) -> Place:
    """The cursor between two texts, in a document that was never opened in an editor."""
    document = Document(f"{WORKSPACE}/{path}", language, 1, Buffer(before + after))
    line = before.count("\n")
    return document.place(line, len(before) - before.rfind("\n") - 1, WORKSPACE)


@contextmanager
def _widest_window(router: Router) -> Iterator[None]:
    """As after idle time at that place, however slow the machine is; what was learned of its speed is kept."""
    speed = router.speed
    learned = speed.prefill_tokens_per_s
    speed.prefill_tokens_per_s = FAST_TOKENS_PER_S
    try:
        yield
    finally:
        speed.prefill_tokens_per_s = learned
