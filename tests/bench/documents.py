"""What is typed: real files of the standard library with a hole, the same for the same seed."""

from __future__ import annotations

import importlib
from pathlib import Path

from nearline_server.demo.typist import Script, script_for

# Modules that have been as they are for years, of several hands and styles.
LONG = ("argparse", "inspect", "doctest", "tarfile", "zipfile", "optparse", "mailbox", "pydoc")


def source(module: str) -> Path:
    """The file of a module of the standard library."""
    path = importlib.import_module(module).__file__
    assert path is not None
    return Path(path)


def hole(module: str, keys: int, seed: int) -> Script:
    """A file with a hole of so many keys at least; the editor has indented its first line already."""
    script = script_for(source(module).read_text(encoding="utf-8"), keys, seed)
    typed = script.typed.lstrip(" \t")
    return Script(script.before + script.typed[: -len(typed)], typed, script.after)


def cursor(before: str) -> tuple[int, int]:
    """Where a cursor stands that has this text before it."""
    return before.count("\n"), len(before) - before.rfind("\n") - 1


def cropped(script: Script, before_chars: int, after_chars: int) -> Script:
    """Only what stands near the hole, in whole lines."""
    before = script.before[-before_chars:]
    after = script.after[:after_chars]
    return Script(before[before.find("\n") + 1 :], script.typed, after[: after.rfind("\n") + 1])


def long_file(lines: int) -> Script:
    """A file of so many lines with a hole in its middle; what is typed is another file's code."""
    text = "\n".join(source(module).read_text(encoding="utf-8") for module in LONG)
    whole = text.splitlines(keepends=True)[:lines]
    if len(whole) < lines:
        raise RuntimeError(f"the standard library's {', '.join(LONG)} have only {len(whole)} lines")
    middle = lines // 2
    typed = source("textwrap").read_text(encoding="utf-8").partition("class TextWrapper")[2]
    return Script("".join(whole[:middle]), typed, "\n" + "".join(whole[middle + 1 :]))
