"""The last message of a prompt: what it is about, and what to do."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from nearline_server.actions.new_file import new_file_path
from nearline_server.actions.prompt.data import block, fence_for, inline, marks
from nearline_server.actions.prompt.place import Place
from nearline_server.actions.prompt.stable import definition_blocks
from nearline_server.actions.prompt.texts import FENCED, form_of, task_of
from nearline_server.actions.template import filled, variables
from nearline_server.actions.values import Action, OpenFile, Subject

# The variables that show a template's user the place; a template with none of them gets it before its own text.
SHOWN = frozenset({"selection", "surroundings", "file"})


@dataclass(frozen=True, slots=True)
class Task:
    """An action on a subject at a place in it; the instruction of the user and the diagnostics may be empty."""

    action: Action
    subject: Subject
    place: Place
    instruction: str
    diagnostics: str

    def text(self, lines: int, definitions: tuple[OpenFile, ...]) -> str:
        """The message, with so many pieces around the range and those definitions that are not among them."""
        around = self.place.unmarked(lines)
        hidden = [one for one in definitions if one.text.partition("\n")[0] not in around]
        fence = fence_for([around, *self._others(hidden)])
        blocks = "".join(self._blocks(fence, lines, hidden))
        return f"{FENCED.format(fence=fence)}{blocks}{chr(10) if blocks else ''}{self._asked(fence, lines)}"

    def _others(self, definitions: list[OpenFile]) -> Iterator[str]:
        """Every text of the message that is neither the document's nor ours."""
        yield from (self.subject.path, self.subject.language, new_file_path(self.subject), self.instruction)
        yield from (self.action.template or "", self.diagnostics)
        yield from (one.text for one in definitions)

    def _blocks(self, fence: str, lines: int, definitions: list[OpenFile]) -> Iterator[str]:
        used = variables(self.action.template or "")
        if not SHOWN & {*used}:
            yield self._file(fence, lines)
        yield definition_blocks(fence, definitions)
        automatic = self.action.template is None or self.action.needs_diagnostics
        if self.diagnostics and automatic and "diagnostics" not in used:
            yield block(fence, self.diagnostics, kind="diagnostics")
        if self.action.output == "new-file":
            yield block(fence, "", kind="new-file", path=new_file_path(self.subject))

    def _file(self, fence: str, lines: int, *, marked: bool = True) -> str:
        if self.action.id == "commit-message":
            return block(fence, self.place.unmarked(lines), kind="diff", lines=self.place.numbers(lines))
        text = self.place.marked(lines, marks(fence)) if marked else self.place.unmarked(lines)
        labels = {"path": self.subject.path, "language": self.subject.language, "lines": self.place.numbers(lines)}
        return block(fence, text, kind="file", **labels)

    def _asked(self, fence: str, lines: int) -> str:
        action, wanted = self.action, self.instruction
        if action.template is None:
            asked = task_of(action, self.subject.language)
        else:
            asked = filled(action.template, self._values(fence, lines)).strip()
            wanted = "" if "instruction" in variables(action.template) else wanted
        said = f"\nThe user says: {wanted}" if wanted else ""
        return f"{asked}{said}\n{form_of(action)}"

    def _values(self, fence: str, lines: int) -> dict[str, str]:
        return {
            "selection": _own_lines(block(fence, self.place.marked(0, marks(fence)), kind="selection")),
            "surroundings": _own_lines(self._file(fence, lines)),
            "file": _own_lines(self._file(fence, lines, marked=False)),
            "path": inline(fence, self.subject.path),
            "language": inline(fence, self.subject.language),
            "diagnostics": _own_lines(block(fence, self.diagnostics or "none", kind="diagnostics")),
            "instruction": self.instruction,
        }


def _own_lines(text: str) -> str:
    return f"\n{text}"
