"""The whole checkup: everything at once, as findings for people and as values for programs."""

from __future__ import annotations

import asyncio
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from nearline_router.checkup.configuration import configuration_findings
from nearline_router.checkup.costs import cost_findings
from nearline_router.checkup.endpoints import Checkup, checkups
from nearline_router.checkup.finding import Finding
from nearline_router.checkup.machine import (
    engine_finding,
    learned_finding,
    queue_finding,
    sensors_finding,
    tuning_finding,
)
from nearline_router.checkup.verdicts import key_findings, not_running, verdicts
from nearline_router.config.layers import Loaded
from nearline_router.thermal.sensors import find_sensors


@dataclass(frozen=True, slots=True)
class Examined:
    """What was found, in the order of reading."""

    findings: tuple[Finding, ...]
    endpoints: tuple[Checkup, ...]

    @property
    def well(self) -> bool:
        """Whether everything works that is needed or was configured."""
        return all(finding.level != "wrong" for finding in self.findings)

    def record(self) -> dict[str, Any]:
        """Plain values for JSON, without any key."""
        endpoints = [asdict(one) for one in self.endpoints]
        return {"ok": self.well, "findings": [asdict(one) for one in self.findings], "endpoints": endpoints}


async def examination(loaded: Loaded, user: Path | None, workspace: Path, *, offline: bool = False) -> Examined:
    """Check what was loaded from the user's file in a workspace folder; see `checkups` for `offline`."""
    config, sensors = loaded.config, asyncio.create_task(sensors_finding(find_sensors()))
    found = await checkups(config, offline=offline)
    of_files = await asyncio.to_thread(lambda: [*configuration_findings(loaded, user, workspace)])
    budget_ms = config.routing_policy.latency_budget_ms
    of_endpoints = [*key_findings(found), *(finding for checkup in found for finding in verdicts(checkup, budget_ms))]
    of_costs = await asyncio.to_thread(lambda: [*cost_findings(config)])
    completing = any(one.completes and one.state == "answers" for one in found)
    needed = any(map(not_running, found)) and not completing
    tuning = await asyncio.to_thread(tuning_finding, config)
    of_machine = [
        await asyncio.to_thread(engine_finding, config, needed),
        *([tuning] if tuning else ()),
        await sensors,
        await asyncio.to_thread(queue_finding),
        await asyncio.to_thread(learned_finding),
    ]
    return Examined((*of_files, *of_endpoints, *of_costs, *of_machine), tuple(found))
