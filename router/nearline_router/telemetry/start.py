"""Telling OpenTelemetry off the request path, where the user wants that and has said to whom."""

from __future__ import annotations

import logging
import os
from queue import SimpleQueue
from threading import Thread
from typing import TYPE_CHECKING

if TYPE_CHECKING:  # the one comes with an extra and takes long to import, the other is needed with it only
    from nearline_router.ledger.records import Attempt, Outcome
    from nearline_router.telemetry.attempts import Telemetry

# OpenTelemetry's own variables; one for everything or one for each signal.
ENDPOINTS = ("OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "OTEL_EXPORTER_OTLP_METRICS_ENDPOINT")
# What was not sent yet has so long.
CLOSE_S = 2.0

log = logging.getLogger("nearline")


class TelemetryThread:
    """Tells OpenTelemetry of attempts in a thread of its own, which also imports what that takes.

    Both have to be there: `enabled`, and an address in one of OpenTelemetry's variables, which are read as its
    specification has it. The variables alone may be meant for another program. Else nothing is told, imported or begun.
    """

    def __init__(self, enabled: bool) -> None:
        self._wanted = enabled and any(os.environ.get(name) for name in ENDPOINTS)
        self._handed: SimpleQueue[tuple[Attempt, Outcome] | None] = SimpleQueue()
        self._thread: Thread | None = None

    def closed(self, attempt: Attempt, outcome: Outcome) -> None:
        """One attempt has ended; takes microseconds. To be called by one thread."""
        if not self._wanted:
            return
        if self._thread is None:
            # The interpreter does not wait for it: a collector that hangs keeps no program from ending.
            self._thread = Thread(target=self._run, name="nearline-telemetry", daemon=True)
            self._thread.start()
        self._handed.put((attempt, outcome))

    def close(self) -> None:
        """Send what was not sent yet, for at most `CLOSE_S`; for a thread. Nothing is told afterwards."""
        self._wanted = False
        if self._thread:
            self._handed.put(None)
            self._thread.join(CLOSE_S)

    def _run(self) -> None:
        telemetry = _exporting()
        while handed := self._handed.get():
            if telemetry:
                telemetry.closed(*handed)
        if telemetry:
            telemetry.close()


def _exporting() -> Telemetry | None:
    try:
        from nearline_router.telemetry.exporting import exporting
    except ImportError:
        log.warning("nothing is told to OpenTelemetry: install nearline with its extra `otel`")
        return None
    return exporting()
