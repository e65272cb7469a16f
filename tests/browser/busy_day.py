"""A busy day at the end of some weeks, with everything in it that a page can show."""

from __future__ import annotations

import json
import os
import random
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psutil

from nearline_router.ledger.database import connect
from tests.recorded_ledger import RecordedLedger

SECOND = 1_000_000
DAY = 86_400 * SECOND
HOSTILE = '<img src=x onerror="document.title=1">'
OUTCOMES = ("answered", "answered", "answered", "cancelled", "slow", "failed")


def now_us() -> int:
    """Unix time in microseconds."""
    return int(datetime.now(UTC).timestamp() * SECOND)


def write(runtime: Path, state: Path) -> None:
    """A window that lives (this process), and a ledger of three weeks, busiest in the last hour."""
    end_us = now_us()
    window = {"pid": os.getpid(), "started_s": psutil.Process().create_time()} | _window()
    (runtime / f"live-{os.getpid()}.json").write_text(json.dumps(window))
    with closing(connect(state)) as connection:
        ledger = RecordedLedger(connection)
        chance = random.Random(7)
        for number in range(240):
            attempt(ledger, end_us - number * 9 * SECOND, chance)
        for number in range(20 * 15):
            attempt(ledger, end_us - (1 + number // 15) * DAY - number * 40 * SECOND, chance)
        _suggestions(connection, end_us, chance)
        _events(connection, end_us)


def attempt(ledger: RecordedLedger, at_us: int, chance: random.Random) -> None:
    """One attempt of any kind."""
    local = chance.random() < 0.7
    ttft_us = int(chance.lognormvariate(11.3 if local else 12.7, 0.35))
    outcome = chance.choice(OUTCOMES)
    ledger.attempt(
        at_us,
        id=f"{chance.getrandbits(64):x}",
        endpoint="studio" if local else "openrouter-qwen",
        provider="llamacpp" if local else "openrouter",
        model="qwen2.5-coder-7b" if local else "qwen/qwen3-coder",
        local=int(local),
        task=chance.choice(("complete", "complete", "complete", "explain", "fix")),
        client="Neovim",
        outcome=outcome,
        error="RateLimited" if outcome == "failed" else "",
        queued_us=chance.choice((0, 2_000, 40_000)),
        prefill_us=ttft_us // 2 if local else None,
        ttft_us=None if outcome in ("failed", "slow") else ttft_us,
        total_us=int(ttft_us * chance.uniform(1.2, 3)),
        input_tokens=chance.randint(300, 3000),
        output_tokens=chance.randint(5, 120),
        marginal_nano=2_000 if local else chance.choice((420_000, 1_900_000, None)),
        full_nano=95_000 if local else 1_000_000,
    )


def _suggestions(connection: Any, end_us: int, chance: random.Random) -> None:
    insert = (
        "INSERT INTO suggestions (id, request, shown_us, language, repository, chars, found, latency_us, budget_us, "
        "accepted_us, accepted_chars, whole, kept_30s, kept_120s, kept_600s) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, "
        "?, ?, ?, ?)"
    )
    for number in range(200):
        at_us, chars = end_us - number * DAY // 12, chance.randint(8, 90)
        taken = chars if chance.random() < 0.35 else 0
        language = chance.choice(("python", "typescript", "rust"))
        accepted = (at_us + SECOND, taken, 1, taken, taken, taken // 2) if taken else (None, 0, 0, None, None, None)
        shown = (f"s{number}", f"r{number}", at_us, language, "project", chars, "model", 80_000, 300_000)
        connection.execute(insert, shown + accepted)
        day = datetime.fromtimestamp(at_us / SECOND, UTC).date().isoformat()
        connection.execute(
            "INSERT INTO answers VALUES (?, 'model', ?, 1) ON CONFLICT DO UPDATE SET count = count + 1",
            (day, int(chance.random() < 0.9)),
        )
    connection.commit()


def _events(connection: Any, end_us: int) -> None:
    events = (
        (end_us - 400 * SECOND, "openrouter-qwen", "breaker", "open", "3 failures in a row: HTTP 503"),
        (end_us - 370 * SECOND, "openrouter-qwen", "breaker", "half open", ""),
        (end_us - 360 * SECOND, "openrouter-qwen", "breaker", "closed", ""),
        (end_us - 90 * SECOND, "studio", "heat", "warm", "71 °C"),
    )
    connection.executemany("INSERT INTO events VALUES (?, ?, ?, ?, ?)", events)
    connection.commit()


def _window() -> dict[str, Any]:
    return {
        "folder": f"/home/me/{HOSTILE.replace('/', '')}",
        "completing": "studio",
        "endpoints": {
            "studio": _endpoint("qwen2.5-coder-7b", local=True, heat="warm", heat_reason="71 °C", in_flight=1),
            "openrouter-qwen": _endpoint("qwen/qwen3-coder", breaker="half_open", ttft_ms=331.0),
            "anthropic": _endpoint(
                "claude-sonnet-4-5", breaker="open", open_for_s=1740.0, needs_attention=True, trouble=HOSTILE
            ),
        },
        "spent_today_usd": 0.0123,
        "last": _last(),
        "answers": _answers(),
    }


def _answers() -> dict[str, Any]:
    own_ms = {"read": 0.31, "gate": 0.02, "lookup": 0.04, "reply": 0.08, "send": 0.12, "other": 0.05}
    asked_ms = own_ms | {"context": 0.4, "queue": 1.2, "prompt": 41.0, "first": 18.5, "decode": 62.0, "trim": 0.06}
    found = {"type-through": (310, own_ms), "cache": (21, own_ms), "join": (34, asked_ms), "model": (135, asked_ms)}
    return {
        "answers": 500, "counted": 500, "in_time": 488, "cut": 17, "misses": {"prompt": 9, "queue": 2, "server": 1},
        "missed_prompt_tokens": 412, "edit_ms": _spread(1.4),
        "found": {name: _found(count, stages_ms) for name, (count, stages_ms) in found.items()},
    }  # fmt: skip


def _found(count: int, stages_ms: dict[str, float]) -> dict[str, Any]:
    spreads = {stage: _spread(ms) for stage, ms in stages_ms.items()}
    return {"answers": count, "total_ms": _spread(sum(stages_ms.values())), "stages_ms": spreads}


def _spread(ms: float) -> dict[str, float]:
    return {"mean": ms, "p50": ms, "p95": 2.5 * ms, "max": 6 * ms}


def _endpoint(model: str, **said: Any) -> dict[str, Any]:
    well = {
        "model": model, "local": False, "ready": True, "trouble": "", "breaker": "closed", "open_for_s": 0.0,
        "needs_attention": False, "heat": "cool", "heat_reason": "", "in_flight": 0, "prefill_tokens_per_s": None,
        "decode_tokens_per_s": None, "ttft_ms": 84.2,
    }  # fmt: skip
    return well | said | ({"prefill_tokens_per_s": 812.4, "decode_tokens_per_s": 41.7} if said.get("local") else {})


def _last() -> dict[str, Any]:
    candidates = [
        {"endpoint": "studio", "excluded": "", "predicted_ttft_ms": 91.0, "cost_usd": 0.000002},
        {"endpoint": "openrouter-qwen", "excluded": "", "predicted_ttft_ms": 331.0, "cost_usd": 0.00042},
        {"endpoint": "anthropic", "excluded": "breaker open for 1740 s: no credit", "predicted_ttft_ms": None},
    ]
    decision = {
        "endpoint": "studio", "rule": "latency", "predicted_ttft_ms": 91.0, "candidates": candidates,
        "rationale": "Of those predicted to begin within 300 ms, studio costs least.",
    }  # fmt: skip
    asked = {"task": "complete", "asked": ["studio"], "ttft_ms": 83.7, "total_ms": 214.0, "error": ""}
    return asked | {"decision": decision}
