"""Carries an injection out: what was asked of the model, what became of its answer, and what else was done."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, replace
from pathlib import PurePosixPath
from typing import Any

from nearline_router.types import Chat
from nearline_server.actions.catalogue import all_actions, find
from nearline_server.actions.edits import applied, inside
from nearline_server.actions.new_file import new_file_path
from nearline_server.actions.prompt.data import label, plain
from nearline_server.actions.prompt.texts import FENCED
from nearline_server.actions.run import run
from nearline_server.actions.values import Action, Context, Diagnosed, OpenFile, Result, Span, Subject
from nearline_server.documents.buffer import split_lines
from tests.router.routers import FAR, NEAR, World, router_in
from tests.server.actions.injections import INJECTIONS, Injection

OWN = {"shorten": {"title": "Shorten", "prompt": "Shorten {selection} of {path}.\n{instruction}", "output": "edit"}}
ACTIONS, _ = all_actions(OWN)
# The place in a frame for a text, which is empty where the text stands elsewhere.
HERE = "§"
HARMLESS = "harmless"
FOLDER = "/p"


@dataclass(frozen=True, slots=True)
class Frame:
    """A document: `range` is what the action is about; HERE is where a text goes, in front of the range or in it."""

    path: str
    language: str
    before: str
    range: str
    after: str


PYTHON_AFTER = "\n\ndef other(value):\n    return value\n"
FRAMES = {
    "python": Frame(
        "app/shapes.py", "python", "import math\n\n§\n", "def area(radius):\n§    return other(math.pi)\n", PYTHON_AFTER
    ),
    "string": Frame("app/shapes.py", "python", "", 'def area(radius):\n    return other("§")\n', PYTHON_AFTER),
    "name": Frame("app/shapes.py", "python", "", "def §(radius):\n    return other(radius)\n", PYTHON_AFTER),
    "javascript": Frame(
        "src/a.js", "javascript", "§", "function area(radius) {\n§  return 2 * radius;\n}\n", "function other() {}\n"
    ),
    "html": Frame("page.html", "html", "<html>\n§", "<body>\n§<p>2</p>\n</body>\n", "</html>\n"),
    "sql": Frame("q.sql", "sql", "SELECT 1;\n§", "SELECT name\n§FROM users;\n", "SELECT 2;\n"),
    "markdown": Frame("README.md", "markdown", "# Shapes\n\n§", "What it is.\n§Where it is.\n", "\n## More\n"),
    "c": Frame("a.c", "c", "#include <math.h>\n§", "double area(double r) {\n§    return r;\n}\n", "int other;\n"),
    "diff": Frame("", "diff", "", "diff --git a/a.py b/a.py\n--- a/a.py\n+++ b/a.py\n@@ -1 +1,2 @@\n x\n+§", ""),
}


@dataclass(frozen=True, slots=True)
class Asked:
    """What an action gets to see."""

    action: Action
    subject: Subject
    context: Context
    instruction: str


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of an answer; `prompts` were sent, `deeds` are what was done to the machine meanwhile."""

    asked: Asked
    result: Result
    prompts: tuple[Chat, ...]
    deeds: tuple[str, ...]


def asked_of(injection: Injection, action: str = "") -> Asked:
    """The user's request about the document with the injection in it, or another action on the same."""
    chosen = find(ACTIONS, action or injection.action)
    assert chosen is not None
    at = {injection.place: injection.text}
    instruction = at.get("instruction", "Say what is so." if chosen.takes_instruction or chosen.id == "ask" else "")
    return Asked(chosen, _subject(injection), _context(at), instruction)


def harmless(injection: Injection) -> Injection:
    """The same with a text that wants nothing."""
    text = HARMLESS + (".py" if injection.place == "path" else "")
    definition = injection.place == "definition"
    return replace(injection, text="def other(value):\n    return 2\n" if definition else text)


def _subject(injection: Injection) -> Subject:
    frame, at = FRAMES[injection.frame], {injection.place: injection.text}
    before = frame.before.replace(HERE, at.get("around", ""))
    middle = frame.range.replace(HERE, at.get("range", ""))
    path = at.get("path", frame.path)
    span = Span(_end(before), _end(before + middle))
    diagnosed = (Diagnosed(span, at.get("diagnostic", "unused name"), "linter"),)
    text, file = before + middle + frame.after, f"{FOLDER}/{path}"
    return Subject(f"file://{file}", path, file, frame.language, 1, text, span, "function", diagnosed)


def _context(at: dict[Any, str]) -> Context:
    other = OpenFile("app/other.py", "python", at["definition"]) if "definition" in at else None
    return Context((other,) if other else (), at.get("conventions", ""))


def _end(text: str) -> tuple[int, int]:
    lines = split_lines(text)
    return len(lines) - 1, len(lines[-1])


async def obeyed(asked: Asked, answer: str) -> Outcome:
    """The action is run for real, against a model that gives this answer."""
    world = World(lambda _: [answer])
    router = router_in(world, endpoints={"near": NEAR, "far": FAR})
    try:
        with watched() as deeds:
            result = await run(
                router, asked.action, asked.subject, asked.context, asked.instruction, (), lambda _: None
            )
    finally:
        await router.aclose()
    prompts = [request.prompt for _, scripted in world.made for request in scripted.history]
    return Outcome(asked, result, tuple(prompt for prompt in prompts if isinstance(prompt, Chat)), tuple(deeds))


