"""What of a model's answer is code, laid out as the text that it is to replace."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from nearline_server.documents.buffer import content, split_lines, well_formed

_THOUGHT = re.compile(r"\s*<think>(?s:.*?)(?:</think>|(?P<open>\Z))")
_CODE_SPAN = re.compile(r"\s*(?P<ticks>`{1,3})(?P<code>[^`\n]+)(?P=ticks)\s*")
# A fence may stand behind a list mark or behind what announces it.
_OPENING = re.compile(
    r"(?P<lead>(?P<indent>[ \t]*)(?:(?:[-*>]|\d+[.)])[ \t]+)?|[^`~]*:[ \t]*)(?P<fence>`{3,}|~{3,})[ \t]*(?P<info>[^`]*)"
)
_BAR = re.compile(r"(?P<indent>[ \t]*)(?P<fence>`{3,}|~{3,})[ \t]*(?P<info>[^`]*)")
# A fence that is indented further than this against its opening belongs to the code (CommonMark 0.31, section 4.5).
_MOST_INDENT = 3
_DIFF = re.compile(r"^(?:@@ -\d|--- a/)", re.MULTILINE)
_WORD = re.compile(r"\w+")
_OTHER_LANGUAGES = frozenset({"bash", "console", "diff", "output", "patch", "sh", "shell", "text"})
# Guesses, on the safe side: below, an answer without fences is talk; above, an answer in several fences is in parts.
LEAST_IN_COMMON = 0.3
MOST_ELSEWHERE = 0.3

_LIST_MARK = re.compile(r"(?:[-*•]|\d+[.)])\s+")
_CAPITALISED = re.compile(r"(?:[A-Z][a-z]*(?:['’][a-z]+)?|I)\b")
_NOT_IN_PROSE = re.compile(r"[=;{}<>\[\]\\|_]|\w\(")

_COMMENT = re.compile(r"\s*(?:#|//|--|\{?/\*|\*|<!--|;|%)+\s*(?P<text>.*?)\s*(?:\*/\}?|-->)?\s*")
_THING = r"(?:code|functions?|methods?|class|implementation|logic|body|file)"
_LEFT_OUT = re.compile(
    rf"\(?(?:\.{{3}}|…|(?:the )?(?:rest|remainder) of (?:the |your |this )?(?:\w+ )?{_THING}\b"
    rf"|(?:existing|remaining|previous|other|original) {_THING}\b"
    rf"|.*\b(?:rest|{_THING})\b.*\b(?:unchanged|same as before|omitted|remains? the same)\b)",
    re.IGNORECASE,
)

_HEAD = re.compile(r"\s*(?:@|#|//|/\*|\*|--|\[\w)")
_CLOSER = re.compile(r"\s*(?:[)}\]{]|(?:end|else|elif|except|finally|catch|rescue|ensure|where)\b)")
_DEFINITION = re.compile(
    r"\b(?P<word>def|defp|class|function|fn|func|fun|sub|interface|struct|enum|trait|module|defmodule)\s+"
    r"(?:\([^()]*\)\s*)?(?P<name>[\w.]+)|\b(?!(?:if|for|while|switch|match|catch|when|with)\b)(?P<method>\w+)\s*\([^;{]*\)[^;=(){}]*\{\s*$"
)


@dataclass(frozen=True, slots=True)
class Extracted:
    """`code` replaces the original; it is None where none can be told from the rest with certainty.

    `prose` is the rest of the answer. `whole` is False where the code has no end or leaves something out: then it
    must not be applied.
    """

    code: str | None
    prose: str
    whole: bool


@dataclass(frozen=True, slots=True)
class _Block:
    code: str
    language: str
    fence: str
    closed: bool

    def __str__(self) -> str:
        return f"{self.fence}{self.language}\n{self.code}\n{self.fence}"


def extracted(answer: str, original: str) -> Extracted:
    """Take the code out of an answer, with the indentation, the line ends and the final line end of `original`.

    Where the answer repeats what is around the original, only the original's part is taken, and what it newly needs.
    Without an original the code has LF, one final line end and its own indentation. Never raises.
    """
    text, before = _with_lf(well_formed(answer)), _with_lf(original)
    thought = _THOUGHT.match(text)
    text = text[thought.end() :] if thought else text
    blocks, rest = _fenced(text, before)
    whole = not (thought and thought["open"] is not None) and all(block.closed for block in blocks)
    code, prose = _of_blocks(blocks, rest, before) if blocks else _bare(rest, before)
    if code is None or (_DIFF.search(code) and not _DIFF.search(before)):
        return Extracted(None, text.strip(), whole)
    whole = whole and not _leaves_out(code, before)
    if _is_flat(code, before):
        return Extracted(None, text.strip(), whole)
    fitted = _laid_out(_asked_part(code, before), original)
    return Extracted(fitted, text.strip() if fitted is None else prose, whole)


def _with_lf(text: str) -> str:
    return "\n".join(map(content, split_lines(text)))


def _fenced(text: str, original: str) -> tuple[list[_Block], str]:
    """The blocks of a text, and what is outside of them.

    Where the original has fences of its own, its replacement goes on to the last fence of the answer.
    """
    lines, blocks, rest, at = text.split("\n"), [], [], 0
    greedy = any(_closes(line, "```", 0) or _closes(line, "~~~", 0) for line in _dedented(original))
    while at < len(lines):
        opening = _OPENING.fullmatch(lines[at])
        if not opening:
            rest.append(lines[at])
            at += 1
            continue
        rest.append(opening["lead"].rstrip())
        block, at = _block(lines, at, opening, greedy=greedy)
        blocks.append(block)
    if len(blocks) == 1 and not (blocks[0].closed or blocks[0].language or blocks[0].code.strip()):
        # One fence alone, at the end, closes what was never opened; behind talk it opens what never came.
        return ([], "\n".join(rest)) if _bare("\n".join(rest), original)[0] is not None else (blocks, "")
    return blocks, re.sub(r"\n{3,}", "\n\n", "\n".join(rest)).strip()


def _block(lines: list[str], at: int, opening: re.Match[str], *, greedy: bool) -> tuple[_Block, int]:
    """The block that opens on a line, and the line behind it."""
    fence, indent = opening["fence"], len(opening["indent"] or "")
    end = _closing(lines, at + 1, fence, indent, greedy=greedy)
    body = lines[at + 1 : end]
    code, closed = "\n".join(body), end is not None
    if not closed and code.rstrip().endswith(fence):
        # The closing fence stands behind the last line instead of below it.
        code, closed = code.rstrip()[: -len(fence)], True
    language = (opening["info"].split() or [""])[0].lower()
    return _Block(code, language, fence, closed), len(lines) if end is None else end + 1


def _closing(lines: list[str], start: int, fence: str, indent: int, *, greedy: bool) -> int | None:
    """The line of the closing fence; fences within the code come in pairs."""
    depth, last = 1, None
    for number in range(start, len(lines)):
        bar = _closes(lines[number], fence, indent)
        if not bar:
            continue
        depth += 1 if bar["info"] else -1
        if not bar["info"]:
            last = number
        if depth == 0 and not greedy:
            return number
    return last if greedy else None


def _closes(line: str, fence: str, indent: int) -> re.Match[str] | None:
    bar = _BAR.fullmatch(line)
    fits = bar and bar["fence"].startswith(fence) and len(bar["indent"]) <= indent + _MOST_INDENT
    return bar if fits else None


def _of_blocks(blocks: list[_Block], rest: str, original: str) -> tuple[str | None, str]:
    chosen = _chosen(blocks, original)
    others = [str(block) for block in blocks if block is not chosen]
    return (chosen.code if chosen else None), "\n\n".join(part for part in (rest, *others) if part)


def _chosen(blocks: list[_Block], original: str) -> _Block | None:
    """The block that is most like the original without being it; None where the original is spread over several."""
    words = _words(original)
    candidates = [block for block in blocks if block.code.strip() != original.strip()] or blocks[:1]
    candidates = [block for block in candidates if block.language not in _OTHER_LANGUAGES] or candidates
    if not words:
        return max(candidates, key=lambda block: len(block.code))
    best = max(candidates, key=lambda block: _likeness(_words(block.code), words))
    together = _words("\n".join(block.code for block in candidates)) & words
    return None if len(together - _words(best.code)) > MOST_ELSEWHERE * len(words) else best


def _likeness(some: set[str], others: set[str]) -> float:
    return 2 * len(some & others) / max(1, len(some) + len(others))


def _words(text: str) -> set[str]:
    return set(_WORD.findall(text))


def _bare(text: str, original: str) -> tuple[str | None, str]:
    """The code and the prose of an answer without fences."""
    span = _CODE_SPAN.fullmatch(text)
    if span:
        return span["code"], ""
    lines, kept = text.strip("\n").split("\n"), [line for line in original.split("\n") if line.strip()]
    start, end = 0, len(lines)
    while start < end and _is_chatter(lines[start], kept[:1]):
        start += 1
    while end > start and _is_chatter(lines[end - 1], kept[-1:]):
        end -= 1
    code, words = "\n".join(lines[start:end]), _words(original)
    if start == end or len(_words(code) & words) < LEAST_IN_COMMON * len(words):
        return None, text.strip()
    return code, "\n".join([*lines[:start], *lines[end:]]).strip()


def _is_chatter(line: str, original: Sequence[str]) -> bool:
    return not line.strip() or (_is_prose(line) and not any(map(_is_prose, original)))


def _is_prose(line: str) -> bool:
    """Whether it reads as a sentence: a capital, words, no sign that only code has."""
    text = _LIST_MARK.sub("", re.sub("`[^`]*`", "x", line).strip(), count=1).replace("**", "")
    if not _CAPITALISED.match(text) or _NOT_IN_PROSE.search(text):
        return False
    words = len(text.split())
    return words >= 5 or text[-1] in ".!" or (words >= 2 and text[-1] in ":?")


def _leaves_out(code: str, original: str) -> bool:
    """Whether a comment stands for code that the model did not repeat."""
    known = {line.strip() for line in original.split("\n")}
    comments = (_COMMENT.fullmatch(line) for line in code.split("\n") if line.strip() not in known)
    return any(comment and _LEFT_OUT.match(comment["text"]) for comment in comments)


def _asked_part(code: str, original: str) -> str:
    """The definition that was asked about, with the others only if it newly uses them; else all of the code."""
    name = _only_definition(original)
    lines = code.split("\n")
    header = next((at for at, line in enumerate(lines) if name and _defined(line) == name), None)
    if header is None:
        return code
    indent = _indent(lines[header])
    members = _members(lines, indent, header)
    asked = next(member for member in members if header in member)
    if sum(bool(lines[at].strip()) for at in asked) < 2:
        return code
    new = _words("\n".join(lines[at] for at in asked)) - _words(original)
    kept = [member for member in members if member is asked or _introduces(lines, member) & new]
    return "\n".join(lines[at] for member in kept for at in member)


def _only_definition(original: str) -> tuple[str, str] | None:
    """Keyword and name of what the original defines if it is one function or class and nothing else."""
    lines = [line for line in original.split("\n") if line.strip()]
    header = next((at for at, line in enumerate(lines) if not _HEAD.match(line)), None)
    if header is None:
        return None
    indent = _indent(lines[header])
    alone = all(_indent(line) > indent or _CLOSER.match(line) for line in lines[header + 1 :])
    return _defined(lines[header]) if alone and len(lines) > header + 1 else None


def _defined(line: str) -> tuple[str, str] | None:
    match = None if _HEAD.match(line) or _CLOSER.match(line) else _DEFINITION.search(line)
    return (match["word"] or "", match["name"] or match["method"]) if match else None


def _members(lines: Sequence[str], indent: int, header: int) -> list[list[int]]:
    """Numbers of the lines of each statement or definition at an indentation, with comments and decorators above.

    Behind the header that was asked for, only an empty line ends one: the text of a string may stand anywhere.
    """
    members: list[list[int]] = []
    in_head = inside = False
    for number, line in enumerate(lines):
        parted = number <= header or not lines[number - 1].strip()
        depth = _indent(line) if line.strip() else indent + 1
        closes = _CLOSER.match(line) is not None
        if depth < indent and (parted or closes):
            inside = in_head = False
            continue
        starts = depth == indent and parted and not closes
        if (starts and not in_head) or not inside:
            members.append([])
        members[-1].append(number)
        inside = True
        in_head = _HEAD.match(line) is not None if starts else in_head and bool(line.strip())
    return members


def _introduces(lines: Sequence[str], member: Sequence[int]) -> set[str]:
    first = next((at for at in member if lines[at].strip() and not _HEAD.match(lines[at])), None)
    return _words(lines[first]) if first is not None else set()


def _laid_out(code: str, original: str) -> str | None:
    """The code with the layout of the original; None if there is nothing."""
    lines = [line if not _is_blank(line) else "" for line in code.split("\n")]
    while lines and not lines[0]:
        lines.pop(0)
    while lines and not lines[-1]:
        lines.pop()
    if not lines:
        return None
    if not original:
        return "\n".join(lines) + "\n"
    kept = split_lines(original)
    filled = [at for at, line in enumerate(kept) if not _is_blank(line)] or [0]
    first, last = filled[0], filled[-1]
    plain = [content(line) for line in kept[first : last + 1]]
    body = _line_end(original).join(_indented(lines, plain))
    return "".join([*kept[:first], body, kept[last][len(content(kept[last])) :], *kept[last + 1 :]])


def _line_end(text: str) -> str:
    return next((end for end in ("\r\n", "\n", "\r") if end in text), "\n")


def _is_blank(line: str) -> bool:
    return not line.strip(" \t\r\n")


def _is_flat(code: str, original: str) -> bool:
    """Whether indentation that means something was lost on the way."""
    lines = [line.rstrip() for line in code.split("\n") if not _is_blank(line)]
    depths = {_indent(line) for line in original.split("\n") if not _is_blank(line)}
    opens = any(line.endswith(":") for line in lines[:-1])
    return len(depths) > 1 and opens and len(set(map(_indent, lines))) == 1


def _indented(lines: Sequence[str], kept: Sequence[str]) -> list[str]:
    """The lines with the indentation of the original: of all ways the one after which most lines are as they were."""
    base, steps, own = _margin(kept[0]), _step(kept), _step(lines)
    depths = list(map(_margin, kept))
    evidence = depths if any(depths) else list(map(_margin, lines))
    tabs = any(margin.startswith("\t") for margin in evidence)
    unit = (own if tabs else steps if any("\t" in line[:1] for line in lines) else own) or steps or 4
    ways = [_moved(lines, base, unit, unit, tabs=tabs)]
    if own and steps:
        ways.append(_moved(lines, base, own, steps, tabs=tabs))
    rest = [line for line in lines[1:] if line]
    if rest and len(_margin(rest[0])) > len(base):
        # Only the first line lost its margin.
        ways.append([base + lines[0].lstrip(" \t"), *lines[1:]])
    if _margin(lines[0]) == base:
        ways.append(list(lines))
    best = max(ways, key=lambda way: _fit(way, kept, steps))
    known = set(kept)
    # What stands left of the original's margin, such as the text of a string, was never moved.
    return [
        raw if raw in known and line not in known and len(_margin(raw)) < len(base) else line
        for raw, line in zip(lines, best, strict=True)
    ]


def _fit(way: Sequence[str], kept: Sequence[str], step: int) -> tuple[int, int, int]:
    """How many lines are at a step of the original's, are lines of it, are as deep as one of it."""
    known, margins, zero = set(kept), set(map(_margin, kept)), _indent(kept[0])
    lines = [line for line in way if line]
    steps = sum(not step or (_indent(line) - zero) % step == 0 or _margin(line) in margins for line in lines)
    return steps, sum(line in known for line in lines), sum(_margin(line) in margins for line in lines)


