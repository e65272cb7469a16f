"""Places for the completer in texts that were never opened in an editor."""

from __future__ import annotations

from nearline_server.completion.place import Place
from nearline_server.documents.buffer import Buffer
from nearline_server.documents.document import Document


def place_at(path: str, language: str, before: str, after: str) -> Place:
    """The cursor between two texts."""
    document = Document(f"file:///workspace/{path}", language, 1, Buffer(before + after))
    line = before.count("\n")
    return document.place(line, len(before) - before.rfind("\n") - 1, "file:///workspace")
