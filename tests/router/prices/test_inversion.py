"""The warning where electricity alone says one thing and the whole bill another."""

from __future__ import annotations

from nearline_router.config import RouterConfig
from nearline_router.prices.inversion import inversions
from nearline_router.prices.priced import price_of
from nearline_router.registry.profile import profiles


def told(*, near_usd: tuple[float, float] | None, far_usd: float | None) -> list[str]:
    """The sentences about a studio with these prices (marginal, full) and a cloud endpoint."""
    near = {"marginal_cost_per_mtok": near_usd[0], "cost_per_mtok": near_usd[1]} if near_usd else {}
    config = RouterConfig.model_validate(
        {
            "engine": {"enabled": False},
            "endpoints": {
                "studio": {"host": "http://studio.lan:8080", "local": True, **near},
                "cloud": {"provider": "openrouter", "model": "m", "cost_per_mtok": far_usd},
            },
        }
    )
    return inversions([(profile, price_of(profile)) for profile in profiles(config)])


def test_a_basis_that_inverts_the_order_is_told_with_both_figures() -> None:
    """The reference design's prices, if its electricity costs 20 cents."""
    assert told(near_usd=(0.2, 33), far_usd=0.65) == [
        "A million tokens cost $0.20 at studio by its electricity and $33.00 with its hardware, and $0.65 at cloud: "
        "studio is chosen as the cheaper one, but all in all cloud is."
    ]


def test_where_both_say_the_same_nothing_is_told() -> None:
    """Cheaper both ways, or dearer both ways."""
    assert told(near_usd=(0.2, 0.4), far_usd=0.65) == []
    assert told(near_usd=(33, 33), far_usd=0.65) == []


def test_the_other_way_round_is_told_too() -> None:
    """A marginal price above the full one is odd, but somebody said it."""
    (sentence,) = told(near_usd=(2, 0.5), far_usd=1)

    assert sentence.endswith("cloud is chosen as the cheaper one, but all in all studio is.")


def test_an_unknown_price_is_compared_with_nothing() -> None:
    """Neither side's."""
    assert told(near_usd=(0.2, 33), far_usd=None) == []
    assert told(near_usd=None, far_usd=0.65) == []
