"""The names that OpenTelemetry's conventions for generative AI give to what is told.

https://github.com/open-telemetry/semantic-conventions-genai, as of November 2026: all of it is in development, so
the names are constants of ours and not those of a package, in which they are deprecated already.
"""

from __future__ import annotations

OPERATION = "gen_ai.operation.name"
PROVIDER = "gen_ai.provider.name"
REQUEST_MODEL = "gen_ai.request.model"
MAX_TOKENS = "gen_ai.request.max_tokens"
INPUT_TOKENS = "gen_ai.usage.input_tokens"
CACHED_TOKENS = "gen_ai.usage.cache_read.input_tokens"
OUTPUT_TOKENS = "gen_ai.usage.output_tokens"
FIRST_CHUNK = "gen_ai.response.time_to_first_chunk"
TOKEN_TYPE = "gen_ai.token.type"  # noqa: S105 (a kind of token, not a secret)
ERROR_TYPE = "error.type"

DURATION_METRIC = "gen_ai.client.operation.duration"
FIRST_CHUNK_METRIC = "gen_ai.client.operation.time_to_first_chunk"
TOKENS_METRIC = "gen_ai.client.token.usage"

# The conventions' bounds of the histograms' buckets, in seconds and in tokens.
SECONDS = (0.01, 0.02, 0.04, 0.08, 0.16, 0.32, 0.64, 1.28, 2.56, 5.12, 10.24, 20.48, 40.96, 81.92)
TOKENS = tuple(4**power for power in range(14))
