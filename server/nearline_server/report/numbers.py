"""Figures as people read them."""

from __future__ import annotations

import math

NANO = 1e9
UNKNOWN = "unknown"


def usd(nano: int | None, at_least: bool = False) -> str:
    """Nano-dollars to the cent, and what is less than a cent to two digits; None is unknown, which is never zero."""
    if nano is None:
        return UNKNOWN
    dollars = nano / NANO
    digits = 2
    if nano and abs(dollars) < 0.01:
        digits = 1 - math.floor(math.log10(abs(dollars)))
    return f"{'≥ ' if at_least else ''}{'-' if nano < 0 else ''}${abs(dollars):,.{digits}f}"


def share(part: float, whole: float) -> str:
    """A part in percent; of nothing there is none."""
    return f"{100 * part / whole:.1f} %" if whole else "–"


def count(number: int) -> str:
    """With commas."""
    return f"{number:,}"


def short(number: float) -> str:
    """With three digits: 512, 4.2 k, 13 M."""
    for size, letter in ((1e9, "G"), (1e6, "M"), (1e3, "k")):
        if abs(number) >= size:
            return f"{number / size:.{1 if abs(number) < 10 * size else 0}f} {letter}"
    return f"{number:.0f}"


def time(us: float) -> str:
    """Microseconds as milliseconds or seconds."""
    return f"{us / 1e3:,.0f} ms" if us < 10e6 else f"{us / 1e6:,.1f} s"


def many(number: int, noun: str) -> str:
    """A number of things."""
    return f"{number:,} {noun}{'' if number == 1 else 's'}"
