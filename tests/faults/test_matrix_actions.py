"""The fault matrix through an action: a whole answer becomes an edit, and every fault is one sentence and no edit.

The servers say the key and the document back wherever a fault has room for a text, so the sentences could leak them.
"""

from __future__ import annotations

import asyncio
import json
from contextlib import AsyncExitStack
from dataclasses import dataclass, replace
from typing import Any

import pytest

from nearline_router.errors import RouterError
from nearline_server.actions.edits import applied
from nearline_server.actions.run import CUT, NO_CODE
from nearline_server.actions.values import Result
from tests.fault_server import Comment, Cut, End, ErrorInside, FaultServer, Played, Raw, Reset, Role, Status, Text, Wait
from tests.fault_wire import OpenAIWire, Step, sse
from tests.faults.conftest import FALLBACK_MS, Faulty, Opened, StillLoop, World, place, until
from tests.faults.matrix import CUT as CUT_SHORT
from tests.faults.matrix import FAULTS, NO_FAULT, NONSENSE, RESET, ROWS, SECOND, Row, error
from tests.faults.test_matrix import llama_at
from tests.raw_llama import RawLlama, events
from tests.raw_llama import error as llama_error
from tests.server.actions.asked import TEXT, answered
from tests.waiting import settle

KEY = "sk-of-the-first"
SAID_BACK = f"{KEY}\n{TEXT}"
CODE = 'def add(a, b):\n    """Their sum."""\n    return a + b'
ANSWER = f"Here it is:\n\n```python\n{CODE}\n```\n\nIt has a docstring now.\n"
DOCUMENTED = TEXT.replace("    return", '    """Their sum."""\n    return')
# How much of the answer came: only in the first is it plain to see that something is missing.
CAME = {
    "an open fence": ANSWER[: ANSWER.index("b\n```")],
    "a closing fence": ANSWER[: ANSWER.rindex("```") + 3],
    "a closed fence": ANSWER[: ANSWER.rindex("```") + 4],
    "everything but the end": ANSWER,
}
# What may follow.
BROKEN: dict[str, tuple[Played, ...]] = {
    "cut": (Cut(),),
    "reset": (Reset(),),
    "error inside": (ErrorInside(message=SAID_BACK),),
    "malformed": (Raw(b"data: {nonsense\n\n"),),
}

pytestmark = pytest.mark.usefixtures("surroundings", "key")

every_came = pytest.mark.parametrize("came", CAME.values(), ids=CAME)
every_provider = pytest.mark.parametrize("provider", ["openai-compatible", "anthropic", "ollama"])


def each(rows: list[Row]) -> pytest.MarkDecorator:
    """A test of each of these rows."""
    return pytest.mark.parametrize("row", rows, ids=lambda row: f"{row.provider}: {row.fault}")


@pytest.fixture
def key(monkeypatch: pytest.MonkeyPatch) -> None:
    """The first endpoint's key."""
    for name in ("FIRST_API_KEY", "ANTHROPIC_API_KEY"):
        monkeypatch.setenv(name, KEY)


@dataclass(frozen=True)
class Outcome:
    """What the user has of an action: its result or one error's sentence, and what was shown while it ran."""

    result: Result | None
    error: str
    shown: str

    @property
    def document(self) -> str:
        """The document afterwards."""
        return applied(TEXT, (self.result.edits if self.result else None) or ())


async def act(there: World) -> Outcome:
    """Have the function documented."""
    pieces: list[str] = []
    try:
        result = await answered(there.router, "document", pieces=pieces)
    except RouterError as failure:
        return Outcome(None, str(failure), "".join(pieces))
    return Outcome(result, "", "".join(pieces))


def well(there: World) -> None:
    """Let the second server answer with an edit."""
    there.second.default = (Text(ANSWER[:30]), Text(ANSWER[30:]), End())


async def started(row: Row, faulty: Faulty) -> dict[str, Any]:
    """The first endpoint with a row's fault, which has a key and says everything back."""
    first, _ = await faulty(replace(row, steps=tuple(map(said_back, row.steps))))
    return {**first, "api_key_env": "FIRST_API_KEY"}


def said_back(step: Played) -> Played:
    """The same fault in more words."""
    match step:
        case Status(body=None):
            return replace(step, body=error("x", SAID_BACK))
        case Status(body=bytes(body)):
            return replace(step, body=body + SAID_BACK.encode())
        case Status(body={"error": str(said)}):
            return replace(step, body={"error": f"{said} {SAID_BACK}"})
        case Status(body={"error": dict(said)}):
            return replace(step, body={"error": {**said, "message": f"{said['message']} {SAID_BACK}"}})
        case ErrorInside(message=said):
            return replace(step, message=f"{said} {SAID_BACK}")
        case Raw(data):
            return Raw(data.removesuffix(b"\n\n") + json.dumps(SAID_BACK).encode() + b"\n\n")
    return step


