"""What the ledger keeps, as values; field by field the columns of its tables (see `schema`).

All money is integer nano-dollars, all time integer microseconds, instants Unix time in UTC. No field has any text of a
prompt, an answer, an instruction or a diagnostic, and no path.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from nearline_router.ledger.sources import CostSource, CountSource, EnergySource, Result

__all__ = ["Attempt", "EnergySource", "Outcome", "PriceInForce", "Suggestion", "Totals"]


@dataclass(frozen=True, slots=True)
class Attempt:
    """One request to one endpoint, as it is known before its first byte leaves.

    `request` is the same for all attempts of one `Router.stream`, of which this is the `number`th, counted from 1.
    `residency` is the kind of reason why the text must stay, "" if it may leave. `repository` is a folder's name.
    """

    id: str
    request: str
    number: int
    opened_us: int
    client: str
    task: str
    warm_up: bool
    endpoint: str
    provider: str
    model: str | None
    local: bool
    rule: str
    residency: str
    complexity: str
    budget_us: int | None
    characters: int
    max_output_tokens: int
    predicted_ttft_us: int | None
    predicted_nano: int | None
    queued_us: int | None
    cost_centre: str
    repository: str
    language: str


@dataclass(frozen=True, slots=True)
class Outcome:
    """How an attempt ended, and what it took.

    `outcome`: `answered`; `cancelled`, its asker left; `lost`, the other one of a hedge won; `slow`, left for the next;
    `cut`, it failed after text had come; `failed`, it did so before. `error` is the name of the error's class.
    `input_tokens` are all tokens of the prompt, cached ones and those written to a cache included. A count is `exact`
    where it is the endpoint's own of a whole answer, and `at least` where it is what was seen before the end.
    Nano-dollars are None where the price is unknown, and never 0 for that.
    """

    closed_us: int
    outcome: Result
    error: str = ""
    input_tokens: int | None = None
    cached_tokens: int | None = None
    output_tokens: int | None = None
    input_source: CountSource = "none"
    cached_source: CountSource = "none"
    output_source: CountSource = "none"
    ttft_us: int | None = None
    total_us: int | None = None
    prefill_us: int | None = None
    decode_us: int | None = None
    marginal_nano: int | None = None
    full_nano: int | None = None
    cost_source: CostSource = "unknown"
    price_version: str = ""
    energy_uj: int | None = None
    energy_source: EnergySource = "none"
    cache_written_tokens: int | None = None


@dataclass(frozen=True, slots=True)
class Suggestion:
    """One suggestion that was shown as ghost text, and what became of it; characters, never the text.

    `request` is that of the attempt that made it. `found`: `model`, `join`, `cache` or `type-through`. `latency_us` is
    the time from the request's arrival at the server to the answer. `kept_…`: characters of the accepted text that are
    still in the document then; None where nobody looked, as when it was closed before.
    """

    id: str
    request: str
    shown_us: int
    language: str
    repository: str
    chars: int
    found: str
    latency_us: int
    budget_us: int | None
    accepted_us: int | None = None
    accepted_chars: int = 0
    whole: bool = False
    kept_30s: int | None = None
    kept_120s: int | None = None
    kept_600s: int | None = None


@dataclass(frozen=True, slots=True)
class PriceInForce:
    """A price by its version: nano-dollars for a million tokens, None where unknown.

    `detail` is JSON of the assumptions behind a local price, `{}` elsewhere. It is in force from `since_us` until
    another version of its endpoint and model is.
    """

    version: str
    endpoint: str
    model: str | None
    since_us: int
    input_nano_per_mtok: int | None
    output_nano_per_mtok: int | None
    cached_nano_per_mtok: int | None
    detail: str = "{}"
    cache_write_nano_per_mtok: int | None = None


@dataclass(frozen=True, slots=True)
class Totals:
    """What all processes together spent at endpoints that are not local, by cost centre, in marginal nano-dollars.

    `day` and `month` are those of `at_us` in UTC. `settled` are the attempts whose close has been written by this
    process since it last said so: they are in the sums.
    """

    day: Mapping[str, int]
    month: Mapping[str, int]
    at_us: int = 0
    settled: frozenset[str] = frozenset()
