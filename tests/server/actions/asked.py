"""A function to ask about, and a way to ask."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from nearline_router.router import Router
from nearline_server.actions.catalogue import BUILT_IN, find
from nearline_server.actions.run import run
from nearline_server.actions.values import Action, Context, Result, Span, Subject, Turn

# A folder that is there: one that cannot be read stays.
WORKSPACE = Path(__file__).parent
FILE = WORKSPACE / "app" / "sums.py"
TEXT = "import sys\n\n\ndef add(a, b):\n    return a + b\n\n\nprint(add(1, 2))\n"
# The function; its last line end is not part of it.
SPAN = Span((3, 0), (4, 16))
SUBJECT = Subject(
    FILE.as_uri(), "app/sums.py", str(FILE), "python", 1, TEXT, SPAN, "function", workspace=str(WORKSPACE)
)


def action(id: str) -> Action:
    """A built-in action."""
    found = find(BUILT_IN, id)
    assert found is not None
    return found


async def answered(
    router: Router,
    asked: str | Action,
    subject: Subject | None = SUBJECT,
    *,
    instruction: str = "",
    context: Context = Context(),  # noqa: B008 (frozen)
    history: Sequence[Turn] = (),
    pieces: list[str] | None = None,
    pin: str | None = None,
) -> Result:
    """What becomes of an action; the text it streamed is added to `pieces`."""
    chosen = action(asked) if isinstance(asked, str) else asked
    heard = [] if pieces is None else pieces
    if subject and subject.workspace:
        # Before its ignore files were read all of a workspace stays.
        await router.open_workspace(subject.workspace)
    return await run(router, chosen, subject, context, instruction, history, heard.append, pin)