def _moved(lines: Sequence[str], base: str, unit: int, new_unit: int, *, tabs: bool) -> list[str]:
    """The lines with the first one's margin at `base` and the others' relative to it, `unit` columns a step."""
    zero, margin = _indent(lines[0], unit), _indent(base, new_unit)
    moved = []
    for line in lines:
        columns = _indent(line, unit) - zero
        steps, rest = divmod(abs(columns), unit)
        if columns >= 0:
            space = base + ("\t" * steps if tabs else " " * (steps * new_unit)) + " " * rest
        else:
            left = max(0, margin - steps * new_unit - rest)
            space = "\t" * (left // new_unit) + " " * (left % new_unit) if tabs else " " * left
        moved.append(space + line.lstrip(" \t") if line else "")
    return moved


def _step(lines: Sequence[str]) -> int:
    """Columns of one step of indentation, a tab being 4; 0 if no line is deeper than the one above."""
    depths = [_indent(line) for line in lines if not _is_blank(line) and not line.lstrip().startswith("*")]
    return min((b - a for a, b in pairwise(depths) if b > a), default=0)


def _margin(line: str) -> str:
    return line[: len(line) - len(line.lstrip(" \t"))]


def _indent(line: str, tab: int = 4) -> int:
    margin = _margin(line)
    return len(margin) + margin.count("\t") * (tab - 1)


def _dedented(text: str) -> list[str]:
    lines = [line for line in text.split("\n") if line.strip()]
    base = len(_margin(lines[0])) if lines else 0
    return [line[min(base, len(_margin(line))) :] for line in lines]
