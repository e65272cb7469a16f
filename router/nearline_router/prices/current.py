"""What every endpoint of a configuration costs now, for those who have no router running."""

from __future__ import annotations

from nearline_router.config.models import RouterConfig
from nearline_router.learned import LearnedStore
from nearline_router.planner.speed import Speed
from nearline_router.prices.priced import Priced, price_of
from nearline_router.prices.published import Published
from nearline_router.registry.profile import Profile, profiles


def current_prices(config: RouterConfig) -> tuple[tuple[Profile, Priced], ...]:
    """By the configuration, the providers' lists and the speeds that were learned. Takes some 80 ms."""
    published, learned = Published(), LearnedStore().load()
    return tuple((profile, price_of(profile, _speed(profile, learned), published)) for profile in profiles(config))


def _speed(profile: Profile, learned: dict[str, dict[str, object]]) -> Speed:
    speed = Speed()
    state = learned.get(profile.learned_name, {}).get("speed")
    if isinstance(state, dict):
        speed.restore(state)
    return speed
