"""`nearline dashboard`: an address on loopback, until Ctrl-C."""

from __future__ import annotations

import http.client
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from urllib.parse import urlsplit

import psutil
import pytest

from .conftest import Run

COMMAND = (sys.executable, "-m", "nearline_server", "dashboard")


@pytest.fixture
def process() -> Iterator[subprocess.Popen[str]]:
    """The command as another program."""
    with subprocess.Popen(COMMAND, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        yield process
        if process.poll() is None:
            process.kill()


def address(process: subprocess.Popen[str]) -> str:
    """What it printed."""
    assert process.stdout
    line = process.stdout.readline()
    assert line.startswith("Dashboard: http://127.0.0.1:")
    return line.split()[1]


def get(url: str, cookie: str = "") -> tuple[int, str, str]:
    """Status, cookie and text of an answer."""
    parts = urlsplit(url)
    with closing(http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=20)) as connection:
        path = f"{parts.path}?{parts.query}" if parts.query else parts.path
        connection.request("GET", path, headers={"Cookie": cookie} if cookie else {})
        answer = connection.getresponse()
        return answer.status, (answer.getheader("set-cookie") or "").partition(";")[0], answer.read().decode()


def test_the_printed_address_opens_it_once_and_ctrl_c_ends_it(process: subprocess.Popen[str]) -> None:
    """With exit code 0 and not a word of what was asked, also with a connection that is kept open."""
    url = address(process)
    status, cookie, _ = get(url)
    assert (status, get(url)[0]) == (200, 403)
    page = get(url.partition("?")[0], cookie)
    assert (page[0], "No editor window runs Nearline." in page[2]) == (200, True)

    with socket.create_connection(("127.0.0.1", urlsplit(url).port or 0)):
        process.send_signal(signal.SIGINT)
        assert process.wait(20) == 0
    assert process.stderr
    assert process.stderr.read() == ""


def test_it_listens_on_loopback_alone(process: subprocess.Popen[str]) -> None:
    """No other address of this machine answers."""
    port = urlsplit(address(process)).port
    listening = [one.laddr for one in psutil.Process(process.pid).net_connections() if one.status == "LISTEN"]

    assert [(one.ip, one.port) for one in listening] == [("127.0.0.1", port)]


def test_a_port_that_is_taken_is_one_message(run: Run) -> None:
    """With the system's reason."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        result = run("dashboard", "--port", port)

    assert result.exit_code == 1
    assert f"port {port} of 127.0.0.1 cannot be used" in result.stderr
