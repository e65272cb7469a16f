"""The speed of now against the speed of an endpoint that is cool."""

from __future__ import annotations

from math import isnan

import pytest

from nearline_router.thermal.speed import (
    COOL_KEEPS_S,
    LEARN_EVERY_S,
    RECENT_KEEPS_S,
    WORTH_MEASURING_TOKENS,
    DecodingSpeed,
    decode_tokens_per_s,
)
from nearline_router.types import Usage


def shares(speed: DecodingSpeed, speeds: list[float], start_s: float = 0, model: str = "", cool: bool = True) -> float:
    """The last share of measurements that are far enough apart to be learned each; NaN: not enough is known."""
    share = None
    for number, measured in enumerate(speeds):
        share = speed.share(measured, model, cool, start_s + number * LEARN_EVERY_S)
    return float("nan") if share is None else share


@pytest.mark.parametrize(
    ("usage", "speed"),
    [
        (Usage(output_tokens=50, decode_ms=1000), 50.0),
        (Usage(output_tokens=WORTH_MEASURING_TOKENS - 1, decode_ms=1000), None),
        (Usage(output_tokens=50), None),
        (Usage(output_tokens=50, decode_ms=0), None),
        (Usage(decode_ms=1000), None),
    ],
    ids=["enough", "too short", "no time", "no time at all", "no tokens"],
)
def test_the_speed_of_an_attempt_is_told_by_its_usage(usage: Usage, speed: float | None) -> None:
    """Where that says enough."""
    assert decode_tokens_per_s(usage) == speed


def test_fewer_than_five_measurements_say_nothing() -> None:
    """Neither of the cool speed nor of now."""
    assert isnan(shares(DecodingSpeed(), [50] * 4))
    assert shares(DecodingSpeed(), [50] * 5) == pytest.approx(1)


def test_one_slow_answer_is_no_slow_endpoint() -> None:
    """The median of the last five decides."""
    assert shares(DecodingSpeed(), [50] * 10 + [5]) == pytest.approx(1)
    assert shares(DecodingSpeed(), [50] * 10 + [5, 5]) == pytest.approx(1)
    assert shares(DecodingSpeed(), [50] * 10 + [5, 5, 5]) == pytest.approx(0.1)


def test_one_glitch_upwards_does_not_set_the_cool_speed() -> None:
    """Tokens that came all at once look like an absurd speed."""
    assert shares(DecodingSpeed(), [50, 50, 5000, 50, 50, 50]) == pytest.approx(1)


def test_a_slow_decline_is_seen() -> None:
    """A quarter less over twenty minutes, as M-series chips do under sustained load."""
    twenty_minutes = int(20 * 60 / LEARN_EVERY_S)
    declining = [60 * (1 - 0.25 * number / twenty_minutes) for number in range(twenty_minutes)]

    assert shares(DecodingSpeed(), declining) < 0.8


def test_what_was_measured_hot_does_not_teach_the_cool_speed() -> None:
    """However long it lasts within the hour."""
    speed = DecodingSpeed()
    shares(speed, [60] * 5)

    assert shares(speed, [30] * 100, start_s=30, cool=False) == pytest.approx(0.5)


def test_a_speed_that_lasted_for_an_hour_is_how_the_endpoint_is() -> None:
    """The faster one is forgotten, and with it the reason to think of heat."""
    speed = DecodingSpeed()
    shares(speed, [60] * 5)
    later_s = COOL_KEEPS_S + 60

    assert isnan(shares(speed, [30] * 5, start_s=later_s, cool=False))
    assert shares(speed, [30] * 5, start_s=later_s + 60) == pytest.approx(1)


def test_each_model_has_its_own_cool_speed() -> None:
    """A larger model that is served in its place is slower, and not hot."""
    speed = DecodingSpeed()
    shares(speed, [60] * 5, model="small")

    assert shares(speed, [20] * 5, start_s=60, model="large") == pytest.approx(1)
    assert shares(speed, [30] * 5, start_s=120, model="small", cool=False) == pytest.approx(0.5)


def test_measurements_of_another_model_say_nothing_of_this_one() -> None:
    """Three answers of the smaller one after many of the larger are not enough, though both are known."""
    speed = DecodingSpeed()
    shares(speed, [60] * 5, model="small")
    shares(speed, [20] * 5, start_s=25, model="large")

    assert isnan(shares(speed, [60] * 3, start_s=50, model="small"))


def test_after_a_rest_it_takes_five_new_measurements() -> None:
    """What the endpoint did before it rested says nothing of now."""
    speed = DecodingSpeed()
    shares(speed, [60] * 5 + [30] * 5)
    rested_s = 10 * LEARN_EVERY_S + RECENT_KEEPS_S

    assert isnan(shares(speed, [60] * 4, start_s=rested_s))
    assert shares(speed, [60], start_s=rested_s + 4 * LEARN_EVERY_S) == pytest.approx(1)
