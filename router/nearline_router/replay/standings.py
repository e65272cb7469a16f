"""The endpoints of a configuration as a replay meets them: well, cool, and as fast as they were measured."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from nearline_router.config import RouterConfig
from nearline_router.planner.speed import Speed
from nearline_router.policy.standing import Standing
from nearline_router.prices.priced import price_of
from nearline_router.registry.profile import Profile, profiles
from nearline_router.tokens.learned import LearnedRatio
from nearline_router.types import Usage

if TYPE_CHECKING:  # it reads long lists
    from nearline_router.prices.published import Published

# As many as a moving average remembers.
NEWEST = 200
TIMINGS = f"""
SELECT task, input_tokens, cached_tokens, output_tokens, prefill_us, decode_us, ttft_us FROM attempts
WHERE endpoint = ? AND model IS ? AND ttft_us IS NOT NULL ORDER BY opened_us DESC LIMIT {NEWEST}
"""  # noqa: S608 (a constant of ours)

Learned = Mapping[str, Mapping[str, Any]]


def standings(
    config: RouterConfig, learned: Learned, connection: sqlite3.Connection, published: Published | None = None
) -> list[Standing]:
    """One for each endpoint. Raises sqlite3.Error.

    Its speed and tokens per character are what was learned of it under the same id and model; else its speed is that of
    the ledger's attempts; else what is expected of its provider. Its price is the one in force today.
    """
    return [_standing(profile, learned, connection, published) for profile in profiles(config)]


def _standing(
    profile: Profile, learned: Learned, connection: sqlite3.Connection, published: Published | None
) -> Standing:
    speed, ratio = Speed(profile.expected_ttft_ms), LearnedRatio()
    known = learned.get(profile.learned_name, {})
    for part, name in ((speed, "speed"), (ratio, "tokens")):
        values = known.get(name)
        if isinstance(values, Mapping):
            part.restore(values)
    if not speed.ttft.measured:
        _learn(speed, connection.execute(TIMINGS, (profile.id, profile.model)).fetchall())
    per_char = ratio.tokens_per_character if ratio.fed else None
    return Standing(profile, speed, tokens_per_char=per_char, priced=price_of(profile, speed, published))


def _learn(speed: Speed, newest_first: Sequence[tuple[Any, ...]]) -> None:
    for task, read, cached, written, prefill_us, decode_us, ttft_us in reversed(newest_first):
        evaluated = None if read is None else read - (cached or 0)
        usage = Usage(evaluated, cached, written, _ms(prefill_us), _ms(decode_us))
        speed.observe(usage, ttft_us / 1000, task)


def _ms(us: int | None) -> float | None:
    return None if us is None else us / 1000
