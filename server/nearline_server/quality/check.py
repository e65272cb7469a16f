"""`nearline model check`: a few minutes that say whether a model, on this machine, completes as it should."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from nearline_router.config import RouterConfig
from nearline_router.router import Router
from nearline_server.quality.history import Run, earlier_runs, remember
from nearline_server.quality.measure import measured
from nearline_server.quality.snippets import set_id, shipped_holes
from nearline_server.quality.verdict import report_lines, verdict_of

# An engine that is started for a check ends soon after it.
IDLE_S = 60.0


def router_for(model: str) -> Router:
    """A router whose only endpoint is the embedded engine with a model: an id of the catalogue, or a file's path.

    Nothing goes into the record of costs. Raises ConfigError and ModelStoreError.
    """
    chosen = str(Path(model).expanduser().resolve()) if Path(model).suffix == ".gguf" else model
    engine = {"discover": False, "model": chosen, "idle_s": IDLE_S}
    return Router(RouterConfig.model_validate({"engine": engine, "accounting": {"enabled": False}}))


async def checked(router: Router, on_hole: Callable[[], None]) -> Run:
    """One run over the holes that ship, with the model that completes. Raises RouterError."""
    model, start_s = router.status.model, time.perf_counter()
    now = datetime.now(UTC).isoformat(timespec="seconds")
    outcomes = await measured(router, shipped_holes(), on_hole)
    return Run(now, model, set_id(), outcomes.letters, round(time.perf_counter() - start_s, 1))


def judged(run: Run, folder: Path) -> tuple[list[str], bool]:
    """Keep a run in a folder; what the user reads of it, and whether the model is clearly worse. Raises OSError."""
    earlier = earlier_runs(folder, run)
    remember(folder, run)
    verdict = verdict_of(run, earlier)
    return report_lines(run, earlier, verdict), verdict.worse
