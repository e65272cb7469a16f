"""What an action on the command line is about, as an editor would have said it."""

from __future__ import annotations

import warnings

import click

from nearline_server.actions.scope.enclosing import scope
from nearline_server.actions.values import Chosen, Diagnosed, Point, Span, Subject
from nearline_server.cli.actions.source import Lines, Source
from nearline_server.documents.buffer import Buffer, content
from nearline_server.documents.languages import language_of


def subject_of(source: Source, lines: Lines, problems: tuple[Diagnosed, ...] = ()) -> Subject:
    """The lines that were named; around a single one, the function, class or block; without any, the whole file.

    `problems` of the file: those at the place go with it. Raises ClickException for lines that are not there.
    """
    buffer = Buffer(source.text)
    language = language_of(source.path.name)
    span, chosen = _chosen(buffer, language, lines)
    workspace = source.workspace
    return Subject(
        uri=source.path.as_uri(),
        path=source.path.relative_to(workspace).as_posix(),
        file=str(source.path),
        language=language,
        version=0,
        text=buffer.text(),
        span=span,
        chosen=chosen,
        diagnostics=tuple(one for one in problems if span.start <= one.span.start <= span.end),
        workspace=str(workspace),
    )


def _chosen(buffer: Buffer, language: str, lines: Lines) -> tuple[Span, Chosen]:
    if lines.first is None:
        return Span((0, 0), _end(buffer, buffer.line_count)), "document"
    last = lines.last or lines.first
    if not 1 <= lines.first <= last <= buffer.line_count:
        named = f"{lines.first}-{last}" if lines.last else str(lines.first)
        raise click.ClickException(f"{lines.path} has lines 1 to {buffer.line_count}, not {named}")
    if lines.last:
        return scope(buffer.text(), language, Span((lines.first - 1, 0), _end(buffer, last)))
    line = buffer.line(lines.first - 1)
    at = lines.first - 1, len(line) - len(line.lstrip())
    return scope(buffer.text(), language, Span(at, at))


def _end(buffer: Buffer, line: int) -> Point:
    return line - 1, len(content(buffer.line(line - 1)))


def syntax_error(source: Source) -> Diagnosed | None:
    """What this Python finds wrong with the grammar of a Python file; nothing is executed."""
    if language_of(source.path.name) != "python":
        return None
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            compile(source.text.removeprefix("\ufeff"), str(source.path), "exec", dont_inherit=True)
    except SyntaxError as error:
        return _diagnosed(Buffer(source.text), error)
    except (ValueError, RecursionError, MemoryError):  # bytes that are no text; an expression that nests too deep
        pass
    return None


def _diagnosed(buffer: Buffer, error: SyntaxError) -> Diagnosed:
    start = buffer.clamp(max(0, (error.lineno or 1) - 1), max(0, (error.offset or 1) - 1))
    end = buffer.clamp(max(0, (error.end_lineno or 1) - 1), max(0, (error.end_offset or 1) - 1))
    return Diagnosed(Span(start, max(start, end)), error.msg, "Python", type(error).__name__)
