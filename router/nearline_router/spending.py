"""What went from this process to endpoints that are not local today, by the router's own estimate."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime
from typing import Any


def utc_today() -> date:
    """The day as providers bill it."""
    return datetime.now(UTC).date()


class Spending:
    """US dollars since midnight UTC."""

    def __init__(self, today: Callable[[], date] = utc_today) -> None:
        self._today = today
        self._day = today()
        self._usd = 0.0
        self._hedges_usd = 0.0

    @property
    def usd(self) -> float:
        """Everything."""
        self._turn_page()
        return self._usd

    @property
    def hedges_usd(self) -> float:
        """What second requests of hedges may have cost."""
        self._turn_page()
        return self._hedges_usd

    def add(self, usd: float) -> None:
        """One attempt more."""
        self._turn_page()
        self._usd += usd

    def reserve_hedge(self, usd: float) -> None:
        """A second request was begun that may cost this for nothing."""
        self._turn_page()
        self._hedges_usd += usd

    def state(self) -> dict[str, Any]:
        """Plain values for `restore`."""
        return {"day": self._day.isoformat(), "usd": self._usd, "hedges_usd": self._hedges_usd}

    def restore(self, state: Mapping[str, Any]) -> None:
        """Go on from what `state` gave, if that was today."""
        if state.get("day") == self._today().isoformat():
            self._day = self._today()
            self._usd, self._hedges_usd = float(state.get("usd", 0.0)), float(state.get("hedges_usd", 0.0))

    def _turn_page(self) -> None:
        if self._day != (today := self._today()):
            self._day, self._usd, self._hedges_usd = today, 0.0, 0.0
