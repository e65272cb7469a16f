"""Figures as people read them; what is not known is a dash."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

UNKNOWN = "–"


def usd(nano: int | None) -> str:
    """Nano-dollars as dollars; small amounts with as many digits as show that they are not nothing."""
    if nano is None:
        return "unknown"
    digits = 2 if nano == 0 or abs(nano) >= 10**9 else 4 if abs(nano) >= 10**6 else 6
    return f"${nano / 1e9:,.{digits}f}"


def ms(value: float | None) -> str:
    """Milliseconds, and seconds from ten on."""
    if value is None:
        return UNKNOWN
    return f"{value / 1000:,.1f} s" if value >= 10_000 else f"{value:,.0f} ms"


def fine_ms(value: float) -> str:
    """Milliseconds where parts of one count."""
    return f"{value:.2f} ms" if value < 1 else f"{value:.1f} ms" if value < 10 else ms(value)


def us(value: int | None) -> str:
    """Microseconds as `ms` has them."""
    return ms(None if value is None else value / 1000)


def per_second(value: float | None) -> str:
    """Tokens a second."""
    return UNKNOWN if value is None else f"{value:,.0f}/s"


def share(part: int, whole: int) -> str:
    """A part in percent."""
    return f"{part / whole:.0%}" if whole else UNKNOWN


def percentile(values: Sequence[float], part: float) -> float | None:
    """The value that so many do not exceed (nearest rank); None of nothing."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(part * len(ordered)))] if ordered else None


def clock(at_us: int) -> str:
    """A Unix time in microseconds on this machine's clock."""
    return f"{datetime.fromtimestamp(at_us / 1e6, UTC).astimezone():%H:%M:%S}"
