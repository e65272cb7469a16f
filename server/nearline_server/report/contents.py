"""What a report says, before it is written in any format."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from nearline_router.accounts.account import Account
from nearline_router.accounts.tco import Comparison
from nearline_server.report.numbers import count, many, share, short, usd


@dataclass(frozen=True, slots=True)
class Report:
    """An account, the other ways to have the same, and what there is to say about its basis."""

    account: Account
    comparison: Comparison | None
    made: datetime
    warnings: tuple[str, ...] = ()

    @property
    def title(self) -> str:
        """Its headline."""
        return f"Nearline in {self.account.period.name}"

    @property
    def empty(self) -> bool:
        """Whether nothing happened."""
        return not (self.account.usage.attempts or self.account.answers.count or self.account.shown.count)

    @property
    def scope(self) -> str:
        """How much of the period is in it."""
        recorded = self.account.recorded
        if recorded is None or self.empty:
            return f"Nothing was recorded in {self.account.period.name}."
        of = "" if recorded == self.account.period else f" of {self.account.period.days}"
        days = f"{recorded.days}{of} days" if of else many(recorded.days, "day")
        endpoints = many(len(self.account.groups["endpoint"]), "endpoint")
        return f"{days}, {many(self.account.usage.attempts, 'attempt')} at {endpoints}."

    @property
    def break_even(self) -> tuple[str, ...]:
        """A sentence for each machine that is paid for."""
        return tuple(one.sentence for one in self.comparison.break_evens) if self.comparison else ()


@dataclass(frozen=True, slots=True)
class Figure:
    """One number that sums something up, and what belongs to it."""

    name: str
    value: str
    note: str


def figures(report: Report) -> Iterator[Figure]:
    """The numbers to look at first."""
    account, usage, shown, answers = report.account, report.account.usage, report.account.shown, report.account.answers
    yield Figure("Full cost", usd(usage.full_nano, usage.at_least), f"{usd(usage.marginal_nano)} of it to run")
    yield Figure("Cloud bill", usd(account.far.full_nano, account.far.at_least), _attempts(account.far.attempts))
    local_share = share(account.local.tokens, usage.tokens)
    yield Figure("Stayed local", local_share, f"of {short(usage.tokens)} tokens")
    yield Figure("In time", share(answers.in_budget, answers.count), f"of {many(answers.count, 'inline answer')}")
    yield Figure("Accepted", share(shown.accepted, shown.count), f"of {many(shown.count, 'suggestion')} shown")
    kept = f"{share(shown.kept_chars, shown.looked_chars)} of what was looked at again"
    yield Figure("Kept characters", count(shown.kept_chars), kept)
    per_kept = account.nano_per_kept_1000
    yield Figure("Per 1,000 kept", "–" if per_kept is None else usd(per_kept), "full cost of ghost text")
    yield Figure(
        "Never shown", usd(usage.wasted_nano), f"{share(usage.wasted_nano, usage.marginal_nano)} of running costs"
    )


def certainty(report: Report) -> tuple[tuple[str, int], ...]:
    """The full cost by how well it is known, in nano-dollars."""
    usage = report.account.usage
    return ("exact", usage.exact_nano), ("estimated", usage.estimated_nano), ("at least", usage.at_least_nano)


def certainty_sentence(report: Report) -> str:
    """The same in words, with what is in no sum."""
    usage = report.account.usage
    parts = ", ".join(f"{usd(nano)} {name}" for name, nano in certainty(report))
    lacking = []
    if usage.unpriced:
        lacking.append(f"{many(usage.unpriced, 'attempt')} without a known price")
    if usage.unknown_tokens:
        lacking.append(f"{usage.unknown_tokens:,} without known tokens")
    return f"Full cost: {parts}." + (f" Not in it: {' and '.join(lacking)}." if lacking else "")


def _attempts(number: int) -> str:
    return f"{many(number, 'attempt')} left" if number else "nothing left"
