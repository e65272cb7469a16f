"""The whole of `nearline.yaml` as the router reads it."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, Field, model_validator

from nearline_router.config.accounting import AccountingConfig
from nearline_router.config.endpoint import EndpointConfig, EndpointId
from nearline_router.config.hardware import HardwareConfig
from nearline_router.config.limits import ResidencyConfig, SpendingConfig
from nearline_router.config.routing import (
    FORBID,
    CircuitBreakerConfig,
    ExperimentConfig,
    HedgeConfig,
    RoutingPolicyConfig,
)

__all__ = [
    "AccountingConfig",
    "CircuitBreakerConfig",
    "EngineConfig",
    "ExperimentConfig",
    "HedgeConfig",
    "ResidencyConfig",
    "RouterConfig",
    "RoutingPolicyConfig",
    "SpendingConfig",
]


class EngineConfig(BaseModel):
    """The embedded llama.cpp, and the llama.cpp server that may run on this machine already."""

    model_config = FORBID

    enabled: bool = Field(default=True, description="false: never start the embedded engine.")
    discover: bool = Field(
        default=True, description="Look for a llama-server on this machine's ports 8080 and 8012 first."
    )
    model: str = Field(
        default="qwen2.5-coder-0.5b", description="An id of `nearline model list`, or the path of a GGUF file."
    )
    context_tokens: int = Field(default=4096, ge=512, description="Context of the engine in tokens.")
    idle_s: float = Field(default=900.0, gt=0, description="Seconds without a request after which the engine ends.")
    threads: int | None = Field(default=None, ge=1, description="Threads of the engine; null: llama.cpp chooses.")
    hardware: HardwareConfig | None = Field(
        default=None, description="What this machine costs; null: it is there anyway, only its electricity counts."
    )


class RouterConfig(BaseModel):
    """The configuration of Nearline. `completion` and `actions` belong to the language server, which reads them."""

    model_config = FORBID

    endpoints: dict[EndpointId, EndpointConfig] = Field(
        default={}, description="Model servers by an id of your choice. Without any, Nearline finds or starts one."
    )
    engine: EngineConfig = Field(default=EngineConfig(), description="The embedded llama.cpp.")
    routing_policy: RoutingPolicyConfig = Field(
        default=RoutingPolicyConfig(), description="How endpoints are chosen, and when one is left for the next."
    )
    residency: ResidencyConfig = Field(
        default=ResidencyConfig(), description="What must stay with you, whatever a request says."
    )
    spending: SpendingConfig = Field(
        default=SpendingConfig(), description="Caps on what endpoints that are not local may cost."
    )
    experiments: dict[str, ExperimentConfig] = Field(
        default={}, description="Endpoints tried against each other, by task, such as `complete`."
    )
    offline: bool = Field(default=False, description="true: only local endpoints are asked, and warmed.")
    accounting: AccountingConfig = Field(
        default=AccountingConfig(), description="What requests used and cost, who pays for it, and its limits."
    )
    completion: dict[str, Any] = Field(
        default={}, description="The typing path. Editors can set the same under `nearline.completion`."
    )
    actions: dict[str, Any] = Field(
        default={}, description="Code actions of your own by an id of your choice, each with a title and a prompt."
    )

    @model_validator(mode="before")
    @classmethod
    def _empty_blocks_say_nothing(cls, data: Any) -> Any:
        """A block whose every line is a comment is null in YAML."""
        return {key: value for key, value in data.items() if value is not None} if isinstance(data, dict) else data
