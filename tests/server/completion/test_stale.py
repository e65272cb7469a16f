"""Ghost text that does not belong where it is shown: none, whatever is typed and whatever the model says when."""

from __future__ import annotations

import asyncio
from typing import Any

from hypothesis import example, given, settings
from hypothesis import strategies as st

from nearline_router.errors import EndpointUnavailable
from nearline_router.transports.scripted import Scripted, Step
from nearline_server.completion.completer import Answer, Completer
from nearline_server.completion.generation import Generation
from nearline_server.completion.memory import Found, Suggestion
from nearline_server.completion.place import Place

from .conftest import SETTINGS, router_of
from .places import drawn

# Few characters, so that what is typed often is what the model says, and documents often are the same again.
LETTER = st.sampled_from("ab) \n")
WORDS = st.text(alphabet="ab(", min_size=1, max_size=5)
# An answer in pieces; None is a moment in which nothing comes.
END = st.sampled_from([[], ["\n"], [EndpointUnavailable("gone")]])
SCRIPT = st.builds(
    lambda moment, words, end: [*[None] * moment, *words, *end],
    st.booleans(),
    st.lists(st.one_of(WORDS, st.none()), min_size=1, max_size=3),
    END,
)
TYPE, ASK, ASK_ON, MODEL_ON = "type", "ask", "ask and go on", "model goes on"
# What happens often stands there more than once.
ACTION = st.sampled_from([TYPE] * 3 + [ASK_ON] * 3 + [MODEL_ON] * 2 + [ASK, "delete", "move", "cancel"]).flatmap(
    lambda what: st.tuples(
        st.just(what), {TYPE: LETTER, "move": st.integers(0, 12), ASK: st.booleans()}.get(what, st.none())
    )
)


class Recording(Completer):
    """Keeps every suggestion that was ever asked for."""

    asked: list[Suggestion]

    def _ask_model(self, place: Place, invoked: bool) -> tuple[Found, Generation]:
        found, generation = super()._ask_model(place, invoked)
        self.asked.append(found.suggestion)
        return found, generation


class Typist:
    """A document, a cursor, and an editor that asks; the model's moments end when it is told to go on."""

    def __init__(self, text: str, scripts: list[list[Any]]) -> None:
        self.text, self.cursor, self.version = text, len(text), 1
        self.moments: list[asyncio.Event] = []
        model = Scripted("local")
        for script in scripts:
            model.enqueue(*map(self._step, script))
        impatient = SETTINGS.model_copy(update={"budget_ms": 9.0, "invoked_budget_ms": 9.0})
        self.completer = Recording(router_of(model), impatient)
        self.completer.asked = []
        self.asking: list[tuple[Place, asyncio.Task[Answer]]] = []

    def _step(self, step: Any) -> Step:
        if step is None:
            self.moments.append(asyncio.Event())
            return self.moments[-1]
        return step  # type: ignore[no-any-return]

    def place(self) -> Place:
        return drawn(f"{self.text[: self.cursor]}║{self.text[self.cursor :]}", version=self.version)

    def edit(self, start: int, new: str) -> None:
        self.text = self.text[:start] + new + self.text[self.cursor :]
        self.cursor = start + len(new)
        self.version += 1
        self.completer.changed(self.place())

    async def act(self, what: str, how: Any) -> None:
        if what == TYPE:
            self.edit(self.cursor, how)
        elif what == "delete":
            self.edit(max(0, self.cursor - 1), "")
        elif what == "move":
            self.cursor = min(how, len(self.text))
        elif what == MODEL_ON and self.moments:
            self.moments.pop(0).set()
        elif what == "cancel" and self.asking:
            self.asking[-1][1].cancel()
        elif what in (ASK, ASK_ON):
            place = self.place()
            self.asking.append((place, asyncio.create_task(self.completer.complete(place, invoked=bool(how)))))
        if what == ASK:
            await asyncio.wait({self.asking[-1][1]})
        await asyncio.sleep(0)

    async def end(self) -> None:
        if self.asking:
            await asyncio.wait({task for _, task in self.asking})
        await self.completer.aclose()
        await asyncio.sleep(0)

    def answers(self) -> list[tuple[Place, str]]:
        return [(place, task.result().text) for place, task in self.asking if not task.cancelled()]


def belongs(place: Place, text: str, suggestion: Suggestion) -> bool:
    """Whether the text is what the model said there, less what has been typed of it since."""
    asked = suggestion.place
    since = place.before[len(asked.before) :]
    return (
        place.before.startswith(asked.before) and place.after == asked.after and suggestion.raw.startswith(since + text)
    )


# Typed while the model was silent, which then says something else; the same after a cancel.
@example("", [[None, "b("]], [(ASK_ON, None), (TYPE, "a"), (ASK_ON, None), (MODEL_ON, None)])
@example("", [[None, "ab("]], [(ASK_ON, None), ("cancel", None), (TYPE, "a"), (ASK_ON, None), (MODEL_ON, None)])
@settings(max_examples=200)
@given(st.text(alphabet="ab\n", max_size=6), st.lists(SCRIPT, max_size=6), st.lists(ACTION, min_size=4, max_size=14))
def test_what_is_shown_is_what_the_model_said_less_what_was_typed(
    text: str, scripts: list[list[Any]], actions: list[tuple[str, Any]]
) -> None:
    """Every text of every answer continues its place exactly as some request of this document was answered."""

    async def play() -> tuple[list[tuple[Place, str]], list[Suggestion]]:
        typist = Typist(f"x = {text}", scripts)
        for what, how in actions:
            await typist.act(what, how)
        await typist.end()
        return typist.answers(), typist.completer.asked

    answers, asked = asyncio.run(play())
    stale = [
        (place.before, place.after, shown)
        for place, shown in answers
        if shown and not any(belongs(place, shown, suggestion) for suggestion in asked)
    ]

    assert stale == []
