"""The stages of one answer: they add up, whatever happened when."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nearline_router.types import Usage
from nearline_server.completion.stages import STAGES, all_stages, miss_cause, split_wait

from .recorded_work import RecordedWork, read

MS = st.floats(0, 5000)
MAYBE_MS = st.none() | MS
MARKED = st.dictionaries(st.sampled_from([*STAGES[:4], "model", "trim", "reply", "send"]), MS)


@st.composite
def works(draw: st.DrawFn) -> RecordedWork:
    """Any request, also one that says nonsense of itself."""
    queued_ms, first_ms, prefill_ms = draw(MAYBE_MS), draw(MAYBE_MS), draw(MAYBE_MS)
    return RecordedWork(0.0, None, queued_ms, first_ms, draw(st.sampled_from([None, Usage(prefill_ms=prefill_ms)])))


def rounded(**spent: float) -> dict[str, float]:
    """The stages of a wait, those that took nothing left out."""
    return {stage: round(ms, 6) for stage, ms in spent.items() if ms}


@given(MARKED, MS, st.floats(-5000, 5000), st.none() | works())
def test_the_stages_add_up_to_the_whole(
    marked_ms: dict[str, float], more_ms: float, began_ms: float, work: RecordedWork | None
) -> None:
    """No stage is negative, and what nobody accounts for is a stage of its own."""
    total_ms = sum(marked_ms.values()) + more_ms
    stages_ms = all_stages(total_ms, marked_ms, began_ms, work)

    assert min(stages_ms) >= 0
    assert sum(stages_ms) == pytest.approx(total_ms, abs=1e-6)
    assert len(stages_ms) == len(STAGES)


@given(MS, MS, st.floats(-5000, 5000), works())
def test_a_wait_is_split_without_a_rest(from_ms: float, wait_ms: float, began_ms: float, work: RecordedWork) -> None:
    """However its parts lie to it."""
    spent = split_wait(from_ms, from_ms + wait_ms, began_ms, work)

    assert min(spent.values()) >= 0
    assert sum(spent.values()) == pytest.approx(wait_ms, abs=1e-6)


def test_a_request_of_ones_own_is_queue_prompt_first_text_and_writing() -> None:
    """As the endpoint says how long it read, the rest until the first text is the network's and the first tokens'."""
    work = RecordedWork(queued_ms=5, first_text_ms=60, usage=read(9, 40))

    assert rounded(**split_wait(10, 110, 10, work)) == {"queue": 5, "prompt": 40, "first": 15, "decode": 40}


def test_of_a_joined_request_only_what_was_waited_for_counts() -> None:
    """It began 50 ms before, so most of the reading was over."""
    work = RecordedWork(queued_ms=5, first_text_ms=60, usage=read(9, 50))

    assert rounded(**split_wait(0, 40, -50, work)) == {"prompt": 5, "first": 5, "decode": 30}


def test_a_joined_request_that_went_another_way_is_a_stage_of_its_own() -> None:
    """The second request began 30 ms later than the wait."""
    work = RecordedWork(queued_ms=0, first_text_ms=20)

    assert rounded(**split_wait(0, 60, 30, work)) == {"joined": 30, "first": 20, "decode": 10}


@pytest.mark.parametrize(
    ("work", "spent"),
    [
        (RecordedWork(queued_ms=None, first_text_ms=None), {"queue": 100}),
        (RecordedWork(queued_ms=20, first_text_ms=None), {"queue": 20, "first": 80}),
        (RecordedWork(queued_ms=20, first_text_ms=400, usage=read(500, 350)), {"queue": 20, "prompt": 80}),
    ],
)
def test_what_had_not_happened_when_the_time_was_over_takes_the_rest(
    work: RecordedWork, spent: dict[str, float]
) -> None:
    """Still in the queue, still without text, and the same when it is known later that the prompt was long."""
    assert rounded(**split_wait(0, 100, 0, work)) == spent


@pytest.mark.parametrize(
    ("marked_ms", "work", "cause"),
    [
        ({"model": 100}, RecordedWork(queued_ms=90, first_text_ms=None), "queue"),
        ({"model": 100}, RecordedWork(started_s=0.09, first_text_ms=None), "queue"),
        ({"model": 100}, RecordedWork(queued_ms=1, first_text_ms=95, usage=read(300, 90)), "prompt"),
        ({"model": 100}, RecordedWork(queued_ms=1, first_text_ms=95), "first"),
        ({"model": 100}, RecordedWork(queued_ms=1, first_text_ms=10), "decode"),
        ({"read": 80, "model": 50}, RecordedWork(queued_ms=1, first_text_ms=40), "server"),
        ({"read": 10}, None, "server"),
    ],
)
def test_the_cause_of_a_miss_is_what_took_longest(
    marked_ms: dict[str, float], work: RecordedWork | None, cause: str
) -> None:
    """The server's own stages count together."""
    began_ms = 0.0 if work is None else work.started_s * 1000

    assert miss_cause(all_stages(sum(marked_ms.values()) + 5, marked_ms, began_ms, work)) == cause
