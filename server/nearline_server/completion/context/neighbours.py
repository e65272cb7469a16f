"""The other open documents, as far as their text may go with a place's: no file is read for it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator, Mapping
from functools import lru_cache
from pathlib import Path

from nearline_router.fim import takes_context
from nearline_router.router import Router
from nearline_router.types import Infill, RoutingRequest, Snippet
from nearline_server.completion.context.chosen import Surroundings, chosen
from nearline_server.completion.context.index import FileIndex, index_of
from nearline_server.completion.context.price import affordable_chars
from nearline_server.completion.place import Place, file_of, workspace_of
from nearline_server.completion.settings import CompletionSettings
from nearline_server.documents.document import Document
from nearline_server.staying import stays

# The newest of those that are open; Copilot looks at as many.
MOST_FILES = 20
# A longer document is data or generated.
MOST_DOCUMENT_CHARS = 400_000
# Enough for a file's imports.
HEAD_CHARS = 3_000


class Neighbours:
    """Chooses from `documents`; `folders` and `settings` are asked anew each time."""

    def __init__(
        self,
        router: Router,
        documents: Mapping[str, Document],
        folders: Callable[[], tuple[Path, ...]],
        settings: Callable[[], CompletionSettings],
    ) -> None:
        self._router = router
        self._documents = documents
        self._folders = folders
        self._settings = settings
        # With the document they are of: one that is opened again counts its versions anew.
        self._indexes: dict[str, tuple[Document, int, FileIndex]] = {}

    @property
    def wanted(self) -> bool:
        """Whether the user wants anything of other documents in prompts."""
        return self._settings().cross_file_context == "auto"

    def affordable_chars(self, window_chars: int) -> int:
        """What may go with a window of so many characters; 0 where it is not wanted or the model has no form for it."""
        possible = self.wanted and takes_context(self._router.status.model)
        return affordable_chars(self._router.speed, window_chars) if possible else 0

    def versions(self, place: Place) -> int:
        """Another number when another document was opened, edited or closed."""
        return hash(tuple((id(one), one.version) for one in self._documents.values() if one.uri != place.uri))

    async def snippets(self, place: Place, chars: int) -> tuple[Snippet, ...]:
        """What goes with a place, `chars` at most: of what must stay only where the place's own text must."""
        await self._index(place)
        own = self._documents.get(place.uri)
        around = Surroundings(place, own.buffer.after(0, 0, HEAD_CHARS) if own else "")
        files = [index for other in self._others(place) if (index := self._known(other))]
        found = await asyncio.to_thread(chosen, around, files, chars)
        return self._allowed(place, found)

    def workspace(self, place: Place) -> str | None:
        """The open folder that a place's document belongs to."""
        return place.workspace(self._folders())

    async def _index(self, place: Place) -> None:
        self._indexes = {uri: known for uri, known in self._indexes.items() if uri in self._documents}
        for document, path in [other for other in self._others(place) if not self._known(other)]:
            version, text = document.version, document.buffer.text()
            index = await asyncio.to_thread(index_of, path, document.language, text)
            self._indexes[document.uri] = document, version, index

    def _known(self, other: tuple[Document, str]) -> FileIndex | None:
        document, path = other
        of, version, index = self._indexes.get(document.uri, (None, None, None))
        return index if of is document and version == document.version and index and index.path == path else None

    def _others(self, place: Place) -> Iterator[tuple[Document, str]]:
        """Documents of the same folder, with the paths that they have there, which is how rules know them."""
        folders, workspace = self._folders(), self.workspace(place)
        for document in list(self._documents.values())[-MOST_FILES - 1 :]:
            path = _path_in(workspace, folders, document.uri)
            if document.uri != place.uri and path and self._is_wanted(document):
                yield document, path

    def _is_wanted(self, document: Document) -> bool:
        wanted = document.language not in self._settings().disabled_languages
        return wanted and document.buffer.chars <= MOST_DOCUMENT_CHARS

    def _allowed(self, place: Place, found: tuple[Snippet, ...]) -> tuple[Snippet, ...]:
        workspace = self.workspace(place)
        own = Infill("", "", "", place.path, place.language)
        if stays(self._router, RoutingRequest(own, 1, path=place.file, workspace=workspace, document=place.uri)):
            return found
        return tuple(one for one in found if not stays(self._router, _alone(one, workspace)))


@lru_cache(maxsize=256)
def _path_in(workspace: str | None, folders: tuple[Path, ...], uri: str) -> str | None:
    file = file_of(uri)
    if workspace is None or file is None or workspace_of(file, folders) != workspace:
        return None
    path = Path(file)
    return path.relative_to(workspace).as_posix() if path.is_relative_to(workspace) else None


def _alone(snippet: Snippet, workspace: str | None) -> RoutingRequest:
    """A snippet's text as a hole: only of a hole a secret says that it stays, whatever else is done about secrets."""
    infill = Infill(snippet.text, "", "", snippet.path, snippet.language)
    return RoutingRequest(infill, 1, workspace=workspace)
