"""What each step of heat leaves out: what is missed least goes first, and an answer to the user's typing never."""

from __future__ import annotations

from dataclasses import dataclass

from nearline_router.thermal.heat import HeatLevel


@dataclass(frozen=True, slots=True)
class Eagerness:
    """What the completion side may do at an endpoint.

    `idle_factor` multiplies the idle time that a warm-up waits for. `overflow`: requests go to other endpoints
    where that is permitted, and where it is not, the endpoint keeps to its duty cycle (`duty`).
    """

    multiline: bool
    speculation: bool
    idle_factor: float
    overflow: bool


_BY_LEVEL = {
    HeatLevel.COOL: Eagerness(multiline=True, speculation=True, idle_factor=1.0, overflow=False),
    HeatLevel.WARM: Eagerness(multiline=False, speculation=True, idle_factor=1.0, overflow=False),
    HeatLevel.HOT: Eagerness(multiline=False, speculation=False, idle_factor=1.0, overflow=False),
    HeatLevel.VERY_HOT: Eagerness(multiline=False, speculation=False, idle_factor=4.0, overflow=False),
    HeatLevel.OVERHEATED: Eagerness(multiline=False, speculation=False, idle_factor=4.0, overflow=True),
}


def eagerness_at(level: HeatLevel) -> Eagerness:
    """What is left at a level of heat."""
    return _BY_LEVEL[level]