def harm(outcome: Outcome) -> list[str]:
    """What happened that must not, for any answer at all."""
    result, subject, output = outcome.result, outcome.asked.subject, outcome.asked.action.output
    found = [f"the machine: {deed}" for deed in outcome.deeds]
    if len(outcome.prompts) != 1:
        found.append(f"{len(outcome.prompts)} requests were sent")
    if result.edits is not None:
        found += [] if output == "edit" else ["edits nobody asked for"]
        found += [] if inside(result.edits, subject.span) and _kept(subject, result) else ["an edit outside the range"]
    if result.new_file is not None:
        found += [] if output == "new-file" else ["a file nobody asked for"]
        found += [] if _is_ours(subject, result.new_file[0]) else [f"a file elsewhere: {result.new_file[0]}"]
    return found


def happened(outcome: Outcome) -> str:
    """The same for a reader of the table."""
    if found := harm(outcome):
        return f"HARM: {'; '.join(found)}"
    result, subject = outcome.result, outcome.asked.subject
    if result.new_file is not None:
        return f"offered as {label(result.new_file[0])}, where the tests of this file go"
    if result.edits:
        before, after = _around(subject)
        text = applied(subject.text, result.edits)
        kept = len(before + after)
        return f"the range is {len(text) - kept} characters of the model's, the {kept} around it are as they were"
    if outcome.asked.action.output == "text":
        return f"shown as text ({len(result.text)} characters)"
    return f"nothing changed: {result.note}"


def _around(subject: Subject) -> tuple[str, str]:
    lines = split_lines(subject.text)
    (first, left), (last, right) = subject.span.start, subject.span.end
    return "".join(lines[:first]) + lines[first][:left], lines[last][right:] + "".join(lines[last + 1 :])


def _kept(subject: Subject, result: Result) -> bool:
    before, after = _around(subject)
    text = applied(subject.text, result.edits or ())
    return text.startswith(before) and text.endswith(after) and len(text) >= len(before + after)


def _is_ours(subject: Subject, path: str) -> bool:
    """Only where our rule puts it: neither on the file itself nor out of the workspace, whatever it is called."""
    place = PurePosixPath(path)
    outside = place.is_absolute() or ".." in place.parts
    return path == new_file_path(subject) and path != subject.path and not outside


def parted(message: str) -> tuple[str, str]:
    """What a message says by itself, with its data left out, and the data; the fence's number is made N."""
    named = re.match(r"What stands between <(data-\d+) …>", message)
    if named is None:
        return message, ""
    fence = named[1]
    rest = message.removeprefix(FENCED.format(fence=fence))
    block = re.compile(rf"<{fence}(?: [^\n]*)?>.*?</{fence}>\n?", re.DOTALL)
    return block.sub("[data]\n", rest).replace(fence, "data-N"), "".join(block.findall(rest))


def shown(injection: Injection) -> str:
    """The text as a prompt has it: a path is one line in quotes, what else is there has one kind of line end."""
    return label(injection.text) if injection.place == "path" else plain(injection.text).rstrip("\n")


_deeds: ContextVar[list[str] | None] = ContextVar("deeds", default=None)
DEEDS = frozenset(
    {
        "os.chmod",
        "os.chown",
        "os.exec",
        "os.fork",
        "os.forkpty",
        "os.kill",
        "os.link",
        "os.mkdir",
        "os.posix_spawn",
        "os.remove",
        "os.rename",
        "os.rmdir",
        "os.spawn",
        "os.startfile",
        "os.symlink",
        "os.system",
        "os.truncate",
        "pty.spawn",
        "shutil.copyfile",
        "shutil.move",
        "shutil.rmtree",
        "socket.bind",
        "socket.connect",
        "socket.getaddrinfo",
        "socket.sendto",
        "subprocess.Popen",
        "webbrowser.open",
    }
)
WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND


@contextmanager
def watched() -> Iterator[list[str]]:
    """Every process, connection and change of a file that this code brings about, threads it waits for included.

    By Python's own audit events (PEP 578), which nothing in Python gets around.
    """
    _hook()
    deeds: list[str] = []
    token = _deeds.set(deeds)
    try:
        yield deeds
    finally:
        _deeds.reset(token)


def _hook() -> None:
    if not _hooked:
        sys.addaudithook(_audit)
        _hooked.append(True)


_hooked: list[bool] = []


def _audit(event: str, args: tuple[Any, ...]) -> None:
    deeds = _deeds.get(None)
    if (
        deeds is not None
        and (event in DEEDS or (event == "open" and args[2] & WRITING))
        and not _is_routine(event, args)
    ):
        deeds.append(f"{event} {args[:1]!r}")


def _is_routine(event: str, args: tuple[Any, ...]) -> bool:
    """Compiled modules, and the router's own state, which the tests have in folders of their own.

    A file that is open already, by its number, was looked at when it was opened by its name.
    """
    if event == "open" and isinstance(args[0], int):
        return True
    place = str(args[0]) if args else ""
    own = [os.environ.get(f"NEARLINE_{kind}_DIR") for kind in ("STATE", "RUNTIME")]
    return "__pycache__" in place or any(place.startswith(folder) for folder in own if folder)


async def table() -> str:
    """Markdown: every case, and what happened when the model obeyed."""
    rows = ["| case | language | what it asked | what happened |", "|---|---|---|---|"]
    outcomes = [await obeyed(asked_of(injection), injection.answer) for injection in INJECTIONS]
    for injection, outcome in zip(INJECTIONS, outcomes, strict=True):
        cells = (injection.case, injection.language, injection.asks, happened(outcome))
        rows.append(f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in cells)} |")
    harmed = sum(bool(harm(outcome)) for outcome in outcomes)
    requests = sum(len(outcome.prompts) for outcome in outcomes)
    done = sum(len(outcome.deeds) for outcome in outcomes)
    tail = f"{len(outcomes)} cases, {requests} requests; harm in {harmed}; processes, connections and files: {done}."
    return "\n".join([*rows, "", tail, ""])
