"""What is said of a limit that was reached: whose it is, and when it begins anew."""

from __future__ import annotations

from datetime import date, timedelta

from nearline_router.config.accounting import BudgetConfig


def hard_sentence(budget: BudgetConfig, today: date) -> str:
    """That a hard limit was reached."""
    return f"the budget of {_named(budget.hard_usd, budget)} is used up until {_begins_anew(budget, today)} (UTC)"


def soft_sentence(budget: BudgetConfig) -> str:
    """That a soft limit was reached."""
    return f"the soft limit of {_named(budget.soft_usd, budget)} is reached, so what costs less goes first"


def _named(usd: float | None, budget: BudgetConfig) -> str:
    return f"${usd:,.10g} a {budget.per} for {budget.cost_centre or 'everybody'}"


def _begins_anew(budget: BudgetConfig, today: date) -> date:
    if budget.per == "day":
        return today + timedelta(days=1)
    return (today.replace(day=1) + timedelta(days=31)).replace(day=1)
