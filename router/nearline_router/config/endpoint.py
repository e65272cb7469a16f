"""One endpoint as the configuration describes it."""

from __future__ import annotations

import re
from typing import Annotated, Literal
from urllib.parse import urlsplit

from pydantic import BaseModel, Field, StringConstraints, field_validator, model_validator

from nearline_router.config.hardware import HardwareConfig
from nearline_router.config.routing import FORBID, MOST_USD

Provider = Literal[
    "llamacpp", "ollama", "lmstudio", "mlx", "vllm", "openai-compatible", "openai", "openrouter", "anthropic"
]
Role = Literal["completion", "chat", "both"]
Tier = Literal["routine", "frontier"]
# No colon: `id:model` is the id of a fallback model.
EndpointId = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]*$", max_length=64)]
# Ids of the endpoint that no file names: a llama.cpp server found on this machine, else the embedded engine.
BUILT_IN_IDS = ("local", "embedded")

# Servers that these providers run are never near the user, whatever a file says.
CLOUD_PROVIDERS = frozenset({"openai", "openrouter", "anthropic"})


class EndpointConfig(BaseModel):
    """One model server; what is left out is filled in by provider.

    Prices are US dollars for a million tokens. A key is named, by environment variable or by keyring entry, never
    given.
    """

    model_config = FORBID

    provider: Provider | None = Field(
        default=None, description="Who runs the server or which program it is; null: a llama.cpp server."
    )
    host: str | None = Field(
        default=None,
        description="URL of the server, such as http://127.0.0.1:8080; null: where the provider's listens by default.",
    )
    model: str | None = Field(
        default=None, description="The model to ask for, as the server names it; null: the one it has loaded."
    )
    default_model: str | None = Field(default=None, description="Another name of `model`; give one of the two.")
    fallback_models: tuple[str, ...] = Field(
        default=(), description="Models of the same server to ask when the first one fails, in this order."
    )
    role: Role | None = Field(
        default=None,
        description="What it is asked for: `completion` (fills holes in code), `chat`, or `both`; null: what its "
        "protocol and model can do.",
    )
    tier: Tier | None = Field(
        default=None,
        description="`frontier` takes complex work, `routine` the rest; null: `routine` if it is local, else "
        "`frontier`.",
    )
    local: bool | None = Field(
        default=None,
        description="true: what is sent there stays with you, as on a server of your own in the same network; "
        "null: true only for this machine itself. Never true for a cloud provider.",
    )
    residency: frozenset[str] = Field(
        default=frozenset(),
        description="Tags of what the endpoint promises, such as `eu` or `zdr`; `residency.regions` asks for them.",
    )
    region: str | None = Field(default=None, description="Where the server is, such as `eu`; counts as a tag.")
    api_key_env: str | None = Field(
        default=None,
        description="Name of the environment variable with the key, never the key itself; null: the provider's own, "
        "such as OPENROUTER_API_KEY.",
    )
    api_key_keyring: str | None = Field(
        default=None,
        pattern=r"^[^/]+/[^/]+$",
        description="Entry of the system's keyring with the key, as `service/user`; used if no variable has one.",
    )
    ca_file: str | None = Field(
        default=None, description="File with the certificates to trust for this server; null: the system's."
    )
    http_version: Literal["1.1", "2"] | None = Field(
        default=None, description="HTTP version to speak; null: 2 to cloud providers, else 1.1."
    )
    max_concurrency: int | None = Field(
        default=None,
        ge=1,
        description="Requests inside it at once, over all editor windows of this machine; null: 1 near you, 8 for "
        "vllm, 500 in the cloud.",
    )
    context_tokens: int | None = Field(
        default=None, ge=256, description="Context of the model in tokens; null: what the server says."
    )
    expected_ttft_ms: float | None = Field(
        default=None,
        gt=0,
        description="Time to the first token in milliseconds, before anything was measured; null: 85 near you, else "
        "320.",
    )
    thermal_threshold_c: float | None = Field(
        default=None, gt=0, le=150, description="From this temperature of the machine on, in °C, spare it; null: never."
    )
    cost_per_mtok: float | None = Field(
        default=None,
        ge=0,
        le=MOST_USD,
        description="Full price of a million tokens in US dollars, either way, hardware included; null: looked up by "
        "model.",
    )
    input_cost_per_mtok: float | None = Field(
        default=None,
        ge=0,
        le=MOST_USD,
        description="The same for prompt tokens only, where they have a price of their own.",
    )
    output_cost_per_mtok: float | None = Field(
        default=None,
        ge=0,
        le=MOST_USD,
        description="The same for generated tokens only, where they have a price of their own.",
    )
    cached_input_cost_per_mtok: float | None = Field(
        default=None, ge=0, le=MOST_USD, description="The same for prompt tokens that the provider found in its cache."
    )
    marginal_cost_per_mtok: float | None = Field(
        default=None,
        ge=0,
        le=MOST_USD,
        description="What a million more tokens cost when the machine is there already (electricity); endpoints are "
        "chosen by it. null: by `hardware`, else the full price.",
    )
    hardware: HardwareConfig | None = Field(
        default=None,
        description="What the machine of a local endpoint costs, for prices that are not given; null: only its "
        "electricity counts where it is this machine, else the price is unknown.",
    )
    weight: float = Field(
        default=1.0, ge=0, description="Its share when endpoints are tried against each other (`experiments`)."
    )
    enabled: bool = Field(default=True, description="false: as if it were not in the file.")

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
        if parts.username is not None or parts.password is not None:
            raise ValueError("expected a URL without user name and password; see api_key_env and api_key_keyring")
        return host

    @field_validator("api_key_env")
    @classmethod
    def _is_name(cls, name: str | None) -> str | None:
        if name is not None and not re.fullmatch(r"[A-Za-z_][A-Za-z0-9_]*", name):
            raise ValueError("expected the bare name of an environment variable, such as OPENROUTER_API_KEY")
        return name

    @model_validator(mode="after")
    def _is_whole(self) -> EndpointConfig:
        if self.local and self.provider in CLOUD_PROVIDERS:
            raise ValueError(f"expected no `local: true`: {self.provider} is a cloud provider")
        if self.provider == "openai-compatible" and not self.host:
            raise ValueError("expected `host`, the URL of the server, with provider openai-compatible")
        if self.model and self.default_model:
            raise ValueError("expected `model` or `default_model`, not both")
        return self

    @property
    def models(self) -> tuple[str | None, ...]:
        """The model to ask for (None: the one that the server has loaded), then the fallback models."""
        return self.model or self.default_model, *self.fallback_models

    def ids(self, name: str) -> tuple[str, ...]:
        """The ids that the router gives to the models of an endpoint of this name, in the order of `models`."""
        return name, *(f"{name}:{model}" for model in self.fallback_models)
