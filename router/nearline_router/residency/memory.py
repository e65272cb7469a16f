"""What was found in texts: no text is searched twice, and a document with a secret in it stays for the session."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache

from nearline_router.residency.secrets import LONGEST, find_secret
from nearline_router.residency.spelling import composed, folded, folder_path
from nearline_router.types import Chat, Infill, Prompt, RoutingRequest

MOST_TEXTS = 4096
# Nothing is forgotten to make room: beyond so many documents with secrets, everything stays.
MOST_DOCUMENTS = 10_000


class SecretMemory:
    """One session's findings. It holds hashes of texts and names of documents, no text."""

    def __init__(self) -> None:
        self._kinds: dict[tuple[int, int], str | None] = {}
        self._documents: dict[str, str] = {}

    def reason(self, request: RoutingRequest, paths: tuple[str, ...]) -> str | None:
        """Why a request stays because of a secret in its text, or found before in its document; None: it need not."""
        if len(self._documents) >= MOST_DOCUMENTS:
            return "secrets were found in too many documents to tell them apart"
        documents = [_same_for_all_spellings(request.workspace, path) for path in paths]
        if request.document is not None:
            documents.append(f"document {request.document}")
        for document in documents:
            if kind := self._documents.get(document):
                return f"{_with_article(kind)} was found in it before"
        kind = next(filter(None, map(self._kind, _texts(request.prompt))), None)
        if kind is None:
            return None
        self._documents.update(dict.fromkeys(documents, kind))
        return f"{_with_article(kind)} was found in the text"

    def _kind(self, text: str) -> str | None:
        # Python keeps a text's hash with it, and pieces of a prompt are the same objects from keystroke to keystroke.
        key = (hash(text), len(text))
        kind = self._kinds.pop(key) if key in self._kinds else find_secret(text)
        self._kinds[key] = kind
        if len(self._kinds) > MOST_TEXTS:
            del self._kinds[next(iter(self._kinds))]
        return kind


def _texts(prompt: Prompt) -> Iterator[str]:
    """The pieces to search; those of an Infill overlap, since a secret may lie across the cursor."""
    if isinstance(prompt, Infill):
        yield prompt.prefix
        yield prompt.suffix
        yield prompt.prefix[-LONGEST:] + prompt.middle + prompt.suffix[:LONGEST]
    elif isinstance(prompt, Chat):
        yield prompt.system
        yield from (message.text for message in prompt.messages)
    else:
        yield prompt


@lru_cache(4096)
def _same_for_all_spellings(workspace: str | None, path: str) -> str:
    """One name for one document, as far as letters tell: absolute if there is a workspace, and without case."""
    slashed = composed(path).replace("\\", "/")
    place = folder_path(slashed)
    return folded(place if place.startswith("/") else folder_path(f"{workspace or ''}/{slashed}"))


def _with_article(kind: str) -> str:
    return f"{'an' if kind[0] in 'AEIOaeio' else 'a'} {kind}"
