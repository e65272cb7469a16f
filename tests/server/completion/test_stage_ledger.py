"""What the newest answers come to."""

from __future__ import annotations

import json
import time
import weakref
from typing import Any, cast

import pytest

from nearline_router.transports.scripted import Scripted
from nearline_server.completion.completer import Answer, Completer, How
from nearline_server.completion.generation import Generation
from nearline_server.completion.stage_ledger import KEPT, StageLedger

from .asking import HERE
from .places import drawn
from .recorded_work import RecordedWork, read, times


def answer(found: How = "model", text: str = "foo", work: RecordedWork | None = None, **marked_ms: float) -> Answer:
    """An answer with these stages, that waited for this work."""
    generation = cast(Generation, work)
    return Answer(text, found, total_ms=sum(marked_ms.values()), stages_ms=dict(marked_ms), generation=generation)


def test_before_the_first_answer_there_is_nothing() -> None:
    """Neither a last one nor a sum."""
    ledger = StageLedger()

    assert (ledger.last(), ledger.summary()) == (None, {})


def test_the_last_answer_has_all_its_stages() -> None:
    """What was marked, what came after the answer, what is not accounted for; those that took nothing are left out."""
    ledger = StageLedger()
    ledger.add(
        answer("cache", read=1.0, gate=2.0),
        times(9, answered_s=0.004, replied_s=0.006, edited_s=-0.002),
        in_time=True,
    )
    last = ledger.last()

    assert last is not None
    assert last["stages_ms"] == {"read": 1.0, "gate": 2.0, "reply": 2.0, "send": 3.0, "other": 1.0}
    assert (last["found"], last["total_ms"], last["edit_ms"]) == ("cache", 9.0, 2.0)


def test_percentiles_are_by_how_answers_were_found() -> None:
    """Of the whole and of each stage; a stage that never takes time is left out."""
    ledger = StageLedger()
    for ms in range(1, 101):
        ledger.add(answer("type-through", read=ms), times(ms), in_time=True)
    ledger.add(answer("cache", lookup=500.0), times(500), in_time=True)
    found = ledger.summary()["found"]

    assert found["type-through"] == {
        "answers": 100,
        "total_ms": {"mean": 50.5, "p50": 51.0, "p95": 96.0, "max": 100.0},
        "stages_ms": {"read": {"mean": 50.5, "p50": 51.0, "p95": 96.0, "max": 100.0}},
    }
    assert list(found) == ["type-through", "cache"]


def test_means_of_stages_add_up_to_the_mean_of_the_whole() -> None:
    """So that a bar of them is as long as the answers took."""
    ledger = StageLedger()
    for ms in (10.0, 25.0, 70.0):
        work = RecordedWork(queued_ms=1, first_text_ms=ms / 2, usage=read(3, ms / 4))
        ledger.add(answer(work=work, read=1.0, model=ms), times(ms + 3), in_time=True)
    found = ledger.summary()["found"]["model"]

    assert sum(spread["mean"] for spread in found["stages_ms"].values()) == pytest.approx(found["total_ms"]["mean"])


def test_work_that_has_ended_is_not_held_in_memory() -> None:
    """With it the text around a cursor would be, long after its document was closed."""
    ledger = StageLedger()
    work = RecordedWork(ended_s=None)
    ledger.add(answer(work=work, model=150.0), times(150), in_time=True)
    work.ended_s, held = 0.3, weakref.ref(work)
    ledger.add(answer("cache", lookup=1.0), times(1), in_time=True)
    del work

    assert held() is None


def test_misses_are_counted_by_their_cause() -> None:
    """With the tokens of the prompts that took too long; who was overtaken counts neither way."""
    ledger = StageLedger()
    for tokens in (300, 400, 500):
        work = RecordedWork(queued_ms=0, first_text_ms=200, usage=read(tokens, 190))
        ledger.add(answer(work=work, text="", model=150.0), times(150), in_time=False)
    ledger.add(answer(work=RecordedWork(queued_ms=140), text="", model=150.0), times(150), in_time=False)
    ledger.add(answer("cache", read=1.0), times(1), in_time=True)
    ledger.add(answer("none", text="", read=1.0), times(1), in_time=True)
    told = ledger.summary()

    assert told["misses"] == {"prompt": 3, "queue": 1}
    assert (told["answers"], told["counted"], told["in_time"], told["missed_prompt_tokens"]) == (6, 5, 1, 400)


def test_what_is_known_later_mends_the_cause() -> None:
    """An endpoint says at its end how long it read the prompt, which is after the answer that it came too late for."""
    ledger, work = StageLedger(), RecordedWork(ended_s=None, queued_ms=1, first_text_ms=None)
    ledger.add(answer(work=work, text="", model=150.0), times(150), in_time=False)
    before = ledger.summary()["misses"]
    work.first_text_ms, work.usage, work.ended_s = 400, read(700, 380), 0.5
    last = ledger.last()

    assert (before, ledger.summary()["misses"]) == ({"first": 1}, {"prompt": 1})
    assert last is not None
    assert last["evaluated_tokens"] == 700


@pytest.mark.parametrize(
    ("text", "ended_s", "cut"), [("foo", None, 1), ("foo", 0.2, 1), ("foo", 0.05, 0), ("", None, 0)]
)
def test_an_answer_is_cut_if_its_request_went_on(text: str, ended_s: float | None, cut: int) -> None:
    """And showed what was there."""
    ledger = StageLedger()
    ledger.add(answer(work=RecordedWork(ended_s=ended_s), text=text, model=100.0), times(100), in_time=True)

    assert ledger.summary()["cut"] == cut


def test_only_the_newest_are_kept_and_old_sums_are_not_told_again() -> None:
    """The first ones fall out."""
    ledger = StageLedger()
    for number in range(KEPT + 10):
        ledger.add(answer("cache", read=float(number)), times(number), in_time=True)
        ledger.summary()
    told: dict[str, Any] = ledger.summary()

    assert told["answers"] == KEPT
    assert told["found"]["cache"]["total_ms"]["max"] == KEPT + 9
    assert told["found"]["cache"]["total_ms"]["p50"] == 10 + KEPT // 2


async def test_no_text_is_in_it(completer: Completer, model: Scripted) -> None:
    """Of a real answer: neither what was asked nor what was said, in what other processes read."""
    model.enqueue("secret(1)")
    found = await completer.complete(HERE, arrived_s=0.0)
    ledger = StageLedger()
    ledger.add(found, times(found.total_ms), in_time=True)
    told = json.dumps([ledger.last(), ledger.summary()])

    assert found.text == "secret(1)"
    assert "secret" not in told
    assert "z = 3" not in told


async def test_a_request_that_came_before_it_was_looked_at_has_been_read(completer: Completer) -> None:
    """Which is a stage too, the first one; refused requests have theirs as well."""
    looked_at_s = time.perf_counter()
    asked = await completer.complete(HERE, arrived_s=looked_at_s - 5)
    refused = await completer.complete(drawn("fo║o"), arrived_s=looked_at_s - 5)

    assert [next(iter(one.stages_ms)) for one in (asked, refused)] == ["read", "read"]
    assert min(one.stages_ms["read"] for one in (asked, refused)) >= 5000
    assert list(refused.stages_ms) == ["read", "gate"]
