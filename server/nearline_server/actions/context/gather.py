"""What goes with an action's subject: the definitions of what it uses, and the project's conventions."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from nearline_server.actions.context.definitions import MOST_CHARS, Definition, definitions
from nearline_server.actions.context.patterns import family
from nearline_server.actions.span_text import text_in
from nearline_server.actions.values import Context, OpenFile, Span, Subject

# The first of these that is there; the first two are what coding agents read (agents.md).
CONVENTIONS = ("AGENTS.md", "CLAUDE.md", ".github/copilot-instructions.md", "CONTRIBUTING.md")
MOST_CONVENTION_CHARS = 8_000
# Definitions of other documents, and of the subject's own.
MOST_OTHERS = 24
MOST_OWN = 12
# A name that is declared more often, such as `get`, says nothing about which one is meant.
MOST_OF_A_NAME = 2
WORD = re.compile(r"[^\W\d]\w{2,}")


def context_of(subject: Subject, open_files: Sequence[OpenFile], conventions: str) -> Context:
    """The definitions that help to understand a subject; a megabyte takes some 60 ms, so call it in a thread.

    First those of other documents, for what the subject's whole document uses: they are the same whatever range of
    it is asked about, so that prompts begin alike and are found in caches. Then those of its own document outside
    of the span, for what the span uses. `open_files` must have none that may not go where the subject may.
    """
    own = list(definitions(OpenFile(subject.path, subject.language, subject.text)))
    outside = [one for one in own if not _within(one.line, subject.span)]
    used = Counter(WORD.findall(text_in(subject.text, subject.span)[:MOST_CHARS]))
    others = _others(subject, open_files, {one.name for one in own})
    return Context((*others, *_most_used(outside, used, MOST_OWN)), conventions)


def read_conventions(workspace: Path) -> str:
    """The project's own rules, at most MOST_CONVENTION_CHARS of them, "" if it has none; reads a file.

    A link that leads out of the workspace is none of its files: its text would leave in every prompt.
    """
    for name in CONVENTIONS:
        path = workspace / name
        try:
            if path.is_file() and path.resolve().is_relative_to(workspace.resolve()) and (text := _read(path).strip()):
                return text
        except OSError:  # nobody may read it
            continue
    return ""


def _read(path: Path) -> str:
    with path.open(encoding="utf-8-sig", errors="replace") as file:
        text = file.read(MOST_CONVENTION_CHARS + 1)
    if len(text) <= MOST_CONVENTION_CHARS:
        return text
    return text[: text.rfind("\n", 0, MOST_CONVENTION_CHARS) + 1] or text[:MOST_CONVENTION_CHARS]


def _others(subject: Subject, open_files: Sequence[OpenFile], known: set[str]) -> list[OpenFile]:
    used = Counter(WORD.findall(subject.text[:MOST_CHARS]))
    files = [
        file
        for file in sorted(open_files, key=lambda file: file.path)
        if file.path != subject.path and family(file.language) == family(subject.language)
    ]
    found = [one for file in files for one in definitions(file) if one.name not in known]
    return _most_used(found, used, MOST_OTHERS)


def _most_used(found: list[Definition], used: Counter[str], most: int) -> list[OpenFile]:
    """The most used first, else in the order in which they were found."""
    declared = Counter(one.name for one in found)
    clear = [one for one in found if used[one.name] and declared[one.name] <= MOST_OF_A_NAME]
    return [one.shown for one in sorted(clear, key=lambda one: -used[one.name])[:most]]


def _within(line: int, span: Span) -> bool:
    return span.start[0] <= line <= span.end[0] and (line, 0) != span.end
