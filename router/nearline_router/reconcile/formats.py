"""The exports that are known: which columns tell one, and which are taken. Other columns are passed over.

As the providers describe them in November 2026:
OpenRouter https://openrouter.ai/docs/api/api-reference/analytics (and the CSV of its Logs page, one row a generation),
OpenAI https://platform.openai.com/docs/api-reference/usage (the dashboard's CSV has the API's names as columns),
Anthropic https://docs.claude.com/en/api/usage-cost-api (and the two CSV files of the Console's usage and cost pages).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation

from nearline_router.prices.price import NANO_PER_USD
from nearline_router.reconcile.amounts import Amounts
from nearline_router.reconcile.rows import Row


@dataclass(frozen=True, slots=True)
class Format:
    """One kind of export. `columns` are in every row of it; `amounts` takes what is billed out of a row.

    `by_request`: a row is one request, else the sum of a day or less. `time` and `model` name their columns.
    """

    name: str
    provider: str
    columns: frozenset[str]
    time: str
    model: str
    amounts: Callable[[Row], Amounts]
    by_request: bool = False


def count(row: Row, *names: str) -> int:
    """The sum of these columns; one that is empty or missing is 0. Raises ValueError."""
    return sum(int(Decimal(str(row.get(name) or 0).replace(",", ""))) for name in names)


def nano(row: Row, name: str, unit_usd: Decimal = Decimal(1)) -> int:
    """A column of money as nano-dollars. Raises ValueError for what is no number, and for another currency."""
    currency = str(row.get("currency") or row.get("amount.currency") or row.get("amount_currency") or "usd")
    if currency.lower() != "usd":
        raise ValueError(f"amounts are in {currency}, and the ledger's in US dollars")
    try:
        return int((Decimal(str(row.get(name) or 0)) * unit_usd * NANO_PER_USD).to_integral_value())
    except InvalidOperation as error:
        raise ValueError(f"{name} is no amount") from error


def moment(value: object) -> datetime:
    """A time in UTC: Unix seconds or ISO 8601, without an offset UTC too. Raises ValueError."""
    text = str(value).strip().removesuffix(" UTC")
    if text.isdecimal():
        return datetime.fromtimestamp(int(text), UTC)
    found = datetime.fromisoformat(text)
    return found.astimezone(UTC) if found.tzinfo else found.replace(tzinfo=UTC)


def _openrouter_log(row: Row) -> Amounts:
    return Amounts(1, count(row, "tokens_prompt"), count(row, "tokens_completion"), nano(row, "cost_total"))


def _openrouter_activity(row: Row) -> Amounts:
    tokens = count(row, "prompt_tokens"), count(row, "completion_tokens")
    return Amounts(count(row, "requests"), *tokens, nano(row, "usage"))


def _openai_usage(row: Row) -> Amounts:
    # The input includes what was read from the cache.
    return Amounts(count(row, "num_model_requests"), count(row, "input_tokens"), count(row, "output_tokens"))


def _anthropic_usage(row: Row) -> Amounts:
    writes = ("cache_creation.ephemeral_5m_input_tokens", "cache_creation.ephemeral_1h_input_tokens")
    read = count(row, "uncached_input_tokens", "cache_read_input_tokens", *writes)
    return Amounts(None, read, count(row, "output_tokens"))


def _anthropic_usage_csv(row: Row) -> Amounts:
    kinds = ("no_cache", "cache_write_5m", "cache_write_1h", "cache_read")
    read = count(row, *(f"usage_input_tokens_{kind}" for kind in kinds))
    return Amounts(None, read, count(row, "usage_output_tokens"))


FORMATS = (
    Format(
        "OpenRouter logs (CSV)",
        "openrouter",
        frozenset({"created_at", "model_permaslug", "tokens_prompt", "tokens_completion", "cost_total"}),
        "created_at",
        "model_permaslug",
        _openrouter_log,
        by_request=True,
    ),
    Format(
        "OpenRouter activity (JSON or CSV)",
        "openrouter",
        frozenset({"date", "model", "usage", "requests", "prompt_tokens", "completion_tokens"}),
        "date",
        "model",
        _openrouter_activity,
    ),
    Format(
        "OpenAI completions usage (JSON or CSV)",
        "openai",
        frozenset({"start_time", "num_model_requests", "input_tokens", "output_tokens"}),
        "start_time",
        "model",
        _openai_usage,
    ),
    Format(
        "OpenAI costs (JSON)",
        "openai",
        frozenset({"start_time", "line_item", "amount.value"}),
        "start_time",
        "line_item",
        lambda row: Amounts(cost_nano=nano(row, "amount.value")),
    ),
    Format(
        "OpenAI costs (CSV)",
        "openai",
        frozenset({"start_time", "line_item", "amount_value"}),
        "start_time",
        "line_item",
        lambda row: Amounts(cost_nano=nano(row, "amount_value")),
    ),
    Format(
        "Anthropic messages usage (JSON)",
        "anthropic",
        frozenset({"starting_at", "uncached_input_tokens", "output_tokens"}),
        "starting_at",
        "model",
        _anthropic_usage,
    ),
    Format(
        "Anthropic usage (CSV)",
        "anthropic",
        frozenset({"usage_date_utc", "model_version", "usage_input_tokens_no_cache", "usage_output_tokens"}),
        "usage_date_utc",
        "model_version",
        _anthropic_usage_csv,
    ),
    Format(
        "Anthropic cost (JSON)",
        "anthropic",
        frozenset({"starting_at", "amount", "currency"}),
        "starting_at",
        "model",
        # "123.45" is $1.23: the API counts in cents.
        lambda row: Amounts(cost_nano=nano(row, "amount", Decimal("0.01"))),
    ),
    Format(
        "Anthropic cost (CSV)",
        "anthropic",
        frozenset({"usage_date_utc", "model", "cost_usd"}),
        "usage_date_utc",
        "model",
        lambda row: Amounts(cost_nano=nano(row, "cost_usd")),
    ),
)
