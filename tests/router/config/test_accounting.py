"""Hardware, cost centres and budgets in `nearline.yaml`: what is refused, and how it is told."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from nearline_router.config import Loaded, RouterConfig, layered
from nearline_router.config.accounting import BudgetConfig, CostCentreConfig


def load(tmp_path: Path, text: str) -> Loaded:
    """A user's file with this text."""
    path = tmp_path / "nearline.yaml"
    path.write_text(text)
    return layered(path, None, trusted=False)


@pytest.mark.parametrize(
    ("text", "location", "message"),
    [
        ("export_format: xml", "accounting.export_format", "Input should be 'csv' or 'json'"),
        (
            "aggregation_interval: hourly",
            "accounting.aggregation_interval",
            "Input should be 'daily', 'weekly' or 'mon",
        ),
        ("retention_days: 0", "accounting.retention_days", "Input should be greater than or equal to 1"),
        ("tariff_usd_per_kwh: .nan", "accounting.tariff_usd_per_kwh", "Input should be a finite number"),
        ("tariff_usd_per_kwh: .inf", "accounting.tariff_usd_per_kwh", "Input should be a finite number"),
        ("cost_centres: [{name: =SUM(A1)}]", "accounting.cost_centres.0.name", "String should match pattern"),
        ("cost_centres: [{repository: r}]", "accounting.cost_centres.0.name", "Field required"),
        ("cost_centres: [{name: a, path: 'a['}]", "accounting.cost_centres.0.path", "broken pattern: 'a['"),
        ("budgets: [{per: day}]", "accounting.budgets.0", "expected soft_usd or hard_usd"),
        ("budgets: [{hard_usd: 1}]", "accounting.budgets.0.per", "Field required"),
        ("budgets: [{per: year, hard_usd: 1}]", "accounting.budgets.0.per", "Input should be 'day' or 'month'"),
        ("budgets: [{per: day, hard_usd: 1, soft_usd: 2}]", "accounting.budgets.0", "expected a soft_usd of at most"),
        ("budgets: [{per: day, hard_usd: -1}]", "accounting.budgets.0.hard_usd", "Input should be greater than or eq"),
        ("budgets: [{per: day, hard_usd: 1e300}]", "accounting.budgets.0.hard_usd", "Input should be less than or eq"),
        (
            "{enabled: false, budgets: [{per: day, hard_usd: 1}]}",
            "accounting",
            "expected `enabled: true`: budgets go by",
        ),
    ],
)
def test_a_wrong_value_of_the_accounting_is_told_at_its_place(
    tmp_path: Path, text: str, location: str, message: str
) -> None:
    """With what was expected."""
    (problem,) = load(tmp_path, f"accounting:\n  {text}\n").problems

    assert (problem.location, problem.severity) == (location, "error")
    assert problem.message.startswith(message)


@pytest.mark.parametrize(
    ("text", "location", "message"),
    [
        ("utilisation: 0", ".utilisation", "Input should be greater than or equal to 0.0001"),
        ("utilisation: 1.5", ".utilisation", "Input should be less than or equal to 1"),
        ("life_years: 0", ".life_years", "Input should be greater than or equal to 0.1"),
        ("resale_usd: 4000", "", "expected a resale_usd of at most price_usd, which is 3999"),
        ("load_w: 5", "", "expected a load_w of at least idle_w, which is 10"),
        ("price_usd: .inf", ".price_usd", "Input should be a finite number"),
    ],
)
def test_impossible_hardware_is_told_at_its_place(tmp_path: Path, text: str, location: str, message: str) -> None:
    """Nothing is divided by zero, and nobody earns money by a sale."""
    (problem,) = load(tmp_path, f"endpoints:\n  a:\n    hardware: {{{text}}}\n").problems

    assert problem.location == f"endpoints.a.hardware{location}"
    assert problem.message.startswith(message)


def test_hardware_of_an_endpoint_elsewhere_is_doubtful(tmp_path: Path) -> None:
    """Its provider's price counts."""
    (problem,) = load(tmp_path, "endpoints:\n  a: {provider: openai, hardware: {load_w: 20}}\n").problems

    assert (problem.severity, problem.location) == ("warning", "endpoints.a.hardware")
    assert problem.message == "not used: this endpoint is not local, so its provider's price counts"


def test_a_budget_for_nobody_is_doubtful(tmp_path: Path) -> None:
    """It may be a slip of the pen; those of `default` and of the rules are not."""
    text = (
        "accounting:\n  cost_centres: [{name: shop}]\n  budgets:\n"
        "    - {cost_centre: shop, per: day, hard_usd: 1}\n"
        "    - {cost_centre: default, per: day, hard_usd: 1}\n"
        "    - {cost_centre: shpo, per: day, hard_usd: 1}\n"
    )
    (problem,) = load(tmp_path, text).problems

    assert (problem.severity, problem.line, problem.location) == ("warning", 6, "accounting.budgets.2.cost_centre")
    assert problem.message.startswith("no rule of cost_centres has this name")


def test_the_formats_and_intervals_of_reports(tmp_path: Path) -> None:
    """All that a report can do."""
    for form in ("csv", "json"):
        for interval in ("daily", "weekly", "monthly"):
            loaded = load(tmp_path, f"accounting: {{export_format: {form}, aggregation_interval: {interval}}}\n")
            assert loaded.problems == ()
            assert loaded.config.accounting.export_format == form
            assert loaded.config.accounting.aggregation_interval == interval


def test_an_empty_block_of_hardware_is_none(tmp_path: Path) -> None:
    """A block whose every line is a comment."""
    loaded = load(tmp_path, "endpoints:\n  a:\n    hardware:\nengine:\n  hardware:\n")

    assert loaded.problems == ()
    assert loaded.config.endpoints["a"].hardware is loaded.config.engine.hardware is None


def test_the_examples_of_the_file_that_ships_are_right(tmp_path: Path) -> None:
    """Without their marks they load, and say every key."""
    text = (Path(__file__).parents[3] / "config" / "nearline.yaml").read_text(encoding="utf-8")
    shown = re.sub(r" \[\]\n  #  ", "\n  #  ", text).replace("\n  #  ", "\n    ")
    loaded = load(tmp_path, shown)
    (rule,), (budget,) = loaded.config.accounting.cost_centres, loaded.config.accounting.budgets

    assert loaded.problems == ()
    assert rule.model_fields_set == set(CostCentreConfig.model_fields)
    assert budget.model_fields_set == set(BudgetConfig.model_fields)


def test_nothing_is_limited_by_default() -> None:
    """And everybody's cost centre is the same."""
    accounting = RouterConfig().accounting

    assert accounting.enabled
    assert accounting.budgets == accounting.cost_centres == ()
    assert accounting.retention_days == 400
