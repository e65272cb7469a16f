"""A/B: which arm of an experiment a request belongs to. The same document always gets the same one."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

from nearline_router.config.models import ExperimentConfig


def chosen_arm(experiment: ExperimentConfig, arms: Sequence[tuple[str, float]], sticky: str, turn: int) -> str | None:
    """One of `arms` (name, weight), which are those that may answer; None if there is no choice to make.

    `sequential` counts by `turn`, the number of requests of this task so far; `weighted` draws by a hash of
    `sticky`, so that chance is the same every time (weighted rendezvous hashing: an arm that falls away moves
    only the documents it had).
    """
    weighted = [(name, weight) for name, weight in arms if weight > 0]
    if len(weighted) < 2:
        return None
    if experiment.mode == "sequential":
        return weighted[turn // experiment.requests_per_arm % len(weighted)][0]
    return max(weighted, key=lambda arm: _draw(sticky, arm[0]) ** (1 / arm[1]))[0]


def _draw(sticky: str, name: str) -> float:
    """A number in (0, 1) that belongs to this pair."""
    digest = hashlib.blake2b(f"{sticky}\0{name}".encode("utf-8", "surrogatepass"), digest_size=8).digest()
    return (int.from_bytes(digest) + 1) / (2**64 + 1)
