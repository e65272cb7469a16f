"""The steps of heat: a step a time, up while a signal stays and down when it is gone."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nearline_router.thermal.heat import DWELL_S, READING_KEEPS_S, Heat, HeatLevel
from nearline_router.thermal.reading import Pressure, Reading
from nearline_router.thermal.speed import LEARN_EVERY_S, RECENT_KEEPS_S
from tests.router.thermal.clock import Clock

THRESHOLD_C = 85.0
COOL, WARM, HOT, VERY_HOT, OVERHEATED = HeatLevel


@pytest.fixture
def clock() -> Clock:
    """A virtual clock."""
    return Clock()


@pytest.fixture
def heat(clock: Clock) -> Heat:
    """An endpoint on this machine, cool."""
    return Heat(THRESHOLD_C, clock)


def levels(heat: Heat, clock: Clock, readings: Iterable[Reading]) -> list[HeatLevel]:
    """The level after each of the readings, which are a second apart."""
    after = []
    for reading in readings:
        heat.observe_reading(reading)
        after.append(heat.level)
        clock.now_s += 1
    return after


def temperatures(*spans: tuple[float, int]) -> list[Reading]:
    """Each temperature for so many seconds."""
    return [Reading(temperature_c) for temperature_c, seconds in spans for _ in range(seconds)]


def decode(heat: Heat, clock: Clock, tokens_per_s: float, count: int, model: str = "") -> None:
    """So many attempts of one speed, as far apart as is learned from each."""
    for _ in range(count):
        heat.observe_speed(tokens_per_s, model)
        clock.now_s += LEARN_EVERY_S


def changes(after: list[HeatLevel]) -> list[tuple[int, HeatLevel]]:
    """When a level was reached, and which."""
    return [(second, now) for second, (before, now) in enumerate(pairwise([COOL, *after])) if now != before]


def test_it_is_cool_at_first(heat: Heat) -> None:
    """And has nothing to explain."""
    assert (heat.level, heat.reason) == (COOL, "")


def test_above_the_threshold_it_rises_a_step_every_twenty_seconds(heat: Heat, clock: Clock) -> None:
    """Up to the last."""
    after = levels(heat, clock, temperatures((91, 120)))

    assert changes(after) == [(20, WARM), (40, HOT), (60, VERY_HOT), (80, OVERHEATED)]


def test_when_it_has_cooled_it_falls_a_step_every_twenty_seconds(heat: Heat, clock: Clock) -> None:
    """Down to cool."""
    after = levels(heat, clock, temperatures((91, 50), (77, 80)))

    assert changes(after) == [(20, WARM), (40, HOT), (70, WARM), (90, COOL)]


def test_a_little_below_the_threshold_is_not_cool_yet(heat: Heat, clock: Clock) -> None:
    """Only seven degrees below it the signal is gone."""
    assert levels(heat, clock, temperatures((86, 1), (79, 100)))[-1] is OVERHEATED


def test_a_little_below_the_threshold_is_not_hot_either(heat: Heat, clock: Clock) -> None:
    """A machine that never reached it stays cool."""
    assert levels(heat, clock, temperatures((84.9, 200)))[-1] is COOL


def test_a_short_spike_changes_nothing(heat: Heat, clock: Clock) -> None:
    """A compilation of fifteen seconds is no heat."""
    assert changes(levels(heat, clock, temperatures((95, 15), (70, 60)))) == []


@pytest.mark.parametrize(("threshold_c", "level"), [(60.0, HOT), (95.0, COOL)])
def test_the_threshold_is_the_endpoint_s_own(clock: Clock, threshold_c: float, level: HeatLevel) -> None:
    """As the configuration has it."""
    assert levels(Heat(threshold_c, clock), clock, temperatures((70, 50)))[-1] is level


@pytest.mark.parametrize(
    ("pressure", "level"),
    [(Pressure.NOMINAL, COOL), (Pressure.MODERATE, COOL), (Pressure.HEAVY, HOT), (Pressure.TRAPPING, HOT)],
)
def test_heavy_pressure_is_heat_at_any_temperature(
    heat: Heat, clock: Clock, pressure: Pressure, level: HeatLevel
) -> None:
    """The system throttles from there on."""
    assert levels(heat, clock, [Reading(60.0, pressure)] * 50)[-1] is level


def test_heavy_pressure_is_over_when_it_is_moderate(heat: Heat, clock: Clock) -> None:
    """The system has no steps in between."""
    readings = [Reading(pressure=Pressure.HEAVY)] * 25 + [Reading(pressure=Pressure.MODERATE)] * 25

    assert changes(levels(heat, clock, readings)) == [(20, WARM), (45, COOL)]


def test_the_worst_signal_counts(heat: Heat, clock: Clock) -> None:
    """A temperature that is well does not outweigh the pressure, nor the other way round."""
    readings = [Reading(60.0, Pressure.HEAVY)] * 30 + [Reading(90.0, Pressure.NOMINAL)] * 30

    assert levels(heat, clock, readings)[-1] is HOT


def test_without_readings_it_falls(heat: Heat, clock: Clock) -> None:
    """The sensor was lost while it was hot: after the last reading has lapsed, time alone makes the steps."""
    levels(heat, clock, temperatures((91, 61)))
    assert heat.level is VERY_HOT

    clock.now_s += READING_KEEPS_S + 3 * DWELL_S

    assert heat.level is COOL


def test_an_endpoint_elsewhere_is_not_judged_by_this_machine(clock: Clock) -> None:
    """A laptop that is hot says nothing of a workstation in the next room."""
    elsewhere = Heat(None, clock)

    assert levels(elsewhere, clock, [Reading(99.0, Pressure.TRAPPING)] * 100)[-1] is COOL


def test_an_endpoint_elsewhere_is_judged_by_its_speed(clock: Clock) -> None:
    """Which is all that is known of it."""
    elsewhere = Heat(None, clock)

    decode(elsewhere, clock, 50, 10)
    decode(elsewhere, clock, 30, 10)

    assert elsewhere.level > COOL


def test_one_slow_answer_is_no_heat(heat: Heat, clock: Clock) -> None:
    """Something else was going on."""
    decode(heat, clock, 50, 10)
    decode(heat, clock, 5, 1)
    clock.now_s += DWELL_S

    assert heat.level is COOL


@pytest.mark.parametrize(("tokens_per_s", "hot"), [(41, False), (39, True)])
def test_below_four_fifths_of_the_cool_speed_it_is_hot(
    heat: Heat, clock: Clock, tokens_per_s: float, hot: bool
) -> None:
    """A little variation is not heat."""
    decode(heat, clock, 50, 20)
    decode(heat, clock, tokens_per_s, 20)

    assert (heat.level > COOL) is hot


@pytest.mark.parametrize(("tokens_per_s", "level"), [(44, OVERHEATED), (46, COOL)])
def test_it_is_well_again_at_nine_tenths(heat: Heat, clock: Clock, tokens_per_s: float, level: HeatLevel) -> None:
    """Between four fifths and nine tenths it stays what it was."""
    decode(heat, clock, 50, 20)
    decode(heat, clock, 30, 30)
    decode(heat, clock, tokens_per_s, 30)

    assert heat.level is level


def test_an_endpoint_that_is_left_alone_cools(heat: Heat, clock: Clock) -> None:
    """Overheated, it is not asked any more, so that no speed would ever tell that it is well again."""
    decode(heat, clock, 50, 20)
    decode(heat, clock, 30, 30)
    assert heat.level is OVERHEATED

    clock.now_s += RECENT_KEEPS_S + len(HeatLevel) * DWELL_S

    assert heat.level is COOL


def test_signals_lapse_each_in_its_time(heat: Heat, clock: Clock) -> None:
    """The speed is believed longer than a reading, and in the end neither is."""
    decode(heat, clock, 50, 20)
    decode(heat, clock, 30, 5)
    heat.observe_reading(Reading(91.0))
    clock.now_s += RECENT_KEEPS_S - LEARN_EVERY_S - 1

    assert "decoding at 60 %" in heat.reason
    assert "°C" not in heat.reason

    clock.now_s += 1 + len(HeatLevel) * DWELL_S

    assert heat.level is COOL


def test_another_model_is_measured_by_its_own_speed(heat: Heat, clock: Clock) -> None:
    """A larger one is slower and no heat."""
    decode(heat, clock, 50, 20, model="small")
    decode(heat, clock, 15, 20, model="large")

    assert heat.level is COOL


def test_what_is_measured_hot_does_not_pass_for_cool(heat: Heat, clock: Clock) -> None:
    """A session that goes on on a hot machine learns nothing until that has cooled."""
    for _ in range(40):
        heat.observe_reading(Reading(95.0))
        decode(heat, clock, 20, 1)
    levels(heat, clock, temperatures((60, 120)))
    decode(heat, clock, 50, 5)
    decode(heat, clock, 36, 10)

    assert heat.level > COOL


@pytest.mark.parametrize(
    ("readings", "reason"),
    [
        (temperatures((91, 41)), "91 °C, above 85 °C for 41 s"),
        (temperatures((91, 30), (80, 11)), "80 °C, not yet down to 78 °C"),
        (temperatures((91, 30), (70, 11)), "cooling down"),
        ([Reading(pressure=Pressure.HEAVY)] * 41, "the system reports heavy thermal pressure"),
        (
            [Reading(90.0, Pressure.TRAPPING)] * 41,
            "90 °C, above 85 °C for 41 s; the system reports trapping thermal pressure",
        ),
        (temperatures((70, 41)), ""),
    ],
)
def test_the_reason_is_a_phrase_for_the_user(heat: Heat, clock: Clock, readings: list[Reading], reason: str) -> None:
    """With the numbers that decided."""
    levels(heat, clock, readings)

    assert heat.reason == reason


def test_a_slow_endpoint_gives_its_speed_as_the_reason(heat: Heat, clock: Clock) -> None:
    """As a share of what it does when it is cool."""
    decode(heat, clock, 50, 10)
    decode(heat, clock, 31, 10)

    assert heat.reason == "decoding at 62 % of its cool speed"


@given(st.lists(st.tuples(st.floats(60, 110), st.sampled_from(Pressure), st.floats(1, 100)), max_size=200))
def test_a_level_never_moves_more_than_one_step_in_twenty_seconds(
    samples: list[tuple[float, Pressure, float]],
) -> None:
    """Whatever the sensors and the speed say, when it is looked at every second."""
    clock = Clock()
    heat, after = Heat(THRESHOLD_C, clock), []
    for temperature_c, pressure, tokens_per_s in samples:
        heat.observe_reading(Reading(temperature_c, pressure))
        heat.observe_speed(tokens_per_s)
        after.append(heat.level)
        clock.now_s += 1

    seen = changes(after)

    assert all(abs(now - before) <= 1 for before, now in pairwise([COOL, *after]))
    assert all(later - earlier >= DWELL_S for (earlier, _), (later, _) in pairwise(seen))


@given(st.lists(st.tuples(st.floats(60, 110), st.floats(0, 300)), max_size=50))
def test_nor_does_it_when_nobody_looks(samples: list[tuple[float, float]]) -> None:
    """However far apart the looks are, there are no more steps between them than there is time for."""
    clock = Clock()
    heat = Heat(THRESHOLD_C, clock)
    for temperature_c, pause_s in samples:
        before = heat.level
        heat.observe_reading(Reading(temperature_c))
        clock.now_s += pause_s

        assert abs(heat.level - before) <= pause_s // DWELL_S + 1


@given(st.lists(st.tuples(st.sampled_from([70.0, 80.0, 90.0]), st.integers(1, 60)), max_size=30))
def test_how_often_somebody_looks_makes_no_difference(samples: list[tuple[float, int]]) -> None:
    """A level is a matter of time: one look finds what a look every second finds."""
    clock = Clock()
    watched, left_alone = Heat(THRESHOLD_C, clock), Heat(THRESHOLD_C, clock)
    for temperature_c, pause_s in samples:
        watched.observe_reading(Reading(temperature_c))
        left_alone.observe_reading(Reading(temperature_c))
        for _ in range(pause_s):
            clock.now_s += 1
            level = watched.level

        assert left_alone.level is level


@given(st.lists(st.floats(-3, 3), min_size=60, max_size=300))
def test_noise_around_the_threshold_does_not_flap(noise: list[float]) -> None:
    """Once it is hot it stays so: the way down never begins."""
    clock = Clock()
    after = levels(Heat(THRESHOLD_C, clock), clock, [Reading(THRESHOLD_C + degrees) for degrees in noise])

    assert all(now >= before for before, now in pairwise(after))


@given(st.lists(st.tuples(st.floats(60, 110), st.sampled_from(Pressure)), max_size=200), st.lists(st.floats(20, 78)))
def test_after_it_has_cooled_it_is_cool_in_the_end(hot: list[tuple[float, Pressure]], cool: list[float]) -> None:
    """Whatever was before, five dwells later there is nothing left of it."""
    clock = Clock()
    heat = Heat(THRESHOLD_C, clock)
    levels(heat, clock, [Reading(*sample) for sample in hot])

    levels(heat, clock, [Reading(temperature_c, Pressure.NOMINAL) for temperature_c in [*cool, 60.0]])
    levels(heat, clock, [Reading(60.0, Pressure.NOMINAL)] * int(len(HeatLevel) * DWELL_S))

    assert heat.level is COOL
