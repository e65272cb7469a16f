"""The values that the rooms of an action pass to each other. Lines and columns count code points from 0."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from nearline_router.types import Complexity

Output = Literal["text", "edit", "new-file"]
Chosen = Literal["selection", "function", "class", "block", "line", "document"]
Point = tuple[int, int]


@dataclass(frozen=True, slots=True, order=True)
class Span:
    """A stretch of a document from `start` up to, not including, `end`, each a (line, column)."""

    start: Point
    end: Point


@dataclass(frozen=True, slots=True)
class Action:
    """One thing that can be asked for.

    `kind` is the LSP CodeActionKind, `task` what the router is told. `template` is a user's own prompt, None for the
    built-in ones. `takes_instruction`: a free text from the user goes with it. `needs_diagnostics`: without any at
    the place there is nothing to do. `anywhere`: it needs no place in a document.
    """

    id: str
    title: str
    kind: str
    output: Output
    task: str
    complexity: Complexity
    max_output_tokens: int = 1024
    template: str | None = None
    takes_instruction: bool = False
    needs_diagnostics: bool = False
    anywhere: bool = False


@dataclass(frozen=True, slots=True)
class Diagnosed:
    """A problem that another tool found in the document."""

    span: Span
    message: str
    source: str = ""
    code: str = ""


@dataclass(frozen=True, slots=True)
class Subject:
    """What an action is about: a stretch of one version of one document.

    `path` is relative to the workspace, `file` absolute (None for what is not on a disk). `text` is the whole
    document as it is in the editor, with its own line ends.
    """

    uri: str
    path: str
    file: str | None
    language: str
    version: int
    text: str
    span: Span
    chosen: Chosen
    diagnostics: tuple[Diagnosed, ...] = ()
    workspace: str | None = None


@dataclass(frozen=True, slots=True)
class Edit:
    """Replace a stretch by a text."""

    span: Span
    text: str


@dataclass(frozen=True, slots=True)
class OpenFile:
    """Another document that is open in the editor."""

    path: str
    language: str
    text: str


@dataclass(frozen=True, slots=True)
class Context:
    """What goes with the subject, most useful first. `conventions` is the project's own file of rules, "" if none."""

    definitions: tuple[OpenFile, ...] = ()
    conventions: str = ""


@dataclass(frozen=True, slots=True)
class Turn:
    """One question and its answer, for a follow-up."""

    question: str
    answer: str


@dataclass(frozen=True, slots=True)
class Result:
    """What became of an action.

    `text` is the whole answer as Markdown. `edits` are on the subject's own version of the document, all within its
    span; None where the answer has none that can be applied whole, and `note` then says why. `new_file` is the path
    (relative to the workspace) and text of a file to make. `cut`: the model's answer ended at the limit.
    `stayed`: why only local endpoints were asked, "" if the text could have gone anywhere.
    """

    text: str
    endpoint: str
    model: str
    edits: tuple[Edit, ...] | None = None
    new_file: tuple[str, str] | None = None
    note: str = ""
    cut: bool = False
    stayed: str = ""
    input_tokens: int | None = None
    cached_tokens: int | None = None
    output_tokens: int | None = None
    ttft_ms: float | None = None
    total_ms: float | None = None
