"""One document, many spellings: what a path may mean, so that no way of writing it slips past a rule.

Nothing here looks at a disk. Paths are cleaned to `/`; where it is not sure how to read one, every reading counts.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from urllib.parse import unquote

DRIVE = re.compile(r"[A-Za-z]:(?=/|$)")
# Windows drops dots and spaces at the end of a name, and opens `name:stream` as a part of `name`.
WINDOWS_EXTRAS = re.compile(r"(?<=[^/.])[. ]+(?=/|$)|(?<=[^/]{2}):[^/]*")


def composed(text: str) -> str:
    """The text in composed form (NFC): macOS hands out decomposed names where people type composed ones."""
    return text if text.isascii() else unicodedata.normalize("NFC", text)


def folded(text: str) -> str:
    """The text as a file system that ignores case compares it."""
    return text.lower() if text.isascii() else composed(composed(text).casefold())


def cleaned(path: str) -> str:
    """The path without `.`, `..` and `//`, with `/` in front if it is absolute; a `..` too many stays in front."""
    steps: list[str] = []
    for step in path.split("/"):
        if step == ".." and steps and steps[-1] != "..":
            steps.pop()
        elif step not in ("", ".") and not (step == ".." and path.startswith("/")):
            steps.append(step)
    return ("/" if path.startswith("/") else "") + "/".join(steps)


def folder_path(folder: str) -> str:
    """An absolute folder of any system, cleaned: `C:\\work\\` is `/C:/work`."""
    path = composed(folder)
    slashed = path.replace("\\", "/")
    if DRIVE.match(slashed):
        return cleaned(f"/{slashed}")
    return cleaned(slashed if path.startswith("\\\\") else path)


def beneath(path: str, folder: str) -> str | None:
    """What `path` is called inside of `folder`, both cleaned and absolute, whatever their case; None: it is not."""
    root = folder.rstrip("/")
    if folded(path).startswith(folded(root) + "/"):
        return "/".join(path.split("/")[root.count("/") + 1 :])
    return None


def readings(path: str) -> Iterator[str]:
    """Every way to read a path: as it is, with Windows separators, as a URI, as Windows opens it."""
    plain = composed(path)
    for text in {plain: None, composed(unquote(plain)): None}:
        slashed = text.replace("\\", "/").removeprefix("file://")
        for reading in {text: None, slashed: None, WINDOWS_EXTRAS.sub("", slashed): None}:
            yield f"/{reading}" if DRIVE.match(reading) else reading


def tails(path: str) -> Iterator[str]:
    """The path and everything that remains when folders are taken off its front."""
    steps = [step for step in path.split("/") if step not in ("", ".", "..")]
    return ("/".join(steps[start:]) for start in range(len(steps)))


def is_unclear(path: str) -> bool:
    """Whether a path may lie elsewhere than its letters say: it goes through `..`, starts at home, or is a URI."""
    steps = path.split("/")
    return ".." in steps or steps[0] == "~" or ":" in steps[0]
