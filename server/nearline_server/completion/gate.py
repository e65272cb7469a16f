"""When not to ask: a visible, ordered list of rules, the first that holds gives the reason.

An explicit invocation is honoured wherever there is text. A trigger by typing has to be worth interrupting
for: a suggestion at the wrong moment costs the user's attention and the model's only slot.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

# sweep-autocomplete switches itself off at the same size, and at a tenth of these lines; but our prompt does
# not grow with the file, and a log of 50,000 lines is still edited by hand.
HUGE_DOCUMENT_CHARS = 10_000_000
HUGE_DOCUMENT_LINES = 500_000
# A longer line is minified or data: Copilot's numbers have 95 % of all lines within 73 characters.
LONG_LINE_CHARS = 2_000

# What may stand behind the cursor for a suggestion within a line: closers, then perhaps one mark that ends
# a statement or an argument. Copilot's rule.
_CLOSING_REST = re.compile(r"[)>}\]\"'`]*\s*[:{;,]?")

# A reason among these bars only the model: what is at hand (type-through, cache) may still be shown. After a
# typing slip and a backspace the old suggestion fits again.
MODEL_ONLY = frozenset({"after_delete"})


@dataclass(frozen=True, slots=True)
class Situation:
    """The cursor's surroundings at the moment of a trigger.

    `before` and `after` are the current line on either side of the cursor, without the line end.
    `document_empty` is whether the document holds nothing but white space. `invoked` is whether the user
    asked by hand; `last_change` is what the last edit did, None when nothing was edited yet.
    """

    before: str
    after: str
    language: str
    document_chars: int
    document_lines: int
    invoked: bool = False
    last_change: Literal["insert", "delete", "other"] | None = None
    has_nul: bool = False
    disabled_languages: frozenset[str] = frozenset()
    document_empty: bool = False


def binary(situation: Situation) -> bool:
    """Text does not hold NUL bytes."""
    return situation.has_nul


def disabled_language(situation: Situation) -> bool:
    """The user does not want to be prompted in this language."""
    return situation.language in situation.disabled_languages


def nothing_typed(situation: Situation) -> bool:
    """There is nothing to go by."""
    return situation.document_empty


def huge(situation: Situation) -> bool:
    """Generated, or data."""
    too_long = situation.document_chars > HUGE_DOCUMENT_CHARS
    return too_long or situation.document_lines > HUGE_DOCUMENT_LINES


def long_line(situation: Situation) -> bool:
    """Minified, or data."""
    return len(situation.before) + len(situation.after) > LONG_LINE_CHARS


def mid_word(situation: Situation) -> bool:
    """Inside an identifier that goes on behind the cursor: whatever is inserted runs into it."""
    return _is_word(situation.before[-1:]) and _is_word(situation.after[:1])


def mid_line(situation: Situation) -> bool:
    """Code behind the cursor that a suggestion would push away."""
    return _CLOSING_REST.fullmatch(situation.after.strip()) is None


def after_delete(situation: Situation) -> bool:
    """Deletions come in runs; what stands between two of them is nothing to go on from."""
    return situation.last_change == "delete"


def _is_word(character: str) -> bool:
    return character.isalnum() or character == "_"


Rule = Callable[[Situation], bool]

ALWAYS: tuple[tuple[str, Rule], ...] = (("binary", binary),)

# `long_line` stands before `mid_line`, which must not meet a line of a megabyte.
AUTOMATIC: tuple[tuple[str, Rule], ...] = (
    ("disabled_language", disabled_language),
    ("nothing_typed", nothing_typed),
    ("huge", huge),
    ("long_line", long_line),
    ("mid_word", mid_word),
    ("mid_line", mid_line),
    ("after_delete", after_delete),
)


def refusal(situation: Situation) -> str | None:
    """Why not to ask, in one stable word; None when to ask."""
    rules = ALWAYS if situation.invoked else ALWAYS + AUTOMATIC
    return next((reason for reason, rule in rules if rule(situation)), None)
