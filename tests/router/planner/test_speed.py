"""What an endpoint's own timings teach about its speed."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nearline_router.planner.speed import (
    ASSUMED_DECODE_TOKENS_PER_S,
    ASSUMED_PREFILL_TOKENS_PER_S,
    WORTH_LEARNING_TOKENS,
    Speed,
)
from nearline_router.types import Usage


def prefill(tokens: int | None, ms: float | None, cached: int | None = None) -> Usage:
    """An attempt that read so many tokens anew in so much time."""
    return Usage(evaluated_tokens=tokens, cached_tokens=cached, prefill_ms=ms)


def test_before_any_measurement_a_slow_laptop_is_assumed() -> None:
    """Half a second affords what the assumed speed reads in it."""
    assert int(ASSUMED_PREFILL_TOKENS_PER_S / 2) == Speed().affordable_tokens(500)


def test_the_first_measurement_replaces_the_assumption() -> None:
    """One attempt of 1000 tokens in 2 s is believed at once."""
    speed = Speed()

    speed.observe(prefill(1000, 2000))

    assert speed.prefill_tokens_per_s == 500


def test_later_measurements_move_the_average() -> None:
    """By the weight of the newest."""
    speed = Speed()

    speed.observe(prefill(1000, 2000))
    speed.observe(prefill(1000, 1000))

    assert speed.prefill_tokens_per_s == pytest.approx(650)


@pytest.mark.parametrize(
    "usage",
    [Usage(), prefill(WORTH_LEARNING_TOKENS - 1, 1), prefill(1000, None), prefill(None, 5), prefill(0, 0)],
    ids=["nothing", "too short", "no time", "no tokens", "zero"],
)
def test_what_measures_nothing_teaches_nothing(usage: Usage) -> None:
    """A short prefill shows overhead, not speed."""
    speed = Speed()

    speed.observe(usage)

    assert speed.prefill_tokens_per_s == ASSUMED_PREFILL_TOKENS_PER_S


def test_until_something_was_measured_the_configured_expectation_holds() -> None:
    """For any prompt: nobody knows better yet."""
    assert (Speed(85).ttft_ms(10, "complete"), Speed(85).ttft_ms(9000, "complete")) == (85, 85)


def test_an_endpoint_that_reports_no_prefill_is_known_by_its_first_content() -> None:
    """As in the cloud: one number for network and prefill together."""
    speed = Speed(320)

    speed.observe(Usage(output_tokens=50), ttft_ms=500)

    assert speed.ttft_ms(10, "explain") == 500


def test_an_endpoint_that_reports_its_prefill_is_known_by_network_and_uncached_tokens() -> None:
    """1000 tokens at 500 tokens/s after 20 ms of everything else."""
    speed = Speed(85)

    speed.observe(prefill(1000, 2000, cached=0), ttft_ms=2020, task="explain")

    assert speed.ttft_ms(2000, "explain") == pytest.approx(4020)


def test_what_the_prompt_cache_holds_is_not_read_again() -> None:
    """By task, since typing finds nearly everything in the cache and explaining nothing."""
    speed = Speed(85)
    speed.observe(prefill(1000, 1000, cached=0), ttft_ms=1000, task="explain")
    speed.observe(prefill(10, 10, cached=990), ttft_ms=10, task="complete")

    assert speed.ttft_ms(1000, "complete") < 50
    assert speed.ttft_ms(1000, "explain") > 900


def test_decoding_takes_its_time_too() -> None:
    """30 tokens at the assumed speed."""
    assert Speed().decode_ms(30) == pytest.approx(30 / ASSUMED_DECODE_TOKENS_PER_S * 1000)


def test_an_answer_is_predicted_as_long_as_its_task_usually_is() -> None:
    """And never longer than it may be."""
    speed = Speed()
    assert speed.output_tokens("explain", 2048) == 2048

    speed.observe(Usage(output_tokens=300), task="explain")

    assert (speed.output_tokens("explain", 2048), speed.output_tokens("explain", 100)) == (300, 100)


def test_what_was_learned_comes_back_after_a_restart() -> None:
    """Through JSON, as it is kept."""
    speed = Speed(85)
    speed.observe(Usage(1000, 10, 64, 2000.0, 900.0), ttft_ms=2100, task="explain")
    again = Speed(85)

    again.restore(json.loads(json.dumps(speed.state())))

    assert again.state() == speed.state()
    assert again.ttft_ms(500, "explain") == pytest.approx(speed.ttft_ms(500, "explain"))


json_values = st.recursive(
    st.none() | st.booleans() | st.floats() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
)


@given(st.dictionaries(st.sampled_from(["prefill", "decode", "ttft", "network", "anew", "x"]), json_values))
def test_a_damaged_file_never_breaks_a_prediction(state: dict[str, object]) -> None:
    """Whatever stands there, times stay finite and not negative."""
    speed = Speed(85)
    speed.restore(state)

    assert 0 <= speed.ttft_ms(1000, "complete") + speed.decode_ms(64) < float("inf")


@given(st.integers(0, 10_000), st.integers(0, 10_000))
def test_more_tokens_never_predict_less(tokens: int, more: int) -> None:
    """In either term."""
    speed = Speed()
    speed.observe(prefill(1000, 1000, cached=0), ttft_ms=1005)

    assert speed.ttft_ms(tokens + more, "") >= speed.ttft_ms(tokens, "")
    assert speed.decode_ms(tokens + more) >= speed.decode_ms(tokens)


def test_a_share_that_is_known_takes_the_place_of_the_usual_one() -> None:
    """A keystroke in a new window, where most are in an old one."""
    speed = Speed(85)
    speed.observe(prefill(1000, 1000, cached=0), ttft_ms=1020, task="complete")
    for _ in range(8):
        speed.observe(prefill(3, 20, cached=997), ttft_ms=40, task="complete")

    assert speed.ttft_ms(1000, "complete", 0.003) == pytest.approx(40)
    assert speed.ttft_ms(1000, "complete", 1.0) == pytest.approx(1020)


def test_a_stall_does_not_move_the_predictions_of_a_keystroke() -> None:
    """One answer in nine that took seconds is one answer in nine."""
    speed = Speed(85)
    speed.observe(prefill(1000, 1000, cached=0), ttft_ms=1020, task="complete")
    for took_ms in (40, 40, 40, 4000, 40):
        speed.observe(prefill(3, took_ms / 2, cached=997), ttft_ms=took_ms, task="complete")

    assert speed.ttft_ms(1000, "complete", 0.003) == pytest.approx(40)


def took_longer(speed: Speed, times: float, attempts: int) -> None:
    """So many attempts of 200 tokens whose first content comes later by this than reading and network explain."""
    for number in range(attempts):
        # In turns, so that no single time explains both: the network's median stays at that of the first task.
        speed.observe(prefill(200, 200, cached=0), ttft_ms=220, task="typed" if number % 2 else "other")
        speed.observe(prefill(200, 200, cached=0), ttft_ms=220, task="typed")
        speed.observe(prefill(200, 200, cached=0), ttft_ms=220 * times, task="biased")


@pytest.mark.parametrize("times", [0.5, 2.0])
def test_a_constant_bias_of_a_task_is_corrected_and_that_of_no_other(times: float) -> None:
    """After the eight attempts that most of fifteen are."""
    speed = Speed(85)
    took_longer(speed, times, 8)

    assert speed.ttft_ms(200, "biased") == pytest.approx(220 * times, rel=0.01)
    assert speed.ttft_ms(200, "typed") == pytest.approx(220, rel=0.01)


@given(st.floats(0.5, 2.0), st.floats(0.5, 2.0))
def test_a_prediction_recovers_from_a_step_change(before: float, after: float) -> None:
    """Of the whole machine, within twenty attempts: first the times follow, then the correction lets go."""
    speed = Speed(85)
    for factor in [*[before] * 20, *[after] * 20]:
        speed.observe(prefill(200, 200 * factor, cached=0), ttft_ms=220 * factor, task="typed")

    assert speed.ttft_ms(200, "typed") == pytest.approx(220 * after, rel=0.05)


NUMBERS = st.none() | st.floats() | st.integers(-5, 10**12)
COUNTS = st.none() | st.integers(-5, 10**9)
USAGES = st.builds(Usage, COUNTS, COUNTS, COUNTS, NUMBERS, NUMBERS)


@given(st.lists(st.tuples(USAGES, NUMBERS), max_size=25), st.integers(0, 10_000), st.integers(0, 10_000))
def test_whatever_was_measured_predictions_are_finite_and_grow_with_the_prompt(
    history: list[tuple[Usage, float | None]], tokens: int, more: int
) -> None:
    """Endpoints may say anything of themselves; a correction is never beyond four times."""
    speed = Speed(85)
    for usage, ttft_ms in history:
        speed.observe(usage, ttft_ms, "typed")
    less, whole = speed.ttft_ms(tokens, "typed"), speed.ttft_ms(tokens + more, "typed")

    assert 0 < less <= whole < float("inf")
    assert 0.25 <= whole / speed.ttft_ms(tokens + more, "unknown", speed.share_anew("typed")) <= 4
    assert 0 <= speed.decode_ms(64) < float("inf")


def test_a_correction_comes_back_after_a_restart() -> None:
    """And is given up no sooner than it was learned."""
    speed, again = Speed(85), Speed(85)
    took_longer(speed, 2.0, 8)
    again.restore(json.loads(json.dumps(speed.state())))
    took_longer(again, 1.0, 4)

    assert again.corrections["biased"].value == pytest.approx(speed.corrections["biased"].value)
