"""How endpoints are chosen and left again."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator

FORBID = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)
# Of any sum or price in US dollars: what is above can only be a slip, and would not fit into nano-dollars.
MOST_USD = 1e9


class CircuitBreakerConfig(BaseModel):
    """When an endpoint counts as broken and when it is tried again."""

    model_config = FORBID

    failure_threshold: int = Field(default=3, ge=1, description="Failures in a row after which it is left alone.")
    recovery_timeout_s: float = Field(
        default=30.0, gt=0, description="Seconds until one request may try whether it is back."
    )


class HedgeConfig(BaseModel):
    """A second request to another endpoint when the first one is slow; the first content wins."""

    model_config = FORBID

    enabled: bool = Field(default=False, description="true: ask a second endpoint when the first one is slow.")
    after_ms: float = Field(
        default=400.0, ge=50, description="Milliseconds without content after which the second one is asked."
    )
    max_usd_per_day: float = Field(
        default=0.10, ge=0, description="What the second requests of a day may cost together, in US dollars."
    )


class RoutingPolicyConfig(BaseModel):
    """How endpoints are chosen, and when one is left for the next."""

    model_config = FORBID

    compliance_override: bool = Field(
        default=True, description="Always true: what must stay is a filter that nothing switches off."
    )
    latency_budget_ms: float = Field(
        default=150.0,
        gt=0,
        description="Routine requests with a budget up to this, in milliseconds, go to the model near you.",
    )
    complexity_threshold: Literal["routine", "complex"] = Field(
        default="complex", description="From this complexity on, work goes to the frontier tier."
    )
    fallback_timeout_ms: float = Field(
        default=2000.0,
        gt=0,
        description="Milliseconds without content after which the next endpoint is asked; the last one is waited for.",
    )
    circuit_breaker: CircuitBreakerConfig = Field(
        default=CircuitBreakerConfig(), description="When an endpoint counts as broken, and when it is tried again."
    )
    hedge: HedgeConfig = Field(
        default=HedgeConfig(), description="A second request to another endpoint when the first one is slow."
    )

    @field_validator("compliance_override")
    @classmethod
    def _stays_on(cls, value: bool) -> bool:
        if not value:
            raise ValueError("expected true: data that must stay is a filter that nothing switches off")
        return value


class ExperimentConfig(BaseModel):
    """Endpoints tried against each other for one task."""

    model_config = FORBID

    arms: tuple[str, ...] = Field(
        min_length=2, description="Ids of the endpoints; a fallback model's id is `endpoint:model`."
    )
    mode: Literal["weighted", "sequential"] = Field(
        default="weighted",
        description="`weighted`: by their `weight`, the same one for the same document. `sequential`: each in turn.",
    )
    requests_per_arm: int = Field(default=50, ge=1, description="`sequential`: how many requests a turn has.")
