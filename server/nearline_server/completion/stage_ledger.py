"""The stages of the newest answers in memory, and what they come to: no text, and nothing that outlives the process."""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from statistics import median_low
from typing import Any

from nearline_server.completion.completer import Answer
from nearline_server.completion.stages import STAGES, Times, Work, all_stages, miss_cause

# Some minutes of typing: enough for a 95th percentile, and soon of another mind when something changes.
KEPT = 500
FOUND = ("type-through", "cache", "join", "model", "none")


@dataclass(slots=True)
class Entry:
    """One answer in numbers. `work` is kept while it runs, since it says at its end how long it read the prompt."""

    found: str
    in_time: bool
    cut: bool
    total_ms: float
    edit_ms: float | None
    marked_ms: Mapping[str, float]
    began_ms: float
    work: Work | None
    stages_ms: tuple[float, ...] = ()
    evaluated_tokens: int | None = None

    def settle(self) -> None:
        """Reckon the stages by what is known now."""
        work = self.work
        self.stages_ms = all_stages(self.total_ms, self.marked_ms, self.began_ms, work)
        if work and work.ended_s is not None:
            self.evaluated_tokens = work.usage.evaluated_tokens if work.usage else None
            self.work = None


class StageLedger:
    """The newest `KEPT` answers. Takes one in some microseconds; what they come to is reckoned when it is asked for."""

    def __init__(self) -> None:
        self._entries: deque[Entry] = deque(maxlen=KEPT)
        self._running: list[Entry] = []
        self._last: Answer | None = None
        self._summary: dict[str, Any] | None = None

    def add(self, answer: Answer, times: Times, *, in_time: bool) -> None:
        """An answer has gone out."""
        work, arrived_s = answer.generation, times.arrived_s
        begun = {"reply": (times.replied_s - times.answered_s) * 1000, "send": (times.sent_s - times.replied_s) * 1000}
        entry = Entry(
            found=answer.found,
            in_time=in_time,
            cut=bool(answer.text) and work is not None and (work.ended_s is None or work.ended_s > times.answered_s),
            total_ms=(times.sent_s - arrived_s) * 1000,
            edit_ms=None if times.edited_s is None else (arrived_s - times.edited_s) * 1000,
            marked_ms=answer.stages_ms | begun,
            began_ms=0.0 if work is None else (work.started_s - arrived_s) * 1000,
            work=work,
        )
        entry.settle()
        self._settle()
        self._entries.append(entry)
        if entry.work:
            self._running.append(entry)
        self._last, self._summary = answer, None

    def last(self) -> dict[str, Any] | None:
        """The newest answer as plain values, with all its stages; None before the first one."""
        if self._last is None:
            return None
        entry = self._entries[-1]
        stages_ms = {stage: round(ms, 3) for stage, ms in zip(STAGES, entry.stages_ms, strict=True) if ms}
        times = {"total_ms": round(entry.total_ms, 3), "edit_ms": entry.edit_ms and round(entry.edit_ms, 3)}
        work = self._last.generation
        answer = replace(self._last, usage=work.usage) if work else self._last
        return answer.record() | times | {"stages_ms": stages_ms}

    def summary(self) -> dict[str, Any]:
        """What the newest answers come to, as plain values; {} before the first one.

        Each spread has `mean`, `p50`, `p95` and `max` in milliseconds. `misses` counts by cause the `counted` answers
        that were not `in_time`; who was overtaken or refused is not counted. `cut`: shown in part, since time was up.
        """
        self._settle()
        if self._summary is None:
            self._summary = _summed(self._entries) if self._entries else {}
        return self._summary

    def _settle(self) -> None:
        """Reckon those whose work has ended, and let go of that: it holds the text around its cursor."""
        for entry in self._running:
            if entry.work and entry.work.ended_s is not None:
                entry.settle()
                self._summary = None
        self._running = [entry for entry in self._running if entry.work]


def _summed(entries: Sequence[Entry]) -> dict[str, Any]:
    by_found: dict[str, list[Entry]] = {found: [] for found in FOUND}
    for entry in entries:
        by_found[entry.found].append(entry)
    counted = [entry for entry in entries if entry.found != "none"]
    missed = [(miss_cause(entry.stages_ms), entry) for entry in counted if not entry.in_time]
    tokens = [entry.evaluated_tokens for cause, entry in missed if cause == "prompt" and entry.evaluated_tokens]
    changes = [entry.edit_ms for entry in entries if entry.edit_ms is not None]
    return {
        "answers": len(entries),
        "counted": len(counted),
        "in_time": len(counted) - len(missed),
        "cut": sum(entry.cut for entry in counted),
        "misses": dict(Counter(cause for cause, _ in missed).most_common()),
        "missed_prompt_tokens": median_low(tokens) if tokens else None,
        "edit_ms": _spread(changes) if changes else None,
        "found": {found: _found(group) for found, group in by_found.items() if group},
    }


def _found(entries: Sequence[Entry]) -> dict[str, Any]:
    columns = zip(STAGES, zip(*(entry.stages_ms for entry in entries), strict=True), strict=True)
    return {
        "answers": len(entries),
        "total_ms": _spread([entry.total_ms for entry in entries]),
        "stages_ms": {stage: _spread(values) for stage, values in columns if any(values)},
    }


def _spread(values: Sequence[float]) -> dict[str, float]:
    """Percentiles are values that were measured (nearest rank)."""
    ordered, count = sorted(values), len(values)
    found = {
        "mean": sum(ordered) / count,
        "p50": ordered[count // 2],
        "p95": ordered[min(count - 1, count * 95 // 100)],
        "max": ordered[-1],
    }
    return {name: round(value, 3) for name, value in found.items()}
