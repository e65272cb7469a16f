"""The conversation that asks a model for an action.

First what every action of a document has in common: the rules, the project's conventions and the definitions that the
document uses. Then the place itself, its problems, and at the end what to do. All that comes from files is fenced.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from nearline_router.types import Chat
from nearline_server.actions.prompt.data import plain
from nearline_server.actions.prompt.draft import Draft, task_for
from nearline_server.actions.prompt.fit import Part, Sizes, reduced
from nearline_server.actions.values import Action, Context, Subject, Turn

# Of the budget; what is stable may not depend on the range, or it would be another text for the next one.
STABLE_SHARE = 1 / 3
OWN_SHARE = 1 / 8
STABLE_STEPS: tuple[tuple[Part, int], ...] = (("conventions", 0), ("definitions", 0))
OWN_STEPS: tuple[tuple[Part, int], ...] = (("own", 0),)
# Around the range the farthest lines go first; a follow-up is about the last answer, which goes late.
STEPS: tuple[tuple[Part, int], ...] = (
    ("turns", 1),
    ("lines", 0),
    ("turns", 0),
    ("own", 0),
    ("conventions", 0),
    ("definitions", 0),
)
# More characters a token than any model's code has, to look at no more of a large document than could fit.
MOST_CHARS_PER_TOKEN = 8
TOO_LONG = "This is too long for the model, even without anything around it; select less."
TOO_LONG_QUESTION = "The question is too long for the model."


def prompt_for(
    action: Action,
    subject: Subject | None,
    context: Context,
    instruction: str,
    history: Sequence[Turn],
    budget_tokens: int,
    tokens_of: Callable[[str], int],
) -> Chat:
    """The conversation for an action, of at most `budget_tokens` as `tokens_of` counts each of its texts.

    `history` has the turns before, the oldest first. The subject of a commit message is the diff, which may be cut at
    its end; of any other the range is never cut. Reads a whole document several times, so call it in a thread.
    Raises ValueError, with a sentence for the user, when there is nothing to ask, or it is too long.
    """
    wanted = plain(instruction).strip()
    _check(action, subject, wanted)
    most_chars = MOST_CHARS_PER_TOKEN * max(0, budget_tokens)
    task = task_for(action, subject, wanted, most_chars) if subject else None
    draft = Draft(task, wanted, context, history)

    def within(share: float, texts: Callable[[Sizes], list[str]]) -> Callable[[Sizes], bool]:
        return lambda sizes: sum(map(tokens_of, texts(sizes))) <= budget_tokens * share

    sizes = reduced(draft.most, STABLE_STEPS, within(STABLE_SHARE, draft.stable_texts))
    sizes = reduced(sizes, OWN_STEPS, within(OWN_SHARE, draft.own_texts))
    sizes = reduced(sizes, STEPS, within(1, draft.texts))
    if not within(1, draft.texts)(sizes):
        raise ValueError(TOO_LONG if subject else TOO_LONG_QUESTION)
    return draft.chat(sizes)


def _check(action: Action, subject: Subject | None, instruction: str) -> None:
    if action.id == "ask" and not instruction:
        raise ValueError(f"“{action.title}” needs a question.")
    if subject is None and action.id != "ask":
        raise ValueError(f"“{action.title}” needs {'a diff' if action.anywhere else 'a place in a document'}.")
