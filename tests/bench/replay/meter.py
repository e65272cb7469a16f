"""What an engine did, by its own counters: work that was cancelled is in them, and work in idle time."""

from __future__ import annotations

from nearline_router.prices.machine import WORKSTATION, Machine
from nearline_server.replay.results import Work
from tests.bench.engine import Engine

# A computer that nobody described: its watts are assumed, so joules say no more than the engine's time does.
MACHINE = Machine(WORKSTATION, tariff_usd_per_kwh=0.0, assumed=True)


class Meter:
    """Reads an engine's counters."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    async def read(self) -> Work:
        """Everything since the engine's start."""
        counters = _counters((await self._engine.http.get("/metrics")).text)
        busy_s = counters["prompt_seconds_total"] + counters["tokens_predicted_seconds_total"]
        energy_uj, _ = MACHINE.energy_uj(round(busy_s * 1e6))
        evaluated, decoded = counters["prompt_tokens_total"], counters["tokens_predicted_total"]
        return Work(round(evaluated), round(decoded), busy_s, energy_uj / 1e6)


def between(before: Work, after: Work) -> Work:
    """What was done in between."""
    return Work(
        after.evaluated_tokens - before.evaluated_tokens,
        after.decoded_tokens - before.decoded_tokens,
        after.busy_s - before.busy_s,
        after.joules - before.joules,
    )


def _counters(metrics: str) -> dict[str, float]:
    lines = (line.removeprefix("llamacpp:").split() for line in metrics.splitlines() if line.startswith("llamacpp:"))
    return {name: float(value) for name, value in lines}
