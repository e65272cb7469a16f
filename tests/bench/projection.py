"""What other machines would take for the work that was counted here, from speeds that others have published.

A projection is not a measurement. A request takes `own share + evaluated / prefill + decoded / decode`. The own share
is what this run measured of ours, and nothing for the peer. Published prefill is of 512 tokens at once; a few tokens
take longer each, so that reading never counts for less than one decoded token does.
"""

from __future__ import annotations

import statistics
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from nearline_server.replay.tables import ms, percent
from nearline_server.report.tables import Table
from tests.bench.report import percentile

KIND = "projection, not measured"


@dataclass(frozen=True, slots=True)
class Asked:
    """The work of one request in tokens, by the engine's count: of the prompt, read anew; decoded until there was text
    to show, and until its first line was whole, None where the request was left before that.
    """

    evaluated: int
    until_shown: int
    until_line: int | None


@dataclass(frozen=True, slots=True)
class Speeds:
    """What somebody published of a machine with a model, in tokens a second, and where."""

    machine: str
    prefill: float
    decode: float
    source: str

    def took_ms(self, evaluated: int, decoded: int, own_ms: float) -> float:
        """The time of a request by the model above."""
        reading_s = max(evaluated / self.prefill, 1 / self.decode)
        return own_ms + 1000 * (reading_s + decoded / self.decode)


PUBLISHED = (
    Speeds("Mac Studio M2 Ultra, Qwen2.5-Coder 7B Q8_0", 1_419, 66,
           "prefill: llama.cpp PR 15616, pp512; decode: PR 9787, a table that does not name its model"),
    Speeds("Mac Studio M2 Ultra, Qwen3-Coder 30B-A3B Q8_0", 2_045, 76.3, "llama.cpp PR 15616, pp512 and tg128"),
    Speeds("M1 Pro, Qwen2.5-Coder 1.5B Q8_0", 1_150, 70, "llama.cpp PR 9787, context nearly empty"),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Times:
    """Of some requests; `in_budget` is a share of 1, and all are None where there is none."""

    count: int
    p50_ms: float | None = None
    p95_ms: float | None = None
    in_budget: float | None = None

    @classmethod
    def of(cls, times_ms: Sequence[float], budget_ms: float) -> Times:
        """Their figures."""
        if not times_ms:
            return cls(0)
        within = sum(one <= budget_ms for one in times_ms) / len(times_ms)
        return cls(len(times_ms), round(statistics.median(times_ms), 1), round(percentile(times_ms, 95), 1), within)

    def cells(self) -> tuple[str, str, str]:
        """As text."""
        return ms(self.p50_ms), ms(self.p95_ms), percent(self.in_budget)


@dataclass(frozen=True, slots=True)
class Projected:
    """One way to complete on one machine: to the first text that could be shown, and to a whole line."""

    machine: str
    strategy: str
    shown: Times
    line: Times
    source: str

    @classmethod
    def of(cls, speeds: Speeds, strategy: str, asked: Sequence[Asked], own_ms: float, budget_ms: float) -> Projected:
        """The projection of some requests."""
        shown = [speeds.took_ms(one.evaluated, one.until_shown, own_ms) for one in asked]
        lines = [speeds.took_ms(one.evaluated, one.until_line, own_ms) for one in asked if one.until_line is not None]
        return cls(speeds.machine, strategy, Times.of(shown, budget_ms), Times.of(lines, budget_ms), speeds.source)

    def cells(self) -> tuple[str, ...]:
        """A line of the table."""
        figures = (str(self.shown.count), *self.shown.cells(), *self.line.cells())
        return self.machine, self.strategy, *figures, f"{KIND}; {self.source}"

    def record(self) -> dict[str, Any]:
        """For JSON."""
        return {"kind": KIND} | asdict(self)


@dataclass(frozen=True, slots=True)
class Projection:
    """The counted work of ways to complete, and their own shares in ms, as rows for every published speed."""

    asked: Mapping[str, Sequence[Asked]] = field(default_factory=dict)
    own_ms: Mapping[str, float] = field(default_factory=dict)
    budget_ms: float = 0.0

    def rows(self) -> list[Projected]:
        """A way that asked nothing has none."""
        return [
            Projected.of(speeds, strategy, asked, self.own_ms[strategy], self.budget_ms)
            for speeds in PUBLISHED
            for strategy, asked in self.asked.items()
            if asked
        ]

    def record(self) -> dict[str, Any]:
        """For JSON."""
        return {"kind": KIND, "own_ms": dict(self.own_ms), "rows": [row.record() for row in self.rows()]}

    def table(self) -> Table:
        """As text."""
        budget = f"in {self.budget_ms:.0f} ms"
        columns = (
            "machine",
            "strategy",
            "requests",
            "first text p50",
            "p95",
            budget,
            "line p50",
            "p95",
            budget,
            "what",
        )
        shares = ", ".join(f"{strategy} {own_ms:.1f} ms" for strategy, own_ms in self.own_ms.items())
        note = (
            "From the tokens that each request of this replay took, and published speeds: own share + read anew / "
            "prefill + decoded / decode, where reading counts for one decoded token at least (few tokens at once are "
            f"slower than published). Own share: {shares}. The tokens are those of the model that ran here, and of "
            "this machine: stock /infill stops decoding after a time, so that a faster one would decode more. Left "
            "out: keys that asked no model, requests that ended without text to show, and what no key waits for "
            "(reading at a file's opening and in idle time, what is asked ahead)."
        )
        return Table(f"A Mac Studio: {KIND}", columns, tuple(row.cells() for row in self.rows()), note, 2)
