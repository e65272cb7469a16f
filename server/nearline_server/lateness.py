"""How many answers came in time, and what kept the others, in words; of what a window says of its newest answers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

CAUSES = {
    "queue": "waiting for an endpoint",
    "prompt": "reading the prompt",
    "first": "waiting for the first text",
    "decode": "writing",
    "server": "in Nearline itself",
}


def lateness(summary: Mapping[str, Any]) -> str:
    """One to three sentences; `summary` is `StageLedger.summary`'s, of any version, with answers in it."""
    counted, in_time, cut = (int(summary.get(name, 0)) for name in ("counted", "in_time", "cut"))
    if not counted:
        return "Nothing was asked for that had to be in time."
    sentences = [f"{in_time} of {counted} came in time ({in_time / counted:.0%})."]
    if cut:
        sentences.append(f"{cut} had to be cut where the time was over.")
    if causes := _causes(summary):
        sentences.append(f"Late by what took longest: {causes}.")
    return " ".join(sentences)


def _causes(summary: Mapping[str, Any]) -> str:
    tokens = summary.get("missed_prompt_tokens")
    notes = {"prompt": f", half of them of {tokens} tokens or more" if tokens else ""}
    misses = summary.get("misses") or {}
    return "; ".join(f"{count} {CAUSES.get(cause, cause)}{notes.get(cause, '')}" for cause, count in misses.items())