def is_one_sentence(text: str) -> bool:
    """Whether a text is fit to show: one line without a traceback, the key, or a line of the document."""
    lines = [line.strip() for line in [*TEXT.split("\n"), *ANSWER.split("\n")]]
    secret = [KEY, "Traceback", "Error(", *filter(None, lines)]
    return bool(text.strip()) and "\n" not in text and not any(one in text for one in secret)


@each([row for row in ROWS if row.shown == SECOND])
async def test_a_fault_before_content_gives_the_next_one_s_edit(row: Row, faulty: Faulty, world: Opened) -> None:
    """Exactly that, and not a piece of anything else is shown."""
    there = await world(await started(row, faulty))
    well(there)
    outcome = await act(there)

    assert (outcome.document, outcome.shown, outcome.error) == (DOCUMENTED, ANSWER, "")
    assert outcome.result is not None
    assert (outcome.result.endpoint, outcome.result.note) == ("second", "")
    assert there.breaker.last_failure == (f"first: {row.said}" if row.verdict.counted else "")


@each(FAULTS)
async def test_a_fault_of_the_only_endpoint_is_one_sentence_and_no_edit(
    row: Row, faulty: Faulty, world: Opened
) -> None:
    """The same sentence as without an action."""
    there = await world(await started(row, faulty), alone=True)
    outcome = await act(there)

    assert outcome == Outcome(None, f"first: {row.said}", "" if row.shown == SECOND else row.shown)
    assert is_one_sentence(outcome.error)


@each([row for row in FAULTS if row.shown != SECOND])
async def test_a_fault_after_content_is_one_sentence_and_no_edit(row: Row, faulty: Faulty, world: Opened) -> None:
    """Nobody else is asked, though there is somebody."""
    there = await world(await started(row, faulty))
    well(there)

    assert await act(there) == Outcome(None, f"first: {row.said}", row.shown)
    assert there.second.connections == 0


@each(NO_FAULT)
async def test_an_answer_without_code_is_said_to_have_none(row: Row, faulty: Faulty, world: Opened) -> None:
    """It is whole, so it is no error."""
    there = await world(await started(row, faulty))
    outcome = await act(there)

    assert outcome.result is not None
    assert (outcome.result.edits, outcome.result.note, outcome.shown) == (None, NO_CODE, row.shown)
    assert there.second.connections == 0


@every_provider
@pytest.mark.parametrize("broken", BROKEN)
@every_came
async def test_code_that_came_before_the_fault_is_never_applied(
    came: str, broken: str, provider: str, world: Opened, server: FaultServer
) -> None:
    """Not even where a whole block is there: nobody knows what would have come."""
    server.play(Text(came[:25]), Text(came[25:]), *BROKEN[broken])
    there = await world(place(server, provider))
    outcome = await act(there)

    assert (outcome.result, outcome.shown, there.second.connections) == (None, came, 0)
    assert is_one_sentence(outcome.error)


@every_provider
async def test_the_same_code_with_a_proper_end_is_applied(provider: str, world: Opened, server: FaultServer) -> None:
    """Or the tests above prove nothing; and its server has seen what its faults say back."""
    server.play(Text(CAME["a closing fence"]), End())
    there = await world({**place(server, provider), "api_key_env": "FIRST_API_KEY"})

    assert (await act(there)).document == DOCUMENTED
    (asked,) = server.asked
    assert KEY in " ".join(asked.headers.values())
    assert json.dumps("    return a + b")[1:-1] in json.dumps(asked.body)


@every_provider
@pytest.mark.parametrize("came", [CAME["an open fence"], CAME["a closed fence"]], ids=["open fence", "closed fence"])
async def test_a_fault_in_a_continuation_applies_nothing(
    came: str, provider: str, world: Opened, server: FaultServer
) -> None:
    """The answer was cut at its limit, and the rest of it fails in the middle."""
    server.play(Text(came), End("length"))
    server.play(Text("more"), Reset())
    there = await world(place(server, provider))
    outcome = await act(there)

    assert outcome.result is not None
    assert (outcome.result.edits, outcome.result.cut, there.second.connections) == (None, True, 0)
    assert outcome.result.note.startswith(f"{CUT} first: ")
    assert is_one_sentence(outcome.result.note)


