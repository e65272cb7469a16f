"""What becomes of an action: text, edits or a file from the answer, whole or not at all."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import Any

import pytest

from nearline_router.errors import EndpointUnavailable, NoEndpoint
from nearline_router.registry.profile import Profile
from nearline_router.router import Router
from nearline_router.types import Chat, Chunk, Chunks, Message, Priority, RoutingRequest, Usage
from nearline_server.actions.edits import applied
from nearline_server.actions.run import CUT, CUT_TEXT, NO_CHANGE, NO_CODE, NO_END, REDACTED
from nearline_server.actions.run_stream import ASTRAY, CONTINUE, Heard, joined
from nearline_server.actions.values import Turn
from tests.router.routers import FAR, NEAR, World, configured, router_in
from tests.waiting import until

from .asked import FILE, SPAN, SUBJECT, TEXT, WORKSPACE, action, answered

DOCUMENTED = 'def add(a, b):\n    """Their sum."""\n    return a + b'


def fenced(code: str) -> str:
    """An answer as models give it."""
    return f"Here it is:\n\n```python\n{code}\n```\n"


@pytest.fixture
def world() -> World:
    """Scripted endpoints that answer with their own ids."""
    return World()


@pytest.fixture
def router(world: World) -> Router:
    """One endpoint here, one far away."""
    return router_in(world, endpoints={"near": NEAR, "far": FAR})


async def test_a_complex_action_goes_to_the_frontier(router: Router, world: World) -> None:
    """With everything that the router's rules look at."""
    result = await answered(router, "explain")
    (request,) = world.of("far").history

    assert (result.text, result.endpoint, result.model) == ("far", "far", "far")
    assert (request.task, request.complexity, request.priority) == ("explain", "complex", Priority.ACTION)
    assert (request.path, request.language, request.workspace) == (str(FILE), "python", str(WORKSPACE))
    assert (request.document, request.max_output_tokens) == (SUBJECT.uri, action("explain").max_output_tokens)


async def test_pieces_are_given_as_they_come(router: Router, world: World) -> None:
    """Not when the answer is whole."""
    more = asyncio.Event()
    world.of("far").enqueue("so ", "far", more, " good")
    pieces: list[str] = []
    asking = asyncio.create_task(answered(router, "explain", pieces=pieces))
    await until(lambda: len(pieces) == 2, "two pieces")

    assert pieces == ["so ", "far"]
    more.set()
    assert (await asking).text == "so far good"


async def test_an_edit_changes_the_span_and_nothing_else(router: Router, world: World) -> None:
    """An added docstring is one insertion."""
    world.of("far").enqueue(fenced(DOCUMENTED))
    result = await answered(router, "document")

    assert result.edits is not None
    assert applied(TEXT, result.edits) == TEXT.replace("def add(a, b):\n    return a + b", DOCUMENTED)
    assert [edit.text.strip() for edit in result.edits] == ['"""Their sum."""']
    assert (result.note, result.cut, result.new_file) == ("", False, None)


@pytest.mark.parametrize(
    ("answer", "note"),
    [
        (fenced("def add(a, b):\n    return a + b"), NO_CHANGE),
        ("", NO_CODE),
        ("```python\ndef add(a, b):\n    return", NO_END),
    ],
    ids=["the same again", "nothing", "no end"],
)
async def test_an_answer_that_cannot_be_applied_says_why(answer: str, note: str, router: Router, world: World) -> None:
    """The text is there all the same."""
    world.of("far").enqueue(answer)
    result = await answered(router, "document")

    assert (result.text, not result.edits, result.note) == (answer, True, note)


async def test_tests_are_a_new_file(router: Router, world: World) -> None:
    """Where the language has its tests."""
    world.of("far").enqueue(fenced("def test_add():\n    assert add(1, 2) == 3"))
    result = await answered(router, "tests")

    assert result.new_file is not None
    path, text = result.new_file
    assert path.rpartition("/")[2] == "test_sums.py"
    assert text == "def test_add():\n    assert add(1, 2) == 3\n"
    assert result.edits is None


