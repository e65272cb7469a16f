"""Where a streamed answer should end: small rules, the earliest end wins.

Each rule looks at the whole text so far and says the same of it however it was cut into chunks. What cannot
be told yet (is `return` the next line, or the start of another one?) is not an end.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import replace

from nearline_server.completion.brackets import CLOSERS, OPENERS, brackets, imbalance
from nearline_server.completion.lines import Line, TrimContext, indent, lines_of, nearby

# A longer suggestion is read by nobody while typing; Cody measured 87 % of its suggestions as single lines.
MAX_LINES = 8
# More empty lines than this, and the model has nothing to say.
MAX_LEADING_LINE_ENDS = 2

# A bracket in these need not have a partner: "a) first", "case x in foo)".
UNPAIRED_LANGUAGES = frozenset(
    {"markdown", "plaintext", "text", "restructuredtext", "latex", "tex", "shellscript", "sh", "bash", "zsh"}
)

# A line at the indentation of a block's first line that still belongs to the block.
_CONTINUES_BLOCK = re.compile(
    r"[)\]}]|(?:else|elif|elsif|elseif|except|finally|catch|rescue|ensure|end|fi|done|esac|then|case|default)\b"
)

# Runs of 40 characters and more: 10 times up to 4 of them, 5 times up to 13, 3 times up to 60. Copilot has
# such a ladder in tokens (10 of period 1, 30 of 10, 45 of 20, 60 of 30).
_RUN = re.compile(r"(.{1,4}?)\1{9,}|(.{5,13}?)\2{4,}|(.{14,60}?)\3{2,}", re.DOTALL)
SHORTEST_RUN_CHARS = 40
LONGEST_UNIT_CHARS = 60
# Every such run holds one of the samples taken at this distance, and the same again a unit later.
_SAMPLE_CHARS = 13
# A ruler of dashes is no runaway, up to this length.
RULER_CHARS = 120


def stop_at(text: str, context: TrimContext) -> int | None:
    """The offset at which a running stream should end, None to go on. The last line may still grow."""
    return end_of(text, replace(context, complete=False))


def end_of(text: str, context: TrimContext) -> int | None:
    """The offset at which a text ends; `context.complete` says whether its last line can still grow."""
    near = nearby(context)
    ends = (rule(text, near) for rule in (MULTI_LINE if context.multiline else SINGLE_LINE))
    return min((end for end in ends if end is not None), default=None)


def end_of_line(text: str, context: TrimContext) -> int | None:
    """The first line end. On an empty line the answer may begin on one of the next lines."""
    first = 0
    if not (context.before + context.after).strip():
        first = len(text) - len(text.lstrip())
        if text.count("\n", 0, first) > MAX_LEADING_LINE_ENDS:
            return 0
    return _found(text.find("\n", first))


def dedent(text: str, context: TrimContext) -> int | None:
    """A line with less indentation than the cursor's belongs to an outer block."""
    first, *others = lines_of(text, context)
    base = indent(context.before) if first.blank else first.indent
    return _first_end(line for line in others if not line.blank and line.indent < base)


def block_end(text: str, context: TrimContext) -> int | None:
    """The block that the cursor's line begins is over when its indentation is back."""
    if not context.before.strip():
        return None
    base = indent(context.before)
    inside = imbalance(context.before).openers > 0
    for line in lines_of(text, context)[1:]:
        if line.blank:
            continue
        if line.indent > base:
            inside = True
        elif inside and not _may_continue_block(line):
            return line.end_before
    return None


def surplus_closer(text: str, context: TrimContext) -> int | None:
    """A bracket that closes what nobody opened, or what the text behind the cursor closes already."""
    if context.language in UNPAIRED_LANGUAGES:
        return None
    head = "\n".join((*context.lines_before, context.before))
    opened = imbalance(head).openers
    reserved = min(opened, imbalance("\n".join((context.after, *context.lines_after))).closers)
    for position, bracket in brackets(head + text):
        if position < len(head):
            continue
        if bracket in CLOSERS and opened <= reserved:
            return position - len(head)
        opened += 1 if bracket in OPENERS else -1
    return None


def too_many_lines(text: str, context: TrimContext) -> int | None:
    """Enough."""
    return _first_end(lines_of(text, context)[MAX_LINES:])


def repeated_line(text: str, context: TrimContext) -> int | None:
    """The same line three times running; one of them stays."""
    lines = [line for line in lines_of(text, context) if not line.blank and line.finished]
    for one, two, three in zip(lines, lines[1:], lines[2:], strict=False):
        if one.text.rstrip() == two.text.rstrip() == three.text.rstrip():
            return two.end_before
    return None


def repetition(text: str, context: TrimContext) -> int | None:  # noqa: ARG001
    """A run of the same few characters; one of them stays."""
    for run in _RUN.finditer(text) if _may_repeat(text) else ():
        unit = run[1] or run[2] or run[3]
        shortest = SHORTEST_RUN_CHARS if any(map(str.isalnum, unit)) else RULER_CHARS
        if len(run[0]) >= shortest:
            return run.start() + len(unit)
    return None


def next_line(text: str, context: TrimContext) -> int | None:
    """The document's own next line: from here on the model copies."""
    following = next((line.rstrip() for line in context.lines_after if line.strip()), None)
    lines = lines_of(text, context)
    said = lines[1:] if not text.partition("\n")[0].strip() else lines
    return _first_end(line for line in said if line.finished and line.text.rstrip() == following)


Stop = Callable[[str, TrimContext], int | None]

SINGLE_LINE: tuple[Stop, ...] = (end_of_line, next_line, repetition)

MULTI_LINE: tuple[Stop, ...] = (
    dedent,
    block_end,
    surplus_closer,
    too_many_lines,
    repeated_line,
    repetition,
    next_line,
)


def _may_continue_block(line: Line) -> bool:
    words = line.text.strip()
    unfinished_word = not line.finished and words.isalpha()
    return unfinished_word or _CONTINUES_BLOCK.match(words) is not None


def _may_repeat(text: str) -> bool:
    """A hundred times cheaper than to search for runs, and almost always enough."""
    reach = LONGEST_UNIT_CHARS + _SAMPLE_CHARS
    samples = range(0, len(text) - _SAMPLE_CHARS, _SAMPLE_CHARS)
    return any(text.find(text[at : at + _SAMPLE_CHARS], at + 1, at + reach) >= 0 for at in samples)


def _first_end(lines: Iterable[Line]) -> int | None:
    return next((line.end_before for line in lines), None)


def _found(offset: int) -> int | None:
    return offset if offset >= 0 else None