# --- a llama.cpp server, whose chats are OpenAI's and whose errors are its own

CHAT = "POST /v1/chat/completions"


def block_then(*rest: Step | bytes) -> dict[str, bytes]:
    """An answer with a whole block, and what follows."""
    wire, steps = OpenAIWire(chat=True), (Text(CAME["a closed fence"]), *rest)
    return {CHAT: events(*(step if isinstance(step, bytes) else wire.encoded(step) for step in steps))}


LLAMA: dict[str, tuple[dict[str, Any], str, str]] = {
    "loading": ({"raw": {CHAT: llama_error(503, "Loading model")}}, "busy or loading (503)", ""),
    "failed": ({"raw": {CHAT: llama_error(500, SAID_BACK)}}, "failed inside (500)", ""),
    "reset before the head": ({"resets": {CHAT: 2}}, RESET, ""),
    "cut": ({"raw": block_then()}, CUT_SHORT, CAME["a closed fence"]),
    "error inside": (
        {"raw": block_then(sse({"error": {"code": 500, "message": SAID_BACK}}))},
        "failed inside (500)",
        CAME["a closed fence"],
    ),
    "malformed": ({"raw": block_then(b"data: {no\n\n")}, NONSENSE, CAME["a closed fence"]),
}


@pytest.mark.parametrize(("script", "said", "shown"), LLAMA.values(), ids=LLAMA)
async def test_a_fault_of_a_llama_server_is_one_sentence_and_no_edit(
    script: dict[str, Any], said: str, shown: str, world: Opened, servers: AsyncExitStack
) -> None:
    """Whatever came before."""
    llama = await servers.enter_async_context(RawLlama(**script))
    there = await world(llama_at(llama.url), alone=True)
    await there.router.ready()

    assert await act(there) == Outcome(None, f"first: {said}", shown)


# --- faults that take time, and users who do not wait


async def test_without_content_the_next_one_s_edit_comes_at_the_deadline(
    world: Opened, server: FaultServer, still: StillLoop
) -> None:
    """The slow one is told that nobody listens."""
    server.play(Role(), Comment(), Wait())
    there = await world(place(server))
    well(there)
    asking = asyncio.create_task(act(there))
    await until(lambda: server.asked, "the first to be asked")
    still.pass_ms(FALLBACK_MS)
    outcome = await asking

    assert (outcome.document, outcome.shown) == (DOCUMENTED, ANSWER)
    await until(lambda: server.cancels, "the first to see that nobody listens")


async def test_a_stalled_answer_whose_server_dies_applies_nothing(world: Opened, server: FaultServer) -> None:
    """Its block was whole when it stalled."""
    server.play(Text(CAME["a closed fence"]), Wait())
    there = await world(place(server))
    asking = asyncio.create_task(act(there))
    await until(lambda: server.sent == [1], "the text")
    await settle()
    await server.stop()

    assert await asking == Outcome(None, "first: the server hung up before the answer's end", CAME["a closed fence"])
    assert there.second.connections == 0


@every_provider
@pytest.mark.parametrize(
    "came", ["", CAME["an open fence"], CAME["a closed fence"]], ids=["nothing", "open fence", "closed fence"]
)
async def test_a_cancel_ends_the_work_at_the_server_and_applies_nothing(
    came: str, provider: str, world: Opened, server: FaultServer
) -> None:
    """However much there is."""
    server.play(*([Text(came)] if came else [Role()]), Wait(), Text("more"), End())
    there = await world(place(server, provider))
    pieces: list[str] = []
    asking = asyncio.create_task(answered(there.router, "document", pieces=pieces))
    await until(lambda: server.asked and "".join(pieces) == came, "what comes")

    asking.cancel()
    await asyncio.wait([asking])

    assert asking.cancelled()
    await until(lambda: server.cancels, "the server to see the cancel")
    assert (server.cancels, server.sent_after_left, "".join(pieces)) == (1, 0, came)
    assert (there.first.in_flight.count, there.second.connections) == (0, 0)


async def test_when_both_fail_it_is_one_sentence_and_no_edit(world: Opened, server: FaultServer) -> None:
    """With the fault of each."""
    server.default = (Status(500, body=error("x", SAID_BACK)),)
    there = await world(place(server))
    there.second.default = (Text(ANSWER), ErrorInside(message=SAID_BACK))
    outcome = await act(there)

    assert (outcome.result, outcome.shown) == (None, ANSWER)
    assert is_one_sentence(outcome.error)
