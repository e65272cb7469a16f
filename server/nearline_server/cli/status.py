"""`nearline status`: what every editor window of this user and the shared engine are doing at the moment."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import click
from rich.console import Console
from rich.table import Table

from nearline_router.engine.state import running_engines, runtime_dir
from nearline_router.live import live_states
from nearline_router.registry.profile import profiles
from nearline_server.cli.options import config_option
from nearline_server.cli.ready import layers
from nearline_server.cli.status_last import show_last

COLUMNS = ("endpoint", "model", "ready", "breaker", "heat", "in flight", "reads", "writes", "first content")


@click.command()
@click.option("--last", is_flag=True, help="Where the milliseconds of each window's last inline answers went.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object.")
@config_option
@click.pass_obj
def status(config: str | None, last: bool, as_json: bool) -> None:
    """Show every editor window that runs, and the shared engine; without windows what is configured."""
    told: dict[str, Any] = {
        "windows": live_states(runtime_dir()),
        "engine": _engine(),
        "configured": _configured(config),
    }
    if as_json:
        click.echo(json.dumps(told, ensure_ascii=False))
        return
    console = Console(highlight=False, markup=False)
    for window in told["windows"]:
        (show_last if last else _show_window)(console, window)
    if not told["windows"]:
        click.echo("No editor window runs Nearline.")
        _show_configured(console, told["configured"])
    click.echo(_engine_sentence(told["engine"]))


def _engine() -> dict[str, Any]:
    state = next(iter(running_engines()), None)
    return {"running": True, "url": state.url, "model": state.model, "pid": state.pid} if state else {"running": False}


def _engine_sentence(engine: dict[str, Any]) -> str:
    if engine["running"]:
        return f"Engine: {engine['model']} at {engine['url']}, process {engine['pid']}"
    return "Engine: not running; the first completion starts it if nobody else can answer"


def _configured(config: str | None) -> list[dict[str, Any]]:
    loaded = layers(config, Path.cwd())
    for problem in loaded.problems:
        click.echo(str(problem), err=True)
    names = ("id", "provider", "model", "local", "stand_in")
    return [{name: getattr(profile, name) for name in names} for profile in profiles(loaded.config)]


def _show_configured(console: Console, configured: list[dict[str, Any]]) -> None:
    table = Table("endpoint", "provider", "model", "local", box=None, pad_edge=False)
    for one in configured:
        table.add_row(one["id"], one["provider"], one["model"] or "", "yes" if one["local"] else "no")
    console.print(table)


def _show_window(console: Console, window: dict[str, Any]) -> None:
    console.print(f"Window {window['pid']} in {window.get('folder', '?')}", soft_wrap=True)
    console.print(f"  completes by {window.get('completing') or 'nobody'}")
    table = Table(*COLUMNS, box=None, pad_edge=False)
    for name, endpoint in window.get("endpoints", {}).items():
        table.add_row(name, *_row(endpoint))
    console.print(table)
    console.print(f"  spent today: ${window.get('spent_today_usd', 0.0):.4f}")
    console.print(f"  last: {_last(window.get('last'))}\n", soft_wrap=True)


def _row(endpoint: dict[str, Any]) -> tuple[str, ...]:
    trouble = endpoint["trouble"]
    heat = f"{endpoint['heat']}: {endpoint['heat_reason']}" if endpoint["heat_reason"] else endpoint["heat"]
    breaker = f"{endpoint['breaker']} for {endpoint['open_for_s']:.0f} s" if endpoint["open_for_s"] else None
    return (
        endpoint["model"] or "",
        ("yes" if endpoint["ready"] else "no") + (f": {trouble}" if trouble else ""),
        breaker or endpoint["breaker"],
        heat,
        str(endpoint["in_flight"]),
        _measured(endpoint["prefill_tokens_per_s"], "/s"),
        _measured(endpoint["decode_tokens_per_s"], "/s"),
        _measured(endpoint["ttft_ms"], " ms"),
    )


def _measured(value: float | None, unit: str) -> str:
    return "" if value is None else f"{value:.0f}{unit}"


def _last(trace: dict[str, Any] | None) -> str:
    """The last request in a sentence."""
    if trace is None:
        return "nothing was asked yet"
    asked = ", then ".join(trace["asked"]) or "nobody yet"
    parts = [f"{trace['task']} asked {asked}"]
    if trace["ttft_ms"] is not None:
        parts.append(f"first content after {trace['ttft_ms']:.0f} ms")
    if trace["error"]:
        parts.append(f"it failed: {trace['error']}")
    return f"{', '.join(parts)}. {trace['decision']['rationale']}"
