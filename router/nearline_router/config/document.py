"""A YAML file as nodes, which know their places, and as plain values."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path
from typing import Any

import yaml

from nearline_router.config.key_material import key_spans, redacted
from nearline_router.config.nodes import Location, child, repetitions, written_out
from nearline_router.config.problem import ConfigProblem, InvalidConfig, Severity

# A folder's file comes from anybody. A configuration has a few kilobytes and some hundred values, also when its anchors
# are written out, of which a few lines can make billions.
MOST_BYTES = 200_000
MOST_VALUES = 50_000
# Nobody reads more of one sort.
MOST_PROBLEMS = 50
LINE_END = re.compile(r"\r\n|\r|\n")

NOT_HERE = (
    "does not belong in this file; expected the name of an environment variable (api_key_env) or of a keyring entry "
    "(api_key_keyring)"
)


@dataclass(frozen=True, slots=True)
class Document:
    """One file that is YAML. `data` None: it says nothing. `problems` are those that YAML itself does not mind."""

    path: Path
    text: str
    root: yaml.Node | None
    data: Any
    problems: tuple[ConfigProblem, ...] = ()

    def holds(self, location: Location) -> bool:
        """Whether the file says something at this location."""
        return self._walk(location)[1] == len(location)

    def problem(
        self, location: Location, message: str, severity: Severity = "error", at_key: bool = False
    ) -> ConfigProblem:
        """A problem of the value at a location (of its key: `at_key`), or of the nearest block around it."""
        node = self._walk(location, at_key)[0]
        named = redacted(".".join(map(str, location))) or "the file"
        if node is None:
            return ConfigProblem(self.path, 0, 0, 0, named, message, severity)
        return self.problem_at(node.start_mark.index, node.end_mark.index, named, message, severity)

    def problem_at(
        self, start: int, end: int, location: str, message: str, severity: Severity = "error"
    ) -> ConfigProblem:
        """A problem of the characters from `start` to `end`, of which the first line is shown."""
        line, column = place(self.text[:start])
        shown = LINE_END.split(self.text[start:end], maxsplit=1)[0].rstrip()
        return ConfigProblem(self.path, line, column, column + len(shown), location, message, severity)

    def _walk(self, location: Location, at_key: bool = False) -> tuple[yaml.Node | None, int]:
        """The node of a location or of the nearest block around it, and how many steps led there."""
        node = self.root
        for number, step in enumerate(location):
            found = child(node, step, at_key and number == len(location) - 1)
            if found is None:
                return node, number
            node = found
        return node, len(location)


def read(path: Path) -> Document:
    """A file, parsed. Raises InvalidConfig if it cannot be read or is not YAML."""
    text = _text(path)
    try:
        return _parsed(path, text)
    except yaml.reader.ReaderError as error:
        raise _not_yaml(path, text[: error.position], error.reason) from None
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark
        raise _not_yaml(path, text[: mark.index] if mark else "", error.problem or "cannot be parsed") from None
    except RecursionError:
        raise _not_yaml(path, "", "its blocks are nested too deeply") from None
    except ValueError as error:  # a date or a number that is none
        raise _not_yaml(path, "", f"a value cannot be read: {error}") from None


def _parsed(path: Path, text: str) -> Document:
    loader = yaml.SafeLoader(text)
    document = Document(path, text, loader.get_single_node(), None)
    if written_out(document.root, MOST_VALUES) > MOST_VALUES:
        raise _not_yaml(path, "", f"it has more than {MOST_VALUES} values, or one inside itself")
    # Before values are made of the nodes: that unfolds `<<`, whose keys may well be there twice.
    found = (_pasted_keys(document), _repeated_keys(document))
    problems = tuple(problem for each in found for problem in islice(each, MOST_PROBLEMS))
    data = loader.construct_document(document.root) if document.root else None
    return replace(document, data=data, problems=problems)


def place(before: str) -> tuple[int, int]:
    """Line and column, from 1, of what follows this text; editors know no line ends but these."""
    *above, last = LINE_END.split(before)
    return len(above) + 1, len(last) + 1


def _text(path: Path) -> str:
    try:
        with path.open("rb") as file:
            raw = file.read(MOST_BYTES + 1)
        if len(raw) > MOST_BYTES:
            raise _unreadable(path, f"it is larger than {MOST_BYTES} bytes")
        return raw.decode()
    except OSError as error:
        raise _unreadable(path, error.strerror or "unknown reason") from error
    except UnicodeDecodeError as error:
        raise _not_yaml(path, raw[: error.start].decode(), "this is not UTF-8") from None


def _unreadable(path: Path, reason: str) -> InvalidConfig:
    return InvalidConfig([ConfigProblem(path, 0, 0, 0, "", f"cannot be read: {reason}")])


def _not_yaml(path: Path, before: str, reason: str) -> InvalidConfig:
    line, column = place(before)
    return InvalidConfig([ConfigProblem(path, line, column, column + 1, "", redacted(f"not YAML: {reason}"))])


def _pasted_keys(document: Document) -> Iterator[ConfigProblem]:
    """In comments and names too: whoever shares the file shares them."""
    for span in key_spans(document.text):
        article = "an" if span.kind[0] in "AEIOaeio" else "a"
        yield document.problem_at(span.start, span.end, "", f"this looks like {article} {span.kind}, which {NOT_HERE}")


def _repeated_keys(document: Document) -> Iterator[ConfigProblem]:
    for location, key, first in repetitions(document.root):
        message = f"this key is there already, in line {first.start_mark.line + 1}; expected it once"
        named = redacted(".".join(map(str, location)))
        yield document.problem_at(key.start_mark.index, key.end_mark.index, named, message)
