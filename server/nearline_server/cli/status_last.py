"""`nearline status --last`: where the milliseconds of a window's newest answers went."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rich.console import Console
from rich.table import Table

from nearline_server.completion.stages import STAGES
from nearline_server.lateness import lateness

MOMENTS = ("p50", "p95", "max")


def show_last(console: Console, window: Mapping[str, Any]) -> None:
    """The newest answer stage by stage, and what the newest ones come to."""
    console.print(f"Window {window['pid']} in {window.get('folder', '?')}", soft_wrap=True)
    answer, summary = window.get("last_answer"), window.get("answers")
    if answer is None:
        console.print("  no inline answer yet\n")
        return
    _show_answer(console, answer)
    if summary:
        _show_summary(console, summary)
    console.print()


def _show_answer(console: Console, answer: Mapping[str, Any]) -> None:
    """The stages in their order; what the endpoint says of its work stands beside."""
    why = f" ({answer['reason']})" if answer["reason"] else ""
    console.print(f"  {answer['found']}{why}: {answer['total_ms']:.1f} ms from the request to the answer")
    table = Table(box=None, show_header=False, pad_edge=False)
    if answer.get("edit_ms") is not None:
        table.add_row("    (before)", f"{_ms(answer['edit_ms'])} ms", "from the edit to the request")
    for stage, ms in answer["stages_ms"].items():
        table.add_row(f"    {stage}", f"{_ms(ms)} ms", _work(answer, stage))
    console.print(table)


def _work(answer: Mapping[str, Any], stage: str) -> str:
    if stage == "first" and answer["ttft_ms"] is not None:
        return f"first text {answer['ttft_ms']:.0f} ms after it was asked for"
    units = {"prompt": ("evaluated_tokens", "prefill_ms", "read"), "decode": ("output_tokens", "decode_ms", "wrote")}
    count, ms, doing = units.get(stage, ("", "", ""))
    if answer.get(count) is None:
        return ""
    return f"{doing} {answer[count]} tokens" + ("" if answer[ms] is None else f" in {answer[ms]:.0f} ms")


def _show_summary(console: Console, summary: Mapping[str, Any]) -> None:
    console.print(f"\n  The last {summary['answers']} answers. {lateness(summary)}", soft_wrap=True)
    found = summary["found"]
    heads = (f"{name} ({one['answers']})" for name, one in found.items())
    table = Table("  ms: half, 95%, all within", *heads, box=None, pad_edge=False)
    table.add_row("  all stages", *(_spread(one["total_ms"]) for one in found.values()))
    for stage in STAGES:
        spreads = [one["stages_ms"].get(stage) for one in found.values()]
        if any(spreads):
            table.add_row(f"    {stage}", *map(_spread, spreads))
    console.print(table)
    if summary.get("edit_ms"):
        console.print(f"  before that, from the edit to the request: {_spread(summary['edit_ms'])} ms")


def _spread(spread: Mapping[str, float] | None) -> str:
    return ", ".join(_ms(spread[moment]) for moment in MOMENTS) if spread else ""


def _ms(value: float) -> str:
    return f"{value:.2f}" if value < 1 else f"{value:.1f}"
