"""Which open documents may give pieces, and that nothing of what must stay leaves with a file that may."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from nearline_router.egress import recorded, size_bytes
from nearline_router.errors import NoEndpoint
from nearline_router.learned import state_dir
from nearline_router.router import Router
from nearline_router.types import Infill, RoutingRequest, Snippet, Usage
from nearline_server.completion.context.neighbours import MOST_DOCUMENT_CHARS, MOST_FILES, Neighbours
from nearline_server.completion.place import Place
from nearline_server.completion.settings import CompletionSettings
from nearline_server.completion.warm_up import WarmUp
from nearline_server.completion.window import wide_window
from nearline_server.documents.buffer import Buffer
from nearline_server.documents.document import Document
from tests.router.residency.test_secrets import MIXED
from tests.router.routers import FAR, NEAR, World, router_in, text
from tests.waiting import until

MODEL = {"model": "qwen2.5-coder-7b", "role": "completion"}
TOKEN = "gh" + "p_" + MIXED[:36]
LOOP = "for order in orders:\n    total += order.price * order.amount\n"
OWN = f"{LOOP}    x = make_box("
CHARS = 1_000


class Desk:
    """A window with open documents, in front of endpoints that are scripted."""

    def __init__(self, folder: Path, world: World, router: Router) -> None:
        self.folder = folder
        self.world = world
        self.router = router
        self.folders: tuple[Path, ...] = (folder,)
        self.settings = CompletionSettings(cross_file_context="auto")
        self.documents: dict[str, Document] = {}
        self.neighbours = Neighbours(router, self.documents, lambda: self.folders, lambda: self.settings)

    def open(self, path: str, content: str, language: str = "python") -> Document:
        """A document by its path in the folder; one that is open is edited."""
        uri = (self.folder / path).as_uri()
        version = self.documents[uri].version + 1 if uri in self.documents else 1
        self.documents[uri] = Document(uri, language, version, Buffer(content))
        return self.documents[uri]

    def place(self, path: str = "a.py") -> Place:
        """The end of a document that uses what another declares."""
        document = self.open(path, OWN)
        return document.place(2, len(document.buffer.line(2)), self.folder.as_uri())

    async def found(self, place: Place | None = None) -> list[str]:
        """The paths of what goes with a place."""
        return [one.path for one in await self.neighbours.snippets(place or self.place(), CHARS)]

    async def ask(self, place: Place, context: tuple[Snippet, ...]) -> str:
        """Ask for a place as the typing path does."""
        workspace = place.workspace(self.folders)
        infill = wide_window(place).infill(place)
        prompt = Infill(infill.prefix, infill.middle, infill.suffix, place.path, place.language, context=context)
        return await text(self.router, RoutingRequest(prompt, 8, path=place.file, workspace=workspace))


def declaring(name: str = "make_box", more: str = "") -> str:
    """A file that declares it."""
    return f"def {name}(width: int{more}) -> int:\n    return width\n"


@pytest.fixture
async def desk(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Desk]:
    """One in front of an endpoint in the cloud, with the residency rules that the test wants."""
    values: dict[str, Any] = getattr(request, "param", {})
    endpoints = values.pop("endpoints", None) or {"far": FAR | MODEL}
    (tmp_path / ".nearlineignore").write_text("ignored/\n")
    world = World()
    router = router_in(world, endpoints=endpoints, residency=values)
    await router.open_workspace(str(tmp_path))
    yield Desk(tmp_path, world, router)

    await router.aclose()


def ruled(**residency: Any) -> pytest.MarkDecorator:
    """The desk under these rules."""
    return pytest.mark.parametrize("desk", [residency], indirect=True, ids=["ruled"])


async def test_what_an_open_document_declares_goes_along(desk: Desk) -> None:
    """By its path in the folder that both lie in."""
    desk.open("src/box.py", declaring())
    (found,) = await desk.neighbours.snippets(desk.place(), CHARS)

    assert found == Snippet("src/box.py", "python", "def make_box(width: int) -> int:\n")


async def test_an_edit_is_seen_and_a_closed_document_is_gone(desk: Desk) -> None:
    """The index is of the version that is open; the number by which that is noticed changes each time."""
    document = desk.open("box.py", declaring())
    place = desk.place()
    numbers = [desk.neighbours.versions(place)]
    assert await desk.found(place) == ["box.py"]
    desk.open("box.py", declaring(more=", height: int"))
    numbers.append(desk.neighbours.versions(place))
    (found,) = await desk.neighbours.snippets(place, CHARS)
    assert "height" in found.text
    del desk.documents[document.uri]
    numbers.append(desk.neighbours.versions(place))

    assert await desk.found(place) == []
    assert len(set(numbers)) == 3


async def test_a_document_that_is_opened_again_is_read_again(desk: Desk) -> None:
    """Its versions are counted anew, so the number says nothing of its text, which a checkout may have changed."""
    document = desk.open("box.py", declaring())
    place = desk.place()
    before = desk.neighbours.versions(place)
    assert await desk.found(place) == ["box.py"]
    desk.documents[document.uri] = Document(document.uri, "python", document.version, Buffer(declaring("other")))

    assert await desk.found(place) == []
    assert desk.neighbours.versions(place) != before


async def test_typing_in_a_document_does_not_make_its_neighbours_new(desk: Desk) -> None:
    """Else every key would have them looked at again."""
    desk.open("box.py", declaring())
    before = desk.neighbours.versions(desk.place())

    assert before == desk.neighbours.versions(desk.place())


async def test_what_lies_in_no_open_folder_or_in_another_does_not_go_along(desk: Desk, tmp_path: Path) -> None:
    """Another project's text belongs to another project, whose rules are its own."""
    desk.open("other/box.py", declaring())
    outside = (tmp_path.parent / "outside.py").as_uri()
    desk.documents[outside] = Document(outside, "python", 1, Buffer(declaring()))
    desk.documents["untitled:1"] = Document("untitled:1", "python", 1, Buffer(declaring()))
    assert await desk.found() == ["other/box.py"]
    desk.folders = (tmp_path, tmp_path / "other")

    assert await desk.found() == []


