"""What a machine of your own costs: the basis of the full cost of a local model."""

from __future__ import annotations

from pydantic import BaseModel, Field, model_validator

from nearline_router.config.routing import FORBID, MOST_USD

# What is left of a computer's price after its life here: an assumption.
RESALE_SHARE = 0.3


class HardwareConfig(BaseModel):
    """A machine that runs models. The defaults are a Mac Studio's: an M2 Ultra with 64 GB, which a 70B model needs.

    Price: Apple's list price. Power: Apple's "Mac Studio power consumption" (support.apple.com/102027).
    Life, resale, utilisation and maintenance are assumptions: set your own.
    """

    model_config = FORBID

    price_usd: float = Field(
        default=3999.0,
        ge=0,
        le=MOST_USD,
        description="What the machine cost in US dollars; 0 if it would be there anyway.",
    )
    life_years: float = Field(default=4.0, ge=0.1, le=100, description="Years over which that is written off.")
    resale_usd: float | None = Field(
        default=None, ge=0, le=MOST_USD, description="What it is sold for then, in US dollars; null: 30 % of its price."
    )
    utilisation: float = Field(
        default=0.1, ge=0.0001, le=1, description="Share of all hours in which it works on requests, from 0.0001 to 1."
    )
    idle_w: float = Field(default=10.0, ge=0, le=1e6, description="Watts that it draws while it does nothing.")
    load_w: float = Field(default=295.0, ge=0, le=1e6, description="Watts that it draws while it works on a request.")
    maintenance_hours_per_month: float = Field(
        default=1.0, ge=0, le=744, description="Hours a month that somebody looks after it."
    )
    hourly_rate_usd: float = Field(
        default=60.0, ge=0, le=MOST_USD, description="What an hour of theirs costs in US dollars."
    )

    @model_validator(mode="after")
    def _is_possible(self) -> HardwareConfig:
        if self.resale_usd is not None and self.resale_usd > self.price_usd:
            raise ValueError(f"expected a resale_usd of at most price_usd, which is {self.price_usd:g}")
        if self.load_w < self.idle_w:
            raise ValueError(f"expected a load_w of at least idle_w, which is {self.idle_w:g}")
        return self

    @property
    def resale(self) -> float:
        """What the machine is sold for at the end, in US dollars."""
        return RESALE_SHARE * self.price_usd if self.resale_usd is None else self.resale_usd
