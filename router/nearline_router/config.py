"""`nearline.yaml`: read, checked, and its mistakes named by file, line and column."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Literal
from urllib.parse import urlsplit

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator
from pydantic_core import ErrorDetails

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

    @field_validator("host")
    @classmethod
    def _is_url(cls, host: str | None) -> str | None:
        try:
            parts = urlsplit(host or "http://any")
            right = parts.scheme in ("http", "https") and parts.hostname and parts.port != 0
        except ValueError:  # a port that is no number
            right = False
        if not right:
            raise ValueError("expected a URL such as http://127.0.0.1:8080")
        return host

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
    root, data = _parsed(path)
    if data is None:
        return RouterConfig()
    try:
        return RouterConfig.model_validate(data)
    except ValidationError as error:
        raise ConfigError("\n".join(_one_line(path, root, e) for e in error.errors())) from error


def _parsed(path: Path) -> tuple[yaml.Node | None, Any]:
    """The file as nodes, which know their places, and as plain values."""
    raw, text = b"", ""
    try:
        raw = path.read_bytes()
        text = raw.decode()
        return yaml.compose(text, Loader=yaml.SafeLoader), yaml.load(text, Loader=yaml.SafeLoader)
    except OSError as error:
        raise ConfigError(f"{path}: cannot be read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise _not_yaml(path, raw[: error.start].decode(), "this is not UTF-8") from error
    except yaml.reader.ReaderError as error:
        raise _not_yaml(path, text[: error.position], error.reason) from error
    except yaml.MarkedYAMLError as error:
        read = text[: error.problem_mark.index] if error.problem_mark else ""
        raise _not_yaml(path, read, error.problem or str(error)) from error


def _not_yaml(path: Path, read: str, problem: str) -> ConfigError:
    line, column = read.count("\n") + 1, len(read) - read.rfind("\n")
    return ConfigError(f"{path}:{line}:{column}: not YAML: {problem}")


def _one_line(path: Path, root: yaml.Node | None, error: ErrorDetails) -> str:
    location, message = error["loc"], error["msg"].removeprefix("Value error, ")
    unknown = error["type"] == "extra_forbidden"
    if unknown:
        message = f"unknown key; expected one of {', '.join(_known_keys(location))}"
    node = _node_at(root, location, unknown)
    where = f"{path}:{node.start_mark.line + 1}:{node.start_mark.column + 1}" if node else str(path)
    return f"{where}: {'.'.join(map(str, location)) or 'the file'}: {message}"


def _known_keys(location: Sequence[str | int]) -> list[str]:
    """The keys that a block may have, found by the location of one that it may not have."""
    schema = here = RouterConfig.model_json_schema()
    for step in location[:-1]:
        here = here.get("properties", {}).get(step) or here["additionalProperties"]
        here = schema["$defs"][here["$ref"].rpartition("/")[2]] if "$ref" in here else here
    return list(here["properties"])


def _node_at(node: yaml.Node | None, location: Sequence[str | int], unknown: bool) -> yaml.Node | None:
    """The node of a location, or the nearest one above it; an unknown key is shown at the key itself."""
    for number, step in enumerate(location, 1):
        found: yaml.Node | None = None
        if isinstance(node, yaml.MappingNode):
            pair = next((pair for pair in node.value if pair[0].value == str(step)), (None, None))
            found = pair[0 if unknown and number == len(location) else 1]
        elif isinstance(node, yaml.SequenceNode) and isinstance(step, int) and step < len(node.value):
            found = node.value[step]
        if found is None:
            return node
        node = found
    return node