async def test_under_residency_a_local_model_does_it_and_says_so(world: World) -> None:
    """However complex it is."""
    router = router_in(world, endpoints={"near": NEAR, "far": FAR}, residency={"paths": ["app/**"]})
    result = await answered(router, "explain")

    assert (result.endpoint, world.of("far").history) == ("near", [])
    assert result.stayed == "its path matches app/**"
    assert result.note == "A local model did this: its path matches app/**."


async def test_offline_a_local_model_does_it_and_says_so(world: World) -> None:
    """It is as strong as what is here."""
    router = router_in(world, endpoints={"near": NEAR, "far": FAR}, offline=True)
    result = await answered(router, "explain")

    assert (result.endpoint, result.note) == ("near", "A local model did this: Nearline is offline.")


async def test_a_secret_in_the_context_holds_the_request_at_home(router: Router, world: World) -> None:
    """Though neither path nor subject has to stay."""
    secret = "AKIA" + "IOSFODNN7" + "REALKEY"
    subject = replace(SUBJECT, text=f"{TEXT}KEY = '{secret}'\n")
    result = await answered(router, "explain", subject)

    assert (result.endpoint, world.of("far").history) == ("near", [])
    assert "was found in the text" in result.stayed


async def test_a_mark_that_stands_for_a_secret_is_never_written_over_the_secret(world: World) -> None:
    """The model saw the mark and repeats it; in the file the secret itself is to stay."""
    router = router_in(world, endpoints={"far": FAR}, residency={"secrets": "redact"})
    world.of("far").enqueue(fenced('def add(a, b):\n    key = "[redacted: a GitHub token]"\n    return a + b'))

    result = await answered(router, "document")

    assert (result.edits, result.note) == (None, REDACTED)


async def test_the_user_chooses_the_endpoint_of_one_call(router: Router) -> None:
    """The next goes where it always goes."""
    assert (await answered(router, "explain", pin="near")).endpoint == "near"
    assert (await answered(router, "explain")).endpoint == "far"


async def test_a_choice_does_not_bypass_residency(world: World) -> None:
    """The error says so, and nothing is sent."""
    router = router_in(world, endpoints={"near": NEAR, "far": FAR}, residency={"everything": True})
    with pytest.raises(NoEndpoint):
        await answered(router, "explain", pin="far")

    assert [scripted.history for _, scripted in world.made] == [[], []]


async def test_the_next_one_is_asked_when_the_first_fails(router: Router, world: World) -> None:
    """As with every request."""
    world.of("far").enqueue(EndpointUnavailable("far: nothing answers there"))

    assert (await answered(router, "explain")).endpoint == "near"


async def test_an_error_in_mid_stream_is_an_error(router: Router, world: World) -> None:
    """What was shown stays shown; there is no result that could be applied."""
    world.of("far").enqueue("```python\ndef add", EndpointUnavailable("far: it hung up"))
    pieces: list[str] = []
    with pytest.raises(EndpointUnavailable, match=r"^far: it hung up$"):
        await answered(router, "document", pieces=pieces)

    assert pieces == ["```python\ndef add"]


async def test_a_cancel_ends_the_work_at_the_endpoint(router: Router, world: World) -> None:
    """At once."""
    far = world.of("far")
    far.enqueue("a", asyncio.Event())
    pieces: list[str] = []
    asking = asyncio.create_task(answered(router, "explain", pieces=pieces))
    await until(lambda: pieces, "a piece")
    asking.cancel()
    await asyncio.wait([asking])

    assert (far.closed_early, far.inside) == (1, 0)


async def test_the_turns_before_are_part_of_a_follow_up(router: Router, world: World) -> None:
    """As turns of the conversation."""
    await answered(router, "ask", instruction="And now?", history=[Turn("Explain", "It adds.")])
    (request,) = world.of("far").history
    assert isinstance(request.prompt, Chat)

    assert Message("assistant", "It adds.") in request.prompt.messages


