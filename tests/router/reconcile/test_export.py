"""Reading what providers export: each format, and what is none."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from nearline_router.reconcile import ExportError, read_export
from nearline_router.reconcile.amounts import Amounts

OPENROUTER_LOG = (
    "generation_id,created_at,model_permaslug,provider_name,app_name,tokens_prompt,tokens_completion,"
    "tokens_reasoning,tokens_cached,cost_total,cancelled,something_new\n"
    'gen-1,2026-11-02T10:00:00.250Z,anthropic/claude-4.5-sonnet-20250929,Anthropic,"A, B",1000,50,0,0,0.00375,false,x\n'
    "gen-2,2026-11-02 09:00:00,openai/gpt-4.1-mini,OpenAI,A,10,2,0,0,0.0000072,true,\n"
)
OPENROUTER_ACTIVITY = {
    "data": [
        {"date": "2026-11-02", "model": "openai/gpt-4.1", "model_permaslug": "openai/gpt-4.1-2025-04-14",
         "usage": 0.015, "byok_usage_inference": 0.0, "requests": 5, "prompt_tokens": 50, "completion_tokens": 125,
         "reasoning_tokens": 25}
    ]
}  # fmt: skip
OPENAI_USAGE = {
    "object": "page",
    "data": [
        {"object": "bucket", "start_time": 1793577600, "end_time": 1793664000, "results": [
            {"object": "organization.usage.completions.result", "input_tokens": 1000, "input_cached_tokens": 800,
             "output_tokens": 500, "num_model_requests": 5, "project_id": None, "model": "gpt-4.1-mini-2025-04-14"}
        ]},
        {"object": "bucket", "start_time": 1793664000, "end_time": 1793750400, "results": []},
    ],
    "has_more": False,
}  # fmt: skip
OPENAI_USAGE_CSV = (
    "start_time,end_time,start_time_iso,model,num_model_requests,input_tokens,output_tokens,input_cached_tokens\n"
    "1793577600,1793664000,2026-11-02T00:00:00+00:00,gpt-4.1-mini,5,1000,500,800\n"
)
OPENAI_COSTS = {
    "object": "page",
    "data": [
        {"object": "bucket", "start_time": 1793577600, "results": [
            {"object": "organization.costs.result", "amount": {"value": 0.06, "currency": "usd"},
             "line_item": "gpt-4.1, input", "project_id": None}
        ]}
    ],
}  # fmt: skip
OPENAI_COSTS_CSV = "start_time,amount_value,amount_currency,line_item\n1793577600,0.06,usd,gpt-4.1\n"
ANTHROPIC_USAGE = {
    "data": [
        {"starting_at": "2026-11-02T00:00:00Z", "ending_at": "2026-11-03T00:00:00Z", "results": [
            {"uncached_input_tokens": 1500, "cache_creation": {"ephemeral_1h_input_tokens": 1000,
             "ephemeral_5m_input_tokens": 500}, "cache_read_input_tokens": 200, "output_tokens": 500,
             "server_tool_use": {"web_search_requests": 10}, "model": "claude-sonnet-4-5-20250929"}
        ]}
    ],
    "has_more": False,
}  # fmt: skip
ANTHROPIC_USAGE_CSV = (
    "usage_date_utc,model_version,api_key,workspace,usage_type,context_window,usage_input_tokens_no_cache,"
    "usage_input_tokens_cache_write_5m,usage_input_tokens_cache_write_1h,usage_input_tokens_cache_read,"
    "usage_output_tokens,web_search_count\n"
    "2026-11-02,claude-sonnet-4-5-20250929,me,Default,standard,≤ 200k,1500,500,1000,200,500,0\n"
)
ANTHROPIC_COST = {
    "data": [
        {"starting_at": "2026-11-02T00:00:00Z", "results": [
            {"currency": "USD", "amount": "123.45", "description": "Claude Sonnet 4.5 Usage - Input Tokens",
             "model": "claude-sonnet-4-5-20250929"}
        ]}
    ]
}  # fmt: skip
ANTHROPIC_COST_CSV = (
    "usage_date_utc,model,workspace,api_key,usage_type,context_window,token_type,cost_usd\n"
    "2026-11-02,Claude Sonnet 4.5,Default,me,standard,,output,1.2345\n"
)

NOVEMBER_2 = datetime(2026, 11, 2, tzinfo=UTC)


def exported(folder: Path, content: object) -> Path:
    """The file."""
    path = folder / "export"
    path.write_text(content if isinstance(content, str) else json.dumps(content), encoding="utf-8-sig")
    return path


@pytest.mark.parametrize(
    ("content", "provider", "amounts"),
    [
        (OPENROUTER_ACTIVITY, "openrouter", Amounts(5, 50, 125, 15_000_000)),
        (OPENAI_USAGE, "openai", Amounts(5, 1000, 500)),
        (OPENAI_USAGE_CSV, "openai", Amounts(5, 1000, 500)),
        (OPENAI_COSTS, "openai", Amounts(cost_nano=60_000_000)),
        (OPENAI_COSTS_CSV, "openai", Amounts(cost_nano=60_000_000)),
        (ANTHROPIC_USAGE, "anthropic", Amounts(None, 3200, 500)),
        (ANTHROPIC_USAGE_CSV, "anthropic", Amounts(None, 3200, 500)),
        (ANTHROPIC_COST, "anthropic", Amounts(cost_nano=1_234_500_000)),
        (ANTHROPIC_COST_CSV, "anthropic", Amounts(cost_nano=1_234_500_000)),
    ],
)
def test_each_format_of_days_is_read(tmp_path: Path, content: object, provider: str, amounts: Amounts) -> None:
    """Cached tokens count as input, whatever column they stand in, and cents become dollars."""
    export = read_export(exported(tmp_path, content))
    (row,) = export.rows

    assert (export.format.provider, export.format.by_request) == (provider, False)
    assert (row.at, row.amounts) == (NOVEMBER_2, amounts)


def test_each_row_of_openrouters_logs_is_a_request(tmp_path: Path) -> None:
    """The oldest first; a time without an offset is UTC, and columns that nobody knows are passed over."""
    export = read_export(exported(tmp_path, OPENROUTER_LOG))

    assert export.format.by_request
    assert [row.model for row in export.rows] == ["openai/gpt-4.1-mini", "anthropic/claude-4.5-sonnet-20250929"]
    assert export.rows[0].at == datetime(2026, 11, 2, 9, tzinfo=UTC)
    assert export.rows[1].amounts == Amounts(1, 1000, 50, 3_750_000)


@pytest.mark.parametrize(
    ("content", "complaint"),
    [
        ("day,tokens\n2026-11-02,5\n", "Its columns: day, tokens. Expected are"),
        ("usage_date_utc,model,cost_usd\n", "has no rows"),
        ({"data": []}, "has no rows"),
        ('{"data": [', "neither CSV nor JSON"),
        (OPENROUTER_LOG.replace("0.00375", "some"), "row 1: cost_total is no amount"),
        (OPENROUTER_LOG.replace(",10,2,", ",ten,2,"), "row 2: "),
        (ANTHROPIC_USAGE_CSV.replace("2026-11-02", "yesterday"), "row 1: "),
        (OPENAI_COSTS_CSV.replace(",usd,", ",eur,"), "amounts are in eur"),
    ],
)
def test_what_cannot_be_read_says_why(tmp_path: Path, content: object, complaint: str) -> None:
    """The file, the row where there is one, and what was expected."""
    path = exported(tmp_path, content)
    with pytest.raises(ExportError) as error:
        read_export(path)

    assert complaint in str(error.value)
    assert str(error.value).startswith(str(path))


def test_a_file_that_is_not_there_says_so(tmp_path: Path) -> None:
    """As a sentence."""
    with pytest.raises(ExportError, match="cannot be read"):
        read_export(tmp_path / "nowhere.csv")
