"""The tables of a replay, as text cell by cell; what cannot be known is a dash."""

from __future__ import annotations

from collections.abc import Sequence
from math import isnan
from typing import Any

from nearline_server.replay.results import Sum, difference
from nearline_server.report.tables import Table

NONE = "–"


def tables(sums: Sequence[Sum], ablated: Sequence[Sum]) -> list[Table]:
    """What the user gets and what it costs, by strategy; then the same for the first one without each technique.

    The first of `sums` and the first of `ablated` are the whole; all of `ablated` have the same sessions.
    """
    made = [gains("What the user gets", sums), costs("What it costs, for each key pressed", sums)]
    if len(ablated) > 1:
        made.append(gains("What each technique gives", ablated))
        made.append(costs("What each technique costs, for each key pressed", ablated))
    return made


def gains(heading: str, sums: Sequence[Sum]) -> Table:
    """Saved, shown, wrong, flicker, stale; beside each way how much less it saves than the first."""
    columns = (
        "strategy", "saved", "than the first", "accepted", "shown", "wrong", "stands", "misleads", "flicker", "stale",
    )  # fmt: skip
    note = (
        f"Saved: of {sums[0].tally.chars} characters, if right suggestions are accepted, less the key of accepting; "
        "beside it the difference in points with its 95 % interval. Wrong: of what was shown. Stands: keys before "
        "which ghost text stood when they were pressed; misleads: those at which it was not what the file has next."
    )
    return Table(heading, columns, tuple(_gain(one, sums[0]) for one in sums), note)


def costs(heading: str, sums: Sequence[Sum]) -> Table:
    """Times, tokens and energy."""
    columns = (
        "strategy", "ghost text p50", "p95", "in budget", "answer p50", "p95", "tokens read", "decoded", "wasted",
        "busy", "energy",
    )  # fmt: skip
    note = (
        "Ghost text: from key to text, where some came before the next key; in budget: keys with text within "
        f"{sums[0].budget_ms:.0f} ms. Busy: the engine's time for reading and decoding, from which energy is reckoned."
    )
    return Table(heading, columns, tuple(_cost(one.record()) for one in sums), note)


def _gain(one: Sum, first: Sum) -> tuple[str, ...]:
    record = one.record()
    return (
        one.strategy, percent(record["saved_share"]), NONE if one is first else _than(one, first),
        str(one.tally.accepted), str(one.tally.shown), percent(record["wrong_share"]),
        percent(record["standing_share"]), percent(record["misled_share"]), str(one.tally.flicker),
        str(one.tally.stale),
    )  # fmt: skip


def _than(one: Sum, first: Sum) -> str:
    more, low, high = (100 * share for share in difference(one, first))
    return f"{more:+.1f}" if isnan(low) else f"{more:+.1f} ({low:+.1f} to {high:+.1f})"


def _cost(record: dict[str, Any]) -> tuple[str, ...]:
    return (
        record["strategy"], ms(record["ghost_p50_ms"]), ms(record["ghost_p95_ms"]),
        percent(record["ghost_in_budget_share"]), ms(record["request_p50_ms"]), ms(record["request_p95_ms"]),
        number(record["evaluated_tokens_per_key"]), number(record["decoded_tokens_per_key"]),
        number(record["wasted_tokens_per_key"]), ms(record["busy_ms_per_key"]), number(record["joules_per_key"], " J"),
    )  # fmt: skip


def percent(share: float | None) -> str:
    """A share of 1."""
    return NONE if share is None else f"{100 * share:.1f} %"


def ms(value: float | None) -> str:
    """A time."""
    return NONE if value is None else f"{value:,.0f} ms"


def number(value: float | None, unit: str = "") -> str:
    """A count or an amount."""
    return NONE if value is None else f"{value:.2f}{unit}"
