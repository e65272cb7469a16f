"""When anything is told at all, and that it reaches a collector."""

from __future__ import annotations

import subprocess
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from nearline_router.telemetry.start import TelemetryThread

from .test_attempts import ATTEMPT, OUTCOME


class Collector:
    """An OTLP collector on loopback that keeps what it gets."""

    def __init__(self) -> None:
        self.got: dict[str, bytes] = {}
        collector = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                collector.got[self.path] = collector.got.get(self.path, b"") + body
                self.send_response(200)
                self.end_headers()

            def log_message(self, *_: object) -> None:
                """Say nothing."""

        self.server = HTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}"


@pytest.fixture
def collector() -> Iterator[Collector]:
    """A collector that listens."""
    collector = Collector()
    thread = threading.Thread(target=collector.server.serve_forever)
    thread.start()
    yield collector

    collector.server.shutdown()
    thread.join(20)
    collector.server.server_close()


@pytest.mark.parametrize(("enabled", "named"), [(False, True), (True, False)])
def test_nothing_is_told_unless_setting_and_address_are_there(
    monkeypatch: pytest.MonkeyPatch, collector: Collector, enabled: bool, named: bool
) -> None:
    """The variable alone may be meant for another program."""
    if named:
        monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", collector.url)
    telemetry = TelemetryThread(enabled)
    telemetry.closed(ATTEMPT, OUTCOME)
    telemetry.close()

    assert collector.got == {}


def test_a_collector_gets_spans_and_metrics(monkeypatch: pytest.MonkeyPatch, collector: Collector) -> None:
    """At the latest when it is closed."""
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", collector.url)
    monkeypatch.setattr("nearline_router.telemetry.start.CLOSE_S", 30.0)
    telemetry = TelemetryThread(True)
    telemetry.closed(ATTEMPT, OUTCOME)
    telemetry.close()

    assert b"gen_ai.usage.output_tokens" in collector.got["/v1/traces"]
    assert b"gen_ai.client.token.usage" in collector.got["/v1/metrics"]
    assert b"secret-project" not in collector.got["/v1/traces"] + collector.got["/v1/metrics"]


def test_without_the_extra_it_says_once_what_to_install(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """And completions go on."""
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", "http://127.0.0.1:1")
    monkeypatch.setitem(sys.modules, "nearline_router.telemetry.exporting", None)
    telemetry = TelemetryThread(True)
    for _ in range(3):
        telemetry.closed(ATTEMPT, OUTCOME)
    telemetry.close()

    assert [record.message for record in caplog.records] == [
        "nothing is told to OpenTelemetry: install nearline with its extra `otel`"
    ]


def test_the_sdk_is_not_imported_where_nobody_asked_for_it() -> None:
    """It takes longer to import than a completion may."""
    start = "import sys; from nearline_router.telemetry.start import TelemetryThread as T; T(True).closed(None, None)"
    code = f"{start}; print('opentelemetry' in sys.modules)"
    ended = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert ended.stdout.strip() == "False"
