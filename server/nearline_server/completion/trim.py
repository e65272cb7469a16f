"""What may be shown of an answer: a visible list of pure steps, each of which only cuts at the end.

So the result is always a prefix of what the model said, and a suggestion never claims text that it did not
generate.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from nearline_router.fim_table import CONTROL_TEXTS
from nearline_server.completion.brackets import CLOSERS, brackets, imbalance
from nearline_server.completion.lines import TrimContext, indent, lines_of, nearby
from nearline_server.completion.stop import end_of

__all__ = ["TRIMS", "TrimContext", "trim"]

# Control tokens that nobody writes in code; <PRE> is HTML, <filename> a usage text, [PREFIX] a placeholder.
_UNMISTAKABLE = re.compile(r"<[|｜].+[|｜]>|<(?:fim_\w+|file_sep|repo_name)>")
_DEBRIS = re.compile("|".join(re.escape(text) for text in CONTROL_TEXTS if _UNMISTAKABLE.fullmatch(text)))

_ONLY_CLOSERS = re.compile(r"[)\]}]+[;,]?")


def trim(text: str, context: TrimContext) -> str:
    """The part of an answer that may be shown, "" for nothing. Trimming twice changes nothing more."""
    near = nearby(context)
    while True:
        trimmed = text
        for step in TRIMS:
            trimmed = step(trimmed, near)
        if trimmed == text:
            return text
        text = trimmed


def cut_at_stop(text: str, context: TrimContext) -> str:
    """Tokens that came after the end was reached."""
    return text[: end_of(text, context)]


def cut_at_control_token(text: str, context: TrimContext) -> str:
    """A control token that came out as text; but a document about such tokens may go on about them."""
    for match in _DEBRIS.finditer(text):
        around = (context.before, context.after, *context.lines_before, *context.lines_after)
        if not any(match[0] in line for line in around):
            return text[: match.start()]
    return text


def drop_trailing_space(text: str, context: TrimContext) -> str:
    """Nobody sees it; but the blank that parts the suggestion from a word behind the cursor stays."""
    kept = text.rstrip()
    follows = context.after[:1]
    parts_words = follows.isalnum() or (follows != "" and follows in "_\"'([{")
    return text if parts_words and kept and "\n" not in text[len(kept) :] else kept


def drop_overlap_with_rest(text: str, context: TrimContext) -> str:
    """The end of the suggestion that stands behind the cursor already.

    Of several overlaps the one that leaves the line's brackets best; `bar()` before a `)` overlaps only in
    appearance.
    """
    rest = context.after.rstrip()
    if not rest:
        return text
    sizes = [size for size in range(len(rest) + 1) if _overlaps(text, rest, size)]
    best = min(sizes, key=lambda size: (_damage(text[: len(text) - size], context), -size))
    return text[: len(text) - best]


def cut_at_closer_of_rest(text: str, context: TrimContext) -> str:
    """A bracket in the suggestion whose partner the rest of the line closes already: `a, b);` before `)`."""
    surplus = imbalance(_line(text, context)).closers > imbalance(_line("", context)).closers
    if not surplus or not context.after.strip():
        return text
    cuts = [text[:position] for position, bracket in brackets(text) if bracket in CLOSERS]
    return min([text, *cuts], key=lambda cut: (_damage(cut, context), -len(cut)))


def drop_repeat_of_next_lines(text: str, context: TrimContext) -> str:
    """A suggestion that only says what the next lines say, perhaps not to their end."""
    said = _said(text, context)
    there = [line.strip() for line in context.lines_after if line.strip()][: len(said)]
    if not any(map(str.isalnum, "".join(said))) or len(there) < len(said):
        return text
    unfinished = not context.complete and not context.before.strip() and there[-1].startswith(said[-1])
    same_end = there[-1] == said[-1] or unfinished
    return "" if there[:-1] == said[:-1] and same_end else text


def drop_repeat_of_previous_lines(text: str, context: TrimContext) -> str:
    """A suggestion that only says the previous lines again."""
    said = _said(text, context)
    there = [line.strip() for line in context.lines_before if line.strip()]
    repeats = bool(said) and context.complete and there[-len(said) :] == said
    return "" if repeats and any(map(str.isalnum, "".join(said))) else text


def drop_if_nothing_new(text: str, context: TrimContext) -> str:
    """Blank, or only brackets that the next line closes for a line in which nothing is open."""
    words = text.strip()
    if not words:
        return ""
    following = next((line for line in context.lines_after if line.strip()), "")
    outer_block = not context.before.strip() and indent(context.before) != indent(following)
    closed_below = following.strip().startswith(words) and imbalance(context.before).openers == 0
    return "" if _ONLY_CLOSERS.fullmatch(words) and closed_below and not outer_block else text


TRIMS: tuple[Callable[[str, TrimContext], str], ...] = (
    cut_at_stop,
    cut_at_control_token,
    drop_trailing_space,
    drop_overlap_with_rest,
    cut_at_closer_of_rest,
    drop_repeat_of_next_lines,
    drop_repeat_of_previous_lines,
    drop_if_nothing_new,
)


def _said(text: str, context: TrimContext) -> list[str]:
    """The lines that the suggestion writes or finishes, without indentation and empty lines."""
    lines = lines_of(text, context)
    written = lines if text.partition("\n")[0].strip() else lines[1:]
    return [line.text.strip() for line in written if not line.blank]


def _overlaps(text: str, rest: str, size: int) -> bool:
    if size == 0:
        return True
    if not text.endswith(rest[:size]):
        return False
    inside_word = size < len(text) and _is_word(text[-size - 1]) and _is_word(text[-size])
    return not inside_word


def _damage(text: str, context: TrimContext) -> int:
    """How many brackets and strings the line would be off by. The rest of the line may close what earlier
    lines opened: its surplus closers are as many as it has without the suggestion.
    """
    line, without = imbalance(_line(text, context)), imbalance(_line("", context))
    return line.openers + abs(line.closers - without.closers) + line.strings


def _line(text: str, context: TrimContext) -> str:
    return context.before + text + context.after


def _is_word(character: str) -> bool:
    return character.isalnum() or character == "_"
