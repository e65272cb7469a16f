"""Places drawn in a text: the cursor is ║."""

from __future__ import annotations

from typing import Any

from nearline_server.completion.place import Place
from nearline_server.documents.buffer import Buffer
from nearline_server.documents.document import Document

URI = "file:///project/a.py"


def drawn(text: str, **document: Any) -> Place:
    """The place of the cursor in a document."""
    before, after = text.split("║")
    given = {"uri": URI, "language": "python", "version": 1, **document}
    whole = Document(given["uri"], given["language"], given["version"], Buffer(before + after))
    start = max(before.rfind("\n"), before.rfind("\r")) + 1
    line = Buffer(before).line_count - 1
    return whole.place(line, len(before) - start)


def typed(place: Place, text: str) -> Place:
    """The place after some text of one line was typed there, in the next version of the document."""
    return drawn(f"{place.before}{text}║{place.after}", uri=place.uri, version=place.version + 1)