async def test_a_folder_that_is_opened_changes_the_paths_that_rules_are_asked_for(desk: Desk, tmp_path: Path) -> None:
    """A path that was right before would be judged as another file's."""
    desk.open("other/box.py", declaring())
    place = desk.place("other/a.py")
    assert await desk.found(place) == ["other/box.py"]
    desk.folders = (tmp_path / "other",)

    assert await desk.found(place) == ["box.py"]


async def test_a_language_without_completions_and_a_document_of_megabytes_give_nothing(desk: Desk) -> None:
    """What the user excludes is excluded as a source too."""
    desk.open("big.py", declaring() + "#" * MOST_DOCUMENT_CHARS)
    assert await desk.found() == []
    desk.open("box.py", declaring())
    desk.settings = CompletionSettings(disabled_languages=frozenset({"python"}))

    assert await desk.found() == []


async def test_of_very_many_documents_the_newest_are_looked_at(desk: Desk) -> None:
    """So that the work does not grow with the number of tabs."""
    desk.open("first.py", declaring())
    for number in range(MOST_FILES):
        desk.open(f"f{number}.py", "x = 1\n")
    assert await desk.found() == []
    desk.open("last.py", declaring())

    assert await desk.found() == ["last.py"]


LIKE = f"{LOOP}    print(order.customer, order.discount)\n"
HELD = [
    ("patients/box.py", "python", declaring()),
    ("ignored/box.py", "python", declaring()),
    ("box.pyx", "cython", LIKE),
    ("box.py", "python", f"def make_box(key='{TOKEN}'):\n    ...\n"),
]


