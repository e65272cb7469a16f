"""The open documents and what the typing path wants to know of each."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Literal
from urllib.parse import unquote

from nearline_server.completion.place import Place
from nearline_server.documents.buffer import Buffer

Change = Literal["insert", "delete", "other"]


@dataclass(slots=True)
class Document:
    """One open document; `last_change` is what the newest edit did."""

    uri: str
    language: str
    version: int
    buffer: Buffer
    last_change: Change | None = None

    def edit(self, start: tuple[int, int], end: tuple[int, int], text: str) -> tuple[int, int]:
        """Replace a range of existing places; returns where a cursor stands that typed this."""
        self.last_change = "insert" if start == end else "other" if text else "delete"
        self.buffer.replace(start, end, text)
        pieces = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
        column = len(pieces[-1]) + (start[1] if len(pieces) == 1 else 0)
        return self.buffer.clamp(start[0] + len(pieces) - 1, column)

    def overwrite(self, text: str) -> None:
        """Replace the whole text."""
        self.last_change = "other"
        self.buffer = Buffer(text)

    def place(self, line: int, column: int, root: str = "") -> Place:
        """The place at an existing (line, column); `root` is the workspace folder's URI."""
        return Place.of(
            self.buffer,
            line,
            column,
            uri=self.uri,
            path=relative_path(self.uri, root),
            language=self.language,
            version=self.version,
        )


def relative_path(uri: str, root: str) -> str:
    """The document's path in its workspace, else its name; a document that is no file has the name it is given."""
    if root and uri.startswith(root.rstrip("/") + "/"):
        return unquote(uri[len(root.rstrip("/")) + 1 :])
    # By hand: whatever a client takes for a URI has a name, and the library refuses some.
    path = re.split("[?#]", uri.partition(":")[2] or uri, maxsplit=1)[0]
    return PurePosixPath(unquote(path)).name or "untitled"
