"""What an action gives, on standard output; everything that is about it, on standard error."""

from __future__ import annotations

import os
import sys
from dataclasses import asdict
from types import TracebackType
from typing import Any

import click
from rich.console import Console
from rich.text import Text

from nearline_server.actions.values import Edit, Result
from nearline_server.cli.actions.source import encoded

# Text of a file or a model must not steer a terminal: its control characters are shown as pictures of themselves.
PICTURES = {code: 0x2400 + code for code in range(32) if chr(code) not in "\n\t"} | {0x7F: 0x2421}
PICTURES |= dict.fromkeys([*range(0x80, 0xA0), *range(0xD800, 0xE000)], 0xFFFD)


def written(text: str, coloured: str | None = None) -> None:
    """Write to standard output: the text as it is, or to a terminal what it may show, in colour if it has them."""
    if not sys.stdout.isatty():
        click.echo(encoded(text), nl=False)  # bytes: nobody changes its line ends
    elif coloured and not os.environ.get("NO_COLOR"):
        click.echo(coloured, nl=False, color=True)
    else:
        click.echo(harmless(text), nl=False)


def harmless(text: str) -> str:
    """The text as a terminal may show it."""
    return text.replace("\r\n", "\n").translate(PICTURES)


class Progress:
    """Says that something is going on, while nothing else is shown; pieces of text, if they are wanted, as they come.

    `came` says whether any has.
    """

    def __init__(self, label: str, streams: bool) -> None:
        self._label = harmless(label)
        self._streams = streams
        self._chars = 0
        self._ended = True
        self._status = Console(stderr=True, highlight=False).status(Text(f"{self._label} …"))

    def __enter__(self) -> Progress:
        self._status.start()
        return self

    def __exit__(self, *_: type[BaseException] | BaseException | TracebackType | None) -> None:
        self._status.stop()
        if not self._ended:
            written("\n")

    @property
    def came(self) -> bool:
        """Whether a model has begun to answer."""
        return self._chars > 0

    def piece(self, text: str) -> None:
        """The model said this."""
        self._chars += len(text)
        if self._streams and text:
            self._status.stop()
            written(text)
            self._ended = text.endswith("\n")
        else:
            self._status.update(Text(f"{self._label} … {self._chars} characters"))


def summary(result: Result) -> str:
    """Who answered, and what it took."""
    parts = [f"first text after {result.ttft_ms:.0f} ms"] if result.ttft_ms is not None else []
    parts += [f"all after {result.total_ms:.0f} ms"] if result.total_ms is not None else []
    if result.input_tokens is not None:
        cached = f", {result.cached_tokens} of them from the cache" if result.cached_tokens else ""
        parts.append(f"{result.input_tokens} prompt tokens{cached}")
    parts += [f"{result.output_tokens} tokens of answer"] if result.output_tokens is not None else []
    return f"[{result.endpoint}, {result.model}{': ' if parts else ''}{', '.join(parts)}]"


def record(result: Result, diff: str | None) -> dict[str, Any]:
    """The result for a program: lines and columns count from 1, `diff` is None where there is nothing to apply."""
    edits = None if result.edits is None else [_edit(one) for one in result.edits]
    path, text = result.new_file or ("", "")
    new_file = {"path": path, "text": text} if result.new_file else None
    return asdict(result) | {"edits": edits, "new_file": new_file, "diff": diff}


def _edit(edit: Edit) -> dict[str, Any]:
    (line, column), (end_line, end_column) = edit.span.start, edit.span.end
    place = {"line": line + 1, "column": column + 1, "end_line": end_line + 1, "end_column": end_column + 1}
    return place | {"text": edit.text}