@ruled(paths=["patients/**"], languages=["cython"])
@pytest.mark.parametrize(("path", "language", "content"), HELD, ids=["path", "ignore file", "language", "secret"])
async def test_nothing_that_must_stay_leaves_with_a_file_that_may(
    desk: Desk, path: str, language: str, content: str
) -> None:
    """It is left out, the request goes, and the record of what left counts the document's own text alone."""
    desk.open(path, content, language)
    desk.open("free.py", declaring())
    place = desk.place()
    context = await desk.neighbours.snippets(place, CHARS)
    assert [one.path for one in context] == ["free.py"]
    assert await desk.ask(place, context) == "far"
    (line,) = await until(lambda: list(recorded(state_dir())), "the record to be written")
    (sent,) = desk.world.of("far").history

    assert line["bytes"] == size_bytes(sent.prompt) == len(OWN) + len("def make_box(width: int) -> int:\n")
    assert TOKEN not in repr(desk.world.of("far").history)


async def test_what_is_alike_goes_along_whatever_its_language(desk: Desk) -> None:
    """As the file in the table above would, if no rule named its language."""
    desk.open("box.pyx", LIKE, "cython")

    assert await desk.found() == ["box.pyx"]


@ruled(paths=["patients/**"])
async def test_what_must_stay_does_not_leave_even_if_it_is_said_to_go_along(desk: Desk) -> None:
    """The router looks again: a rule may be newer than a prompt."""
    place = desk.place()
    with pytest.raises(NoEndpoint):
        await desk.ask(place, (Snippet("patients/box.py", "python", declaring()),))

    assert desk.world.of("far").history == []
    assert list(recorded(state_dir())) == []


@ruled(paths=["patients/**"], endpoints={"far": FAR | MODEL, "near": NEAR | MODEL})
async def test_what_must_stay_goes_along_with_what_must_stay(desk: Desk) -> None:
    """Both go to the local endpoint only."""
    desk.open("patients/box.py", declaring())
    place = desk.place("patients/a.py")
    context = await desk.neighbours.snippets(place, CHARS)

    assert [one.path for one in context] == ["patients/box.py"]
    assert await desk.ask(place, context) == "near"
    assert desk.world.of("far").history == []


@pytest.mark.parametrize(
    ("switch", "model", "chars"),
    [("auto", "qwen2.5-coder-7b", 1_800), ("never", "qwen2.5-coder-7b", 0), ("auto", "codestral", 0)],
)
async def test_nothing_is_chosen_where_it_is_not_wanted_or_the_model_has_no_form_for_it(
    tmp_path: Path, switch: Any, model: str, chars: int
) -> None:
    """On a machine that affords all of it."""
    router = router_in(World(), endpoints={"near": NEAR | MODEL | {"model": model}})
    desk = Desk(tmp_path, World(), router)
    desk.settings = CompletionSettings(cross_file_context=switch)
    router.speed.observe(Usage(evaluated_tokens=1_000, prefill_ms=500))

    assert desk.neighbours.affordable_chars(1_000) == chars
    await router.aclose()


@pytest.mark.parametrize("desk", [{"endpoints": {"near": NEAR | MODEL}}], indirect=True, ids=["local"])
async def test_idle_time_takes_them_into_the_window(desk: Desk) -> None:
    """The whole way, from a document that is open to the prompt of the next key."""
    desk.open("box.py", declaring())
    place = desk.place()
    desk.router.speed.observe(Usage(evaluated_tokens=1_000, prefill_ms=500))
    warm_up = WarmUp(desk.router, desk.neighbours)
    warm_up.schedule(place, 0.0)
    context = await until(lambda: warm_up.infill(place, False).context, "idle time to read it")
    await warm_up.aclose()

    assert context == (Snippet("box.py", "python", "def make_box(width: int) -> int:\n"),)
    assert any(one.warm_up for one in desk.world.of("near").history)