async def test_a_question_needs_no_document(router: Router) -> None:
    """Nor a workspace."""
    assert (await answered(router, "ask", None, instruction="Why?")).text == "far"


# --- answers that are cut at the limit


class Cutting:
    """Answers with these (text, finish) pairs, one a request; an exception is raised."""

    def __init__(self, profile: Profile, answers: list[tuple[str, Any] | Exception]) -> None:
        self.id = profile.id
        self.ready, self.trouble = True, ""
        self.history: list[RoutingRequest] = []
        self._answers = answers

    def touch(self) -> None:
        """Nothing is kept warm."""

    async def begin(self) -> None:
        """There is nothing to connect to."""

    async def aclose(self) -> None:
        """There is nothing to close."""

    async def stream(self, request: RoutingRequest) -> Chunks:
        """The next answer, of ten tokens."""
        self.history.append(request)
        answer = self._answers[len(self.history) - 1]
        if isinstance(answer, Exception):
            raise answer
        yield Chunk(answer[0])
        yield Chunk("", answer[1], Usage(evaluated_tokens=100, cached_tokens=20, output_tokens=10))


def cutting(*answers: tuple[str, Any] | Exception) -> tuple[Router, list[RoutingRequest]]:
    """A router with one endpoint that answers so, and what it is asked."""
    made: list[Cutting] = []

    def connect(profile: Profile, *_: Any) -> Cutting:
        made.append(Cutting(profile, list(answers)))
        return made[-1]

    return Router(configured(endpoints={"far": FAR}), connect=connect), made[0].history


async def test_a_cut_answer_is_continued() -> None:
    """The model is given what it said, and the parts are one answer that is applied whole."""
    whole = fenced(DOCUMENTED)
    router, asked = cutting((whole[:40], "length"), (whole[40:60], "length"), (whole[60:], "stop"))
    pieces: list[str] = []
    result = await answered(router, "document", pieces=pieces)
    last = asked[-1].prompt
    assert isinstance(last, Chat)

    assert (result.text, "".join(pieces), result.cut) == (whole, whole, False)
    assert result.edits is not None
    assert DOCUMENTED in applied(TEXT, result.edits)
    assert last.messages[-2:] == (Message("assistant", whole[:60]), Message("user", CONTINUE))
    assert (result.input_tokens, result.cached_tokens, result.output_tokens) == (360, 60, 30)


async def test_a_continuation_that_opens_the_block_again_opens_it_once() -> None:
    """Models do, whatever they are told."""
    router, _ = cutting(("```python\ndef add(a, b):\n", "length"), ("```python\n    return b + a\n```", "stop"))
    result = await answered(router, "refactor")

    assert result.edits is not None
    assert applied(TEXT, result.edits) == TEXT.replace("a + b", "b + a")


async def test_a_continuation_that_begins_anew_is_the_answer() -> None:
    """Joined to what was there the function would be in the file twice."""
    part = "```python\ndef add(a, b):\n    return a + "
    for so_far in (part, part + "b\n```"):
        router, _ = cutting((so_far, "length"), ("```python\ndef add(a, b):\n    return b + a\n```", "stop"))
        result = await answered(router, "refactor")

        assert result.edits is not None
        assert applied(TEXT, result.edits) == TEXT.replace("a + b", "b + a")


async def test_a_continuation_that_fits_nowhere_is_not_applied() -> None:
    """A block that begins in the middle of a line, with other code."""
    router, _ = cutting(
        ("```python\ndef add(a, b):\n    return a + ", "length"), ("```python\nelse:\n    c\n```", "stop")
    )
    result = await answered(router, "refactor")

    assert (result.edits, result.cut, result.note) == (None, True, f"{CUT} {ASTRAY}")


