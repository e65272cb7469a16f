"""What an action made, as the client can apply it: on the version of the document that it has now, or not at all."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from lsprotocol import types
from pygls.exceptions import JsonRpcException

from nearline_server.lsp.server import NearlineServer, to_position

if TYPE_CHECKING:
    from nearline_server.actions.values import Edit, Result, Subject
    from nearline_server.documents.document import Document

NO_FIT = "The document was changed where the answer belongs, so it is not applied."
CLOSED = "The document was closed meanwhile, so the answer is not applied."
REFUSED = "The editor did not apply the edit."
NO_FILES = "This editor cannot make files for a language server."
ANNOTATION = "nearline"


@dataclass(frozen=True, slots=True)
class Fitted:
    """An edit for the client, None where there is none to apply; `note` then says why, "" if there was none to make."""

    edit: types.WorkspaceEdit | None = None
    note: str = ""


async def fitted(server: NearlineServer, subject: Subject, result: Result, label: str) -> Fitted:
    """The result's edit on the newest version of the document, or its new file."""
    if result.new_file is not None:
        return await _file_edit(server, subject, *result.new_file, label)
    if not result.edits:
        return Fitted()
    document = server.documents.get(subject.uri)
    if document is None:
        return Fitted(note=CLOSED)
    if (edits := await _on_now(document, subject, result.edits)) is None:
        return Fitted(note=NO_FIT)
    return Fitted(_document_edit(server, document, edits, label))


async def applied(server: NearlineServer, subject: Subject, result: Result, label: str) -> tuple[bool, str]:
    """Have the client apply it; whether it did, and why not.

    A client refuses when its user typed while the edit was under way; that is tried once more.
    """
    for _ in range(2):
        there = await fitted(server, subject, result, label)
        if there.edit is None:
            return False, there.note
        if await _accepted(server, there.edit, label):
            return True, ""
        if not _outdated(server, there.edit):
            break
    return False, REFUSED


async def _accepted(server: NearlineServer, edit: types.WorkspaceEdit, label: str) -> bool:
    try:
        answer = await server.workspace_apply_edit_async(types.ApplyWorkspaceEditParams(edit, label))
    except JsonRpcException:
        return False
    return answer.applied


def _outdated(server: NearlineServer, edit: types.WorkspaceEdit) -> bool:
    for change in edit.document_changes or ():
        if isinstance(change, types.TextDocumentEdit):
            document = server.documents.get(change.text_document.uri)
            return document is not None and document.version != change.text_document.version
    return False


async def _on_now(document: Document, subject: Subject, edits: tuple[Edit, ...]) -> tuple[Edit, ...] | None:
    """The edits on what the document is now; None where they fit nowhere."""
    from nearline_server.actions.edits import rebased

    while document.version != subject.version:
        version, text = document.version, document.buffer.text()
        # In a thread, for it compares whole documents; the user may type meanwhile.
        moved = await asyncio.to_thread(rebased, edits, subject.text, text)
        if document.version == version:
            return moved
    return edits


def _document_edit(
    server: NearlineServer, document: Document, edits: Sequence[Edit], label: str
) -> types.WorkspaceEdit:
    changes = [_text_edit(server, document, edit) for edit in edits]
    if not _can(server).document_changes:
        return types.WorkspaceEdit(changes={document.uri: changes})
    identifier = types.OptionalVersionedTextDocumentIdentifier(document.uri, document.version)
    return _annotated(server, [], identifier, changes, label)


def _text_edit(server: NearlineServer, document: Document, edit: Edit) -> types.TextEdit:
    start, end = (
        to_position(document.buffer.line(line), line, column, server.encoding)
        for line, column in (edit.span.start, edit.span.end)
    )
    return types.TextEdit(types.Range(start, end), edit.text)


def _annotated(
    server: NearlineServer,
    before: list[types.CreateFile],
    identifier: types.OptionalVersionedTextDocumentIdentifier,
    edits: Sequence[types.TextEdit],
    label: str,
) -> types.WorkspaceEdit:
    """With a name for the change where the client can show one, so that its user may look before it is done."""
    if not _can(server).change_annotation_support:
        return types.WorkspaceEdit(document_changes=[*before, types.TextDocumentEdit(identifier, edits)])
    named = [types.AnnotatedTextEdit(ANNOTATION, edit.range, edit.new_text) for edit in edits]
    for file in before:
        file.annotation_id = ANNOTATION
    return types.WorkspaceEdit(
        document_changes=[*before, types.TextDocumentEdit(identifier, named)],
        change_annotations={ANNOTATION: types.ChangeAnnotation(label, needs_confirmation=False)},
    )


async def _file_edit(server: NearlineServer, subject: Subject, path: str, text: str, label: str) -> Fitted:
    uri = _beside(subject, path)
    can = _can(server)
    if uri is None:
        return Fitted(note="The document is not on a disk, so there is no place for a new file.")
    if not can.document_changes or types.ResourceOperationKind.Create not in (can.resource_operations or ()):
        return Fitted(note=NO_FILES)
    if uri in server.documents or await asyncio.to_thread(_exists, uri):
        return Fitted(note=f"{path} is there already and is left as it is.")
    create = types.CreateFile(uri, options=types.CreateFileOptions(overwrite=False, ignore_if_exists=False))
    start = types.Position(0, 0)
    identifier = types.OptionalVersionedTextDocumentIdentifier(uri, None)
    return Fitted(_annotated(server, [create], identifier, [types.TextEdit(types.Range(start, start), text)], label))


def _beside(subject: Subject, path: str) -> str | None:
    """The URI of a path that counts from where the subject's own does: its workspace, or its folder outside of one."""
    if subject.file is None:
        return None
    file, workspace = Path(subject.file), Path(subject.workspace or subject.file)
    return ((workspace if workspace in file.parents else file.parent) / path).as_uri()


def _exists(uri: str) -> bool:
    from pygls.uris import to_fs_path

    place = to_fs_path(uri)
    return place is not None and Path(place).exists()


def _can(server: NearlineServer) -> types.WorkspaceEditClientCapabilities:
    workspace = server.client_capabilities.workspace
    return (workspace.workspace_edit if workspace else None) or types.WorkspaceEditClientCapabilities()
