"""What an action is about, from the client's positions, and what else of the open documents may go with it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from lsprotocol import types

from nearline_server.documents.buffer import split_lines
from nearline_server.documents.document import Document
from nearline_server.documents.positions import column_of
from nearline_server.lsp.actions.arguments import Asked, Refused
from nearline_server.lsp.server import NearlineServer

if TYPE_CHECKING:
    from nearline_router.router import Router
    from nearline_server.actions.values import Action, Chosen, Context, Diagnosed, OpenFile, Point, Span, Subject


async def subject_of(server: NearlineServer, action: Action, asked: Asked) -> Subject | None:
    """The asked stretch, or what encloses it; None for what is about no document. Raises Refused."""
    if asked.diff:
        return _diff(server, asked.diff)
    document = server.documents.get(asked.uri)
    if document is None:
        if action.anywhere and not asked.uri:
            return None
        raise Refused("the document is not open")
    if asked.version is not None and asked.version != document.version:
        raise Refused("the document was changed since; ask again")
    return await _enclosing(server, document, asked)


async def _enclosing(server: NearlineServer, document: Document, asked: Asked) -> Subject:
    from nearline_server.actions.scope.enclosing import scope
    from nearline_server.actions.values import Subject

    text, version = document.buffer.text(), document.version
    diagnosed = tuple(_diagnosed(server, document, one) for one in asked.diagnostics)
    chosen: Chosen
    if asked.range is None:
        span, chosen = _whole(text), "document"
    else:
        # In a thread, for it goes through the whole document.
        span, chosen = await asyncio.to_thread(scope, text, document.language, _span(server, document, asked.range))
    path, file, workspace = _where(server, document)
    return Subject(document.uri, path, file, document.language, version, text, span, chosen, diagnosed, workspace)


def _diff(server: NearlineServer, diff: str) -> Subject:
    from nearline_server.actions.values import Subject

    workspace = str(server.folders[0]) if server.folders else None
    # Without a name: what is found in one diff says nothing about the next.
    return Subject("", "", None, "diff", 0, diff, _whole(diff), "document", workspace=workspace)


async def context_for(server: NearlineServer, router: Router, subject: Subject | None) -> Context:
    """What goes with the subject: of other files only those whose text may go where the subject's may."""
    from nearline_server.actions.context.gather import CONVENTIONS, context_of, read_conventions
    from nearline_server.actions.run_request import place_request
    from nearline_server.actions.values import Context
    from nearline_server.staying import stays

    if subject is None:
        return Context()
    workspace = subject.workspace
    at_home = stays(router, place_request(subject.file or subject.path or None, subject.language, workspace))

    def may_go(path: str, language: str | None, workspace: str | None) -> bool:
        return at_home or not stays(router, place_request(path, language, workspace))

    others = list(_others(server, subject, may_go))
    conventions = ""
    if workspace and all(may_go(str(Path(workspace, name)), None, workspace) for name in CONVENTIONS):
        conventions = await asyncio.to_thread(read_conventions, Path(workspace))
    return await asyncio.to_thread(context_of, subject, others, conventions)


def _others(
    server: NearlineServer, subject: Subject, may_go: Callable[[str, str | None, str | None], bool]
) -> Iterator[OpenFile]:
    from nearline_server.actions.values import OpenFile

    for document in server.documents.values():
        path, file, workspace = _where(server, document)
        if document.uri != subject.uri and may_go(file or path, document.language, workspace):
            yield OpenFile(path, document.language, document.buffer.text())


def _where(server: NearlineServer, document: Document) -> tuple[str, str | None, str | None]:
    """The path in the workspace, the absolute one, the workspace."""
    place = document.place(0, 0, server.protocol.workspace.root_uri or "")
    file, workspace = place.file, place.workspace(server.folders)
    if file and workspace and Path(file).is_relative_to(workspace):
        return Path(file).relative_to(workspace).as_posix(), file, workspace
    return place.path, file, workspace


def _span(server: NearlineServer, document: Document, range_: types.Range) -> Span:
    from nearline_server.actions.values import Span

    start = _point(server, document, range_.start)
    return Span(start, max(start, _point(server, document, range_.end)))


def _point(server: NearlineServer, document: Document, position: types.Position) -> Point:
    column = column_of(document.buffer.line(position.line), position.character, server.encoding)
    return document.buffer.clamp(position.line, column)


def _diagnosed(server: NearlineServer, document: Document, sent: types.Diagnostic) -> Diagnosed:
    from nearline_server.actions.values import Diagnosed

    code = "" if sent.code is None else str(sent.code)
    return Diagnosed(_span(server, document, sent.range), sent.message, sent.source or "", code)


def _whole(text: str) -> Span:
    from nearline_server.actions.values import Span

    lines = split_lines(text)
    return Span((0, 0), (len(lines) - 1, len(lines[-1])))
