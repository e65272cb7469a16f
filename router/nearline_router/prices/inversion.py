"""Where the basis decides: a local endpoint that is cheaper by one of its two costs and dearer by the other."""

from __future__ import annotations

from collections.abc import Iterable

from nearline_router.prices.price import TOKENS_PER_MTOK, Price
from nearline_router.prices.priced import Priced
from nearline_router.registry.profile import Profile

# Nine tokens of prompt for one of answer: code is asked about, or completed, with much more context than comes back.
PROMPT_SHARE = 0.9


def inversions(endpoints: Iterable[tuple[Profile, Priced]]) -> list[str]:
    """One sentence for each pair of a local and another endpoint whose order depends on what is counted."""
    known = [(profile, *costs) for profile, priced in endpoints if (costs := _both_usd(priced))]
    near = [one for one in known if one[0].local]
    far = [one for one in known if not one[0].local]
    return [
        _sentence(mine[0].id, mine[1], mine[2], other[0].id, other[1], other[2])
        for mine in near
        for other in far
        if (mine[1] < other[1]) != (mine[2] < other[2])
    ]


def _both_usd(priced: Priced) -> tuple[float, float] | None:
    marginal, full = _usd_per_mtok(priced.marginal), _usd_per_mtok(priced.full)
    return None if marginal is None or full is None else (marginal, full)


def _usd_per_mtok(price: Price) -> float | None:
    # The price of a short prompt, a million of them together.
    return price.at(0).cost_usd(PROMPT_SHARE * TOKENS_PER_MTOK, (1 - PROMPT_SHARE) * TOKENS_PER_MTOK)


def _sentence(near: str, near_marginal: float, near_full: float, far: str, far_marginal: float, far_full: float) -> str:
    theirs = _told(far_full) if far_marginal == far_full else f"{_told(far_marginal)} ({_told(far_full)} in full)"
    cheaper, dearer = (near, far) if near_marginal < far_marginal else (far, near)
    return (
        f"A million tokens cost {_told(near_marginal)} at {near} by its electricity and {_told(near_full)} with its "
        f"hardware, and {theirs} at {far}: {cheaper} is chosen as the cheaper one, but all in all {dearer} is."
    )


def _told(usd: float) -> str:
    return f"${usd:.2f}" if usd >= 0.1 else f"${usd:.2g}"