@pytest.mark.parametrize(
    ("so_far", "more", "whole"),
    [
        ("```python\na\n", "b\n```", "```python\na\nb\n```"),
        ("```python\na = ", "1\n```", "```python\na = 1\n```"),
        ("```python\na\n", "```\n", "```python\na\n```\n"),
        ("```python\na", "```\n", "```python\na\n```\n"),
        ("```python\n(0.14, 0", "```\n.0),\n```\n", None),
        ("```python\na\n", "```python\nb\n```", "```python\na\nb\n```"),
        ("```python\na\n```", "```python\nb\n```", "```python\na\n```\n```python\nb\n```"),
        ("```python\na\nb", "```python\na\nb\n```", "```python\na\nb\n```"),
        ("words ", "and more", "words and more"),
    ],
)
def test_an_answer_and_its_continuation(so_far: str, more: str, whole: str | None) -> None:
    """One text, or none where nobody can tell how they belong together."""
    assert joined(so_far, more) == whole


def test_usage_that_is_told_again_counts_once() -> None:
    """Some providers repeat it with every piece; each request of an answer counts, by its last word."""
    answer = Heard()
    for output_tokens in (1, 2, 3):
        answer.take(Chunk("x", usage=Usage(evaluated_tokens=100, cached_tokens=20, output_tokens=output_tokens)))
    answer.count()
    answer.take(Chunk("y", "stop", Usage(evaluated_tokens=10, output_tokens=4)))
    answer.count()

    assert (answer.input_tokens, answer.cached_tokens, answer.output_tokens) == (130, 20, 7)


async def test_only_who_began_an_answer_continues_it() -> None:
    """Another model would begin anew: if the first one fails now, the answer stays cut."""
    failing: list[Any] = [("```python\ndef add(a, b):\n", "length"), EndpointUnavailable("away")]
    made: dict[str, Cutting] = {}

    def connect(profile: Profile, *_: Any) -> Cutting:
        answers = failing if profile.id == "far" else [("```python\ndef add(a, b):\n    pass\n```", "stop")]
        made[profile.id] = Cutting(profile, answers)
        return made[profile.id]

    router = Router(configured(endpoints={"far": FAR, "near": NEAR}), connect=connect)
    result = await answered(router, "refactor")

    assert (result.edits, result.cut, made["near"].history) == (None, True, [])


@pytest.mark.parametrize("id", ["document", "tests"])
async def test_what_is_cut_to_the_last_is_never_applied(id: str) -> None:
    """Not even where it looks whole."""
    part = ("```python\ndef add(a, b):\n    pass\n```\n", "length")
    router, asked = cutting(part, part, part)
    result = await answered(router, id)

    assert len(asked) == 3
    assert (result.edits, result.new_file, result.cut, result.note) == (None, None, True, CUT)


async def test_cut_text_is_marked() -> None:
    """What there is, is there."""
    router, _ = cutting(("a", "length"), ("b", "length"), ("c", "length"))
    result = await answered(router, "explain")

    assert (result.text, result.cut, result.note) == ("abc", True, CUT_TEXT)


async def test_an_answer_that_cannot_be_continued_is_marked() -> None:
    """With the reason."""
    router, _ = cutting(("```python\na", "length"), EndpointUnavailable("far: nothing answers there"))
    result = await answered(router, "document")

    assert (result.text, result.edits, result.cut) == ("```python\na", None, True)
    assert result.note == f"{CUT} far: nothing answers there"


async def test_an_answer_of_thoughts_only_is_not_continued() -> None:
    """There is no text to go on from."""
    router, asked = cutting(("", "length"))
    result = await answered(router, "document")

    assert (len(asked), result.cut, result.edits) == (1, True, None)


async def test_what_it_took_is_told() -> None:
    """As the endpoint reported it, the cached tokens among those of the prompt."""
    router, _ = cutting(("fine", "stop"))
    result = await answered(router, "explain")

    assert (result.input_tokens, result.cached_tokens, result.output_tokens) == (120, 20, 10)
    assert result.ttft_ms is not None
    assert result.total_ms is not None
    assert 0 <= result.ttft_ms <= result.total_ms


def test_the_subject_of_these_tests_is_the_function() -> None:
    """Or they prove nothing."""
    assert SUBJECT.text.split("\n")[SPAN.start[0]] == "def add(a, b):"
