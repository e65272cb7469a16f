"""The event loop never stands still: typing in a file of 5,000 lines, against the scripted server, measured inside.

What counts is the time on the processor of each single turn of the loop: it is what the loop cannot do anything else
in, and, unlike the time on the clock, the same on a busy machine.
"""

from __future__ import annotations

import asyncio
import json
import statistics
import subprocess
import sys
import time
from asyncio.events import Handle
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from nearline_server.lsp.server import NearlineServer
from nearline_server.lsp.start import build
from tests import scripted_llama
from tests.waiting import until

LONGEST_TURN_MS = 20.0
LINES = 5_000
TYPED = "    total = compute(first, second, third)  # 漢字 and more"
URI = "file:///work/long.py"


class Written:
    """The client's end: what the server has written."""

    def __init__(self) -> None:
        self.messages: list[dict[str, Any]] = []

    def write(self, data: bytes) -> None:
        self.messages.append(json.loads(data.partition(b"\r\n\r\n")[2]))

    def close(self) -> None:
        pass

    def answers(self, number: int) -> bool:
        return any(message.get("id") == number for message in self.messages)

    def ready(self) -> bool:
        return any(message.get("params", {}).get("state") == "ready" for message in self.messages)


@pytest.fixture
def scripted(tmp_path: Path) -> Iterator[Path]:
    """A configuration whose model is served by another process, so that only our own turns are measured."""
    command = [sys.executable, scripted_llama.__file__, *TYPED[4:].split(" ")]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        url = process.stdout.readline().strip()
        config = tmp_path / "nearline.yaml"
        config.write_text(
            f"endpoints: {{local: {{host: '{url}'}}}}\n"
            "engine: {enabled: false, discover: false}\n"
            "completion: {budget_ms: 20000, idle_ms: 1}\n"
        )
        yield config


@pytest.fixture
def turns(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """Milliseconds on the processor of every turn of every callback, while the test runs."""
    spent: list[float] = []
    run = Handle._run

    def measured(self: Handle) -> None:
        begun_s = time.thread_time()
        try:
            run(self)
        finally:
            spent.append((time.thread_time() - begun_s) * 1000)

    monkeypatch.setattr(Handle, "_run", measured)
    return spent


def receive(server: NearlineServer, message: dict[str, Any]) -> None:
    """What the server does with a message that has arrived."""
    body = json.dumps({"jsonrpc": "2.0", **message})
    server.protocol.handle_message(json.loads(body, object_hook=server.protocol.structure_message))


async def test_typing_in_a_long_file_holds_up_nothing(
    scripted: Path, turns: list[float], record_property: Callable[[str, object], None]
) -> None:
    """No turn of the loop takes 20 ms, neither while opening the file nor while typing, nor while reading ahead."""
    server, written = build(str(scripted)), Written()
    server.protocol.set_writer(written)  # type: ignore[arg-type]
    loop = asyncio.get_running_loop()

    def say(**message: Any) -> None:
        loop.call_soon(receive, server, message)

    say(id=0, method="initialize", params={"processId": None, "rootUri": "file:///work", "capabilities": {}})
    say(method="initialized", params={})
    await until(written.ready, "the model")
    text = "".join(f"def function_{n}(first, second, third):\n    return first\n\n\n" for n in range(LINES // 4))
    turns.clear()
    document = {"uri": URI, "languageId": "python", "version": 1, "text": text}
    say(method="textDocument/didOpen", params={"textDocument": document})
    line, number = LINES // 2 + 2, 0
    for row in (line, line + 4, line + 8):
        for column, key in enumerate(TYPED):
            number += 1
            at = {"line": row, "character": column}
            change = {"range": {"start": at, "end": at}, "text": key}
            identifier = {"uri": URI, "version": number + 1}
            say(method="textDocument/didChange", params={"textDocument": identifier, "contentChanges": [change]})
            asked = {
                "textDocument": {"uri": URI},
                "position": {"line": row, "character": column + 1},
                "context": {"triggerKind": 2},
            }
            say(id=number, method="textDocument/inlineCompletion", params=asked)
            await until(partial(written.answers, number), "an answer")
    say(id=-1, method="shutdown")
    await until(lambda: written.answers(-1), "the end")
    results = [message["result"] for message in written.messages if isinstance(message.get("result"), dict)]
    shown = [result for result in results if result.get("items")]
    figures = {
        "turns": len(turns),
        "longest_ms": round(max(turns), 2),
        "p99.9_ms": round(statistics.quantiles(turns, n=1000)[-1], 2),
        "median_ms": round(statistics.median(turns), 4),
    }
    record_property("event loop turns", figures)
    print("event loop turns:", figures)

    assert len(shown) > len(TYPED)
    assert max(turns) < LONGEST_TURN_MS
