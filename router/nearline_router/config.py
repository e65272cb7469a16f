"""`nearline.yaml`: read, checked, and its mistakes named by file, line and column."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from nearline_router.errors import ConfigError


class EndpointConfig(BaseModel):
    """One endpoint. Prices and limits that later rules read are accepted as they stand in the file."""

    model_config = ConfigDict(extra="forbid")

    provider: str = "llamacpp"
    host: str | None = None
    model: str | None = None
    default_model: str | None = None
    fallback_models: list[str] = []
    api_key_env: str | None = None
    max_concurrency: int = Field(default=1, ge=1)
    thermal_threshold_c: float | None = None
    cost_per_mtok: float | None = Field(default=None, ge=0)

    @property
    def is_local(self) -> bool:
        """Whether what is sent there stays with the user: only an endpoint of a local provider is."""
        return self.provider == "llamacpp"


class CircuitBreakerConfig(BaseModel):
    """When an endpoint counts as broken and when it is tried again."""

    model_config = ConfigDict(extra="forbid")

    failure_threshold: int = Field(default=3, ge=1)
    recovery_timeout_s: float = Field(default=30.0, gt=0)


class RoutingPolicyConfig(BaseModel):
    """The reference design's policy block."""

    model_config = ConfigDict(extra="forbid")

    compliance_override: bool = True
    latency_budget_ms: float = Field(default=150.0, gt=0)
    complexity_threshold: Literal["routine", "complex"] = "complex"
    fallback_timeout_ms: float = Field(default=2000.0, gt=0)
    circuit_breaker: CircuitBreakerConfig = CircuitBreakerConfig()


class AccountingConfig(BaseModel):
    """The reference design's accounting block."""

    model_config = ConfigDict(extra="forbid")

    enabled: bool = True
    export_format: str = "csv"
    aggregation_interval: str = "daily"


class EngineConfig(BaseModel):
    """The embedded llama.cpp. `model` is a catalogue id or the path of a GGUF file.

    `discover` looks for a llama-server on this machine's ports 8080 and 8012 first.
    """

    model_config = ConfigDict(extra="forbid")

    enabled: bool = True
    discover: bool = True
    model: str = "qwen2.5-coder-0.5b"
    context_tokens: int = Field(default=4096, ge=512)
    idle_s: float = Field(default=900.0, gt=0)
    threads: int | None = Field(default=None, ge=1)


class RouterConfig(BaseModel):
    """The whole file. `completion` belongs to the language server, which reads it by itself."""

    model_config = ConfigDict(extra="forbid")

    endpoints: dict[str, EndpointConfig] = {}
    engine: EngineConfig = EngineConfig()
    routing_policy: RoutingPolicyConfig = RoutingPolicyConfig()
    accounting: AccountingConfig = AccountingConfig()
    completion: dict[str, Any] = {}


def load_config(path: Path) -> RouterConfig:
    """The configuration in a file. Raises ConfigError with file, line, column and what was expected."""
    try:
        text = path.read_text(encoding="utf-8")
        root = yaml.compose(text, Loader=yaml.SafeLoader)
        data = yaml.load(text, Loader=yaml.SafeLoader)
    except OSError as error:
        raise ConfigError(f"{path}: cannot be read: {error.strerror}") from error
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark
        where = f"{path}:{mark.line + 1}:{mark.column + 1}" if mark else str(path)
        raise ConfigError(f"{where}: not YAML: {error.problem}") from error
    if data is None:
        return RouterConfig()
    try:
        return RouterConfig.model_validate(data)
    except ValidationError as error:
        raise ConfigError("\n".join(_one_line(path, root, e["loc"], e["msg"]) for e in error.errors())) from error


def _one_line(path: Path, root: yaml.Node | None, location: Sequence[str | int], message: str) -> str:
    node = _node_at(root, location)
    where = f"{path}:{node.start_mark.line + 1}:{node.start_mark.column + 1}" if node else str(path)
    return f"{where}: {'.'.join(map(str, location)) or 'the file'}: {message}"


def _node_at(node: yaml.Node | None, location: Sequence[str | int]) -> yaml.Node | None:
    """The node of a location, or the nearest one above it; an unknown key is shown at the key itself."""
    for step in location:
        found: yaml.Node | None = None
        if isinstance(node, yaml.MappingNode):
            found = next((value for key, value in node.value if key.value == str(step)), None)
        elif isinstance(node, yaml.SequenceNode) and isinstance(step, int) and step < len(node.value):
            found = node.value[step]
        if found is None:
            return node
        node = found
    return node
