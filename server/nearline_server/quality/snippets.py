"""The holes that ship: small code in eleven languages, written for this.

A file `mean.py.txt` in `snippets/` is `mean.py`; what stands between ⟦ and ⟧ is one hole, with the other holes filled.
A hole with a line end in it is one of several lines. Behind the line `# --- check ---` stands what must hold.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from pathlib import Path

from nearline_server.documents.languages import language_of
from nearline_server.quality.hole import Hole

FOLDER = Path(__file__).parent / "snippets"
CHECK = "# --- check ---\n"
_MARKED = re.compile("⟦(.*?)⟧", re.DOTALL)


def shipped_holes() -> list[Hole]:
    """All of them, always in the same order."""
    return [hole for file in _files() for hole in holes_in(file.stem, file.read_text(encoding="utf-8"))]


def plain_snippets() -> list[tuple[str, str]]:
    """The name and the code of every file, with all holes filled."""
    marked = [(file.stem, file.read_text(encoding="utf-8").partition(CHECK)[0]) for file in _files()]
    return [(name, _MARKED.sub(r"\1", code)) for name, code in marked]


def set_id() -> str:
    """A short name of this very set: outcomes of different sets cannot be compared."""
    texts = b"\0".join(file.name.encode() + file.read_bytes().replace(b"\r\n", b"\n") for file in _files())
    return hashlib.sha256(texts).hexdigest()[:8]


def holes_in(name: str, marked: str) -> Iterator[Hole]:
    """The holes of one file with marks."""
    code, _, check = marked.partition(CHECK)
    for number, hole in enumerate(_MARKED.finditer(code)):
        before, after = (_MARKED.sub(r"\1", part) for part in (code[: hole.start()], code[hole.end() :]))
        multiline = "\n" in hole[1]
        yield Hole(f"{name}/{number}", name, name, language_of(name), before, hole[1], after, multiline, check)


def _files() -> list[Path]:
    return sorted(FOLDER.glob("*.txt"))
