"""What is known of each provider before anything was measured."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from nearline_router.config.endpoint import Provider

Protocol = Literal["llamacpp", "ollama", "openai", "anthropic"]
Cancels = Literal["yes", "no", "unknown"]


@dataclass(frozen=True, slots=True)
class ProviderFacts:
    """A provider's protocol and defaults; `max_concurrency` 1 is one inference stream of a personal machine.

    `cancel_stops_billing`: whether a stream that is closed early is billed only up to there.
    """

    protocol: Protocol
    host: str | None
    api_key_env: str | None
    expected_ttft_ms: float
    max_concurrency: int
    http_version: Literal["1.1", "2"] = "1.1"
    cancel_stops_billing: Cancels = "unknown"


# The reference design's profiles: 85 ms and one stream near the user, 320 ms and hundreds of streams in the cloud.
NEAR_TTFT_MS, FAR_TTFT_MS = 85.0, 320.0
FAR_CONCURRENCY = 500

PROVIDERS: dict[Provider, ProviderFacts] = {
    "llamacpp": ProviderFacts("llamacpp", None, None, NEAR_TTFT_MS, 1, cancel_stops_billing="yes"),
    "ollama": ProviderFacts("ollama", "http://127.0.0.1:11434", None, NEAR_TTFT_MS, 1, cancel_stops_billing="yes"),
    "lmstudio": ProviderFacts("openai", "http://127.0.0.1:1234/v1", None, NEAR_TTFT_MS, 1, cancel_stops_billing="yes"),
    "mlx": ProviderFacts("openai", "http://127.0.0.1:8080/v1", None, NEAR_TTFT_MS, 1, cancel_stops_billing="yes"),
    "vllm": ProviderFacts("openai", "http://127.0.0.1:8000/v1", None, NEAR_TTFT_MS, 8, cancel_stops_billing="yes"),
    "openai-compatible": ProviderFacts("openai", None, None, FAR_TTFT_MS, FAR_CONCURRENCY),
    "openai": ProviderFacts(
        "openai", "https://api.openai.com/v1", "OPENAI_API_KEY", FAR_TTFT_MS, FAR_CONCURRENCY, "2", "yes"
    ),
    # OpenRouter passes a cancel on to some of its providers only (its documentation on stream cancellation).
    "openrouter": ProviderFacts(
        "openai", "https://openrouter.ai/api/v1", "OPENROUTER_API_KEY", FAR_TTFT_MS, FAR_CONCURRENCY, "2"
    ),
    "anthropic": ProviderFacts(
        "anthropic", "https://api.anthropic.com", "ANTHROPIC_API_KEY", FAR_TTFT_MS, FAR_CONCURRENCY, "2", "yes"
    ),
}
