"""The cursor and the text around it, as the typing path sees a document."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from urllib.parse import urlsplit

from nearline_server.documents.buffer import Buffer

# Enough for the widest prompt and for finding it again after much has been typed behind its anchor.
BEFORE_CHARS = 16_000
AFTER_CHARS = 4_000


@dataclass(frozen=True, slots=True)
class Place:
    """A cursor in one version of one document. `before` and `after` are windows, not the whole document.

    `path` is relative to the workspace; `document_chars` and `document_lines` are of the whole document.
    """

    uri: str
    path: str
    language: str
    version: int
    line: int
    column: int
    before: str
    after: str
    document_chars: int
    document_lines: int

    @classmethod
    def of(cls, buffer: Buffer, line: int, column: int, *, uri: str, path: str, language: str, version: int) -> Place:
        """The place at an existing (line, column)."""
        before = buffer.before(line, column, BEFORE_CHARS)
        after = buffer.after(line, column, AFTER_CHARS)
        chars, lines = buffer.chars, buffer.line_count
        return cls(uri, path, language, version, line, column, before, after, chars, lines)

    def with_typed(self, text: str) -> Place:
        """The same place as if `text`, of one line, had been typed there."""
        return replace(self, before=self.before + text, column=self.column + len(text))

    def with_lines(self, text: str) -> Place:
        """The same place as if `text`, which ends with a line end, had been typed there."""
        before = (self.before + text)[-BEFORE_CHARS:]
        chars, lines = len(text), text.count(self.line_end)
        return replace(
            self,
            before=before,
            line=self.line + lines,
            column=0,
            document_chars=self.document_chars + chars,
            document_lines=self.document_lines + lines,
        )

    @property
    def line_end(self) -> str:
        """What ends the lines around the cursor."""
        end = self.after.find("\n")
        return "\r\n" if "\r\n" in (self.before[-1000:] + self.after[: end + 1]) else "\n"

    @property
    def file(self) -> str | None:
        """The document's absolute path; None for one that is not on a disk."""
        return file_of(self.uri)

    def workspace(self, folders: tuple[Path, ...]) -> str | None:
        """The innermost of the open folders that the document lies in, else the first; None if none is open."""
        return workspace_of(self.file, folders)

    @property
    def line_before(self) -> str:
        """The cursor's line up to the cursor."""
        return self.before[max(self.before.rfind("\n"), self.before.rfind("\r")) + 1 :]

    @property
    def line_after(self) -> str:
        """The rest of the cursor's line, without its end."""
        return self.after.partition("\n")[0].partition("\r")[0]

    @property
    def shows_whole_beginning(self) -> bool:
        """Whether `before` reaches back to the document's first character."""
        return len(self.before) < BEFORE_CHARS


@lru_cache(maxsize=256)
def workspace_of(file: str | None, folders: tuple[Path, ...]) -> str | None:
    """The innermost of these folders that a file lies in, else the first; None if there is none."""
    around = [folder for folder in folders if file and Path(file).is_relative_to(folder)]
    chosen = max(around, key=lambda folder: len(folder.parts), default=folders[0] if folders else None)
    return str(chosen) if chosen else None


@lru_cache(maxsize=256)
def file_of(uri: str) -> str | None:
    """The path of a `file:` URI, None for any other."""
    # It brings an HTTP client along, which the answer to `initialize` should not wait for.
    from urllib.request import url2pathname

    try:
        parts = urlsplit(uri)
    except ValueError:  # whatever a client takes for a URI
        return None
    return url2pathname(parts.path) if parts.scheme == "file" else None
