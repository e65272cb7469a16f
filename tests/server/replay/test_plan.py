"""What the replay bench plays: eight languages, on one side of the split, in turns."""

from __future__ import annotations

from nearline_server.replay.files import held_out
from nearline_server.replay.results import LEAST_SESSIONS, Work
from tests.bench.replay.meter import _counters, between
from tests.bench.replay.plan import BLOCK, Plan, plan
from tests.bench.replay.soak import Sample, Soaked
from tests.bench.replay.strategies import OURS, PEERS, without

METRICS = """# HELP llamacpp:prompt_tokens_total Number of prompt tokens processed.
# TYPE llamacpp:prompt_tokens_total counter
llamacpp:prompt_tokens_total 80
llamacpp:prompt_seconds_total 7.82117
"""


def test_the_shortest_replay_has_every_language_and_only_files_held_out() -> None:
    """Eight at least; and nobody tunes on what is reported."""
    planned = plan(1, tuning=False)

    assert len({session.file.language for session in planned.main}) == BLOCK
    assert all(held_out(session.file.name) for session in planned.main)
    assert not any(held_out(session.file.name) for session in plan(1, tuning=True).main)


def test_more_minutes_are_more_sessions_and_the_same_first_ones() -> None:
    """Of as many keys each; and ablations are over the first of them."""
    hour, two = plan(60, tuning=False), plan(120, tuning=False)

    assert BLOCK < len(hour.main) < len(two.main)
    assert two.main[: len(hour.main)] == hour.main
    assert hour.ablated == hour.main[: len(hour.ablated)]
    assert LEAST_SESSIONS <= len(hour.ablated) < len(hour.main)


def test_strategies_take_turns_whose_order_turns_around() -> None:
    """Each plays all of its sessions once; ablations only theirs."""
    session = plan(1, tuning=False).main[0]
    planned = Plan((session,) * 12, (session,) * 3)
    names = [OURS, PEERS[0], without("join")]
    blocks = [(name, [number for number, _ in numbered]) for name, numbered in planned.blocks(names)]

    first, second = list(range(8)), list(range(8, 12))
    assert blocks == [
        (OURS, first), (PEERS[0], first), (without("join"), [0, 1, 2]), (PEERS[0], second), (OURS, second),
    ]  # fmt: skip


def test_an_engine_s_counters_are_read() -> None:
    """As Prometheus has them, comments left out; work is what they grew by."""
    assert _counters(METRICS) == {"prompt_tokens_total": 80.0, "prompt_seconds_total": 7.82117}
    assert between(Work(10, 5, 1.0, 30.0), Work(30, 6, 3.0, 90.0)) == Work(20, 1, 2.0, 60.0)


def test_a_soak_compares_its_first_and_its_last_sixth() -> None:
    """Of an hour, ten minutes each."""
    soaked = Soaked(
        samples=[Sample(at_s, 80.0, 11, 0, 6, 7, 850.0, 40) for at_s in range(60, 3661, 60)],
        request_ms=[(at_s, float(at_s)) for at_s in range(0, 3600, 60)],
    )

    assert (soaked.first()[-1].at_s, soaked.last()[0].at_s) == (600, 3060)
    assert (max(soaked.first_ms()), min(soaked.last_ms())) == (600.0, 3060.0)
    assert [len(part) for part in soaked.sixths()] == [10, 10, 10, 10, 10, 11]
