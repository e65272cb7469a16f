"""The record of what requests used and cost, who pays for them, and how much they may cost."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, Field, StringConstraints, model_validator

from nearline_router.config.routing import FORBID, MOST_USD

# What a header of HTTP, a cell of a spreadsheet and a label of a metric can all carry.
CostCentre = Annotated[
    str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9 ._:/@-]*$", max_length=64, strip_whitespace=True)
]
# Who pays for what no rule gives to anybody.
DEFAULT_COST_CENTRE = "default"


class CostCentreConfig(BaseModel):
    """Which requests a cost centre pays for: those that have all that is said here; the first rule that fits counts."""

    model_config = FORBID

    name: CostCentre = Field(description="Name of the cost centre: letters, digits and . _ : / @ - and spaces.")
    repository: str | None = Field(
        default=None, min_length=1, description="Name of the workspace's folder, without its path."
    )
    path: str | None = Field(
        default=None, min_length=1, description="Files, by a pattern as in .gitignore, relative to the workspace."
    )
    user: str | None = Field(default=None, min_length=1, description="Name of the user's account on the machine.")
    client: str | None = Field(
        default=None, min_length=1, description="Who asks, such as `Neovim` or `cli`; the case of letters is the same."
    )


class BudgetConfig(BaseModel):
    """What endpoints that are not local may cost in a day or a month (UTC)."""

    model_config = FORBID

    cost_centre: CostCentre | None = Field(default=None, description="For whom it holds; null: for all together.")
    per: Literal["day", "month"] = Field(description="When it begins anew: with each day or each month, in UTC.")
    soft_usd: float | None = Field(
        default=None,
        ge=0,
        le=MOST_USD,
        description="US dollars from which on cheaper endpoints go first, local ones before all; null: none.",
    )
    hard_usd: float | None = Field(
        default=None,
        ge=0,
        le=MOST_USD,
        description="US dollars from which on only local endpoints are asked; null: none.",
    )

    @model_validator(mode="after")
    def _limits(self) -> BudgetConfig:
        if self.soft_usd is None and self.hard_usd is None:
            raise ValueError("expected soft_usd or hard_usd")
        if self.soft_usd is not None and self.hard_usd is not None and self.soft_usd > self.hard_usd:
            raise ValueError(f"expected a soft_usd of at most hard_usd, which is {self.hard_usd:g}")
        return self


class AccountingConfig(BaseModel):
    """The record of what requests used and cost."""

    model_config = FORBID

    enabled: bool = Field(default=True, description="false: nothing is recorded.")
    export_format: Literal["csv", "json"] = Field(default="csv", description="Format of exported reports.")
    aggregation_interval: Literal["daily", "weekly", "monthly"] = Field(
        default="daily", description="What a line of an exported report adds up."
    )
    retention_days: int = Field(
        default=400,
        ge=1,
        le=36_500,
        description="Days after which single requests are forgotten; the sums of days are kept.",
    )
    otel: bool = Field(
        default=False,
        description="Send closed attempts, without any text, to the collector that OTEL_EXPORTER_OTLP_ENDPOINT names; "
        "needs `pip install nearline[otel]`.",
    )
    # US households' average in 2025 (EIA, Electric Power Monthly, table 5.6.A).
    tariff_usd_per_kwh: float = Field(
        default=0.17,
        ge=0,
        le=MOST_USD,
        description="What a kilowatt-hour costs in US dollars; the default is US households'.",
    )
    cost_centres: tuple[CostCentreConfig, ...] = Field(
        default=(), description="Who pays for a request that does not say so itself; the first rule that fits counts."
    )
    budgets: tuple[BudgetConfig, ...] = Field(
        default=(), description="Limits of what endpoints that are not local may cost; local ones are never limited."
    )

    @model_validator(mode="after")
    def _is_recorded(self) -> AccountingConfig:
        if self.budgets and not self.enabled:
            raise ValueError("expected `enabled: true`: budgets go by the record")
        return self
