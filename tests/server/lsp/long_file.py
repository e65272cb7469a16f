"""Types in a long file at the language server, in one process, and prints what each turn of its event loop took.

What is measured is the time on the processor: what the loop cannot do anything else in, and, unlike the time on the
clock, the same on a busy machine. The model's server is another process. Run as `python -m tests.server.lsp.long_file
CONFIG`; prints one JSON object.
"""

from __future__ import annotations

import asyncio
import json
import statistics
import sys
import time
from asyncio.events import Handle
from functools import partial
from typing import Any

from nearline_server.lsp.server import NearlineServer
from nearline_server.lsp.start import build
from tests.waiting import until

LINES = 5_000
TYPED = "    total = compute(first, second, third)  # 漢字 and more"
PLACES = 3
URI = "file:///project/long.py"


class Turns(list[float]):
    """Milliseconds on the processor of every turn of every callback of every loop from now on."""

    def __init__(self) -> None:
        super().__init__()
        run, append = Handle._run, self.append

        def measured(self: Handle) -> None:
            begun_s = time.thread_time()
            try:
                run(self)
            finally:
                append((time.thread_time() - begun_s) * 1000)

        Handle._run = measured  # type: ignore[method-assign]


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

    def shown(self) -> int:
        """How many answers had text."""
        results = [message["result"] for message in self.messages if isinstance(message.get("result"), dict)]
        return sum(bool(result.get("items")) for result in results)


def receive(server: NearlineServer, message: dict[str, Any]) -> None:
    """What the server does with a message that has arrived."""
    body = json.dumps({"jsonrpc": "2.0", **message})
    server.protocol.handle_message(json.loads(body, object_hook=server.protocol.structure_message))


async def type_in_it(config: str) -> dict[str, float]:
    """Open the file, type at some places in its middle, wait for every answer."""
    turns, written, server = Turns(), Written(), build(config)
    server.protocol.set_writer(written)

    def say(**message: Any) -> None:
        asyncio.get_running_loop().call_soon(receive, server, message)

    say(id=0, method="initialize", params={"processId": None, "rootUri": "file:///project", "capabilities": {}})
    say(method="initialized", params={})
    await until(written.ready, "the model")
    turns.clear()
    text = "".join(f"def function_{n}(first, second, third):\n    return first\n\n\n" for n in range(LINES // 4))
    document = {"uri": URI, "languageId": "python", "version": 1, "text": text}
    say(method="textDocument/didOpen", params={"textDocument": document})
    for number, (row, column) in enumerate((r, c) for r in range(PLACES) for c in range(len(TYPED))):
        at, behind = ({"line": LINES // 2 + 2 + 4 * row, "character": column + more} for more in (0, 1))
        change = {"range": {"start": at, "end": at}, "text": TYPED[column]}
        identifier = {"uri": URI, "version": number + 2}
        say(method="textDocument/didChange", params={"textDocument": identifier, "contentChanges": [change]})
        asked = {"textDocument": {"uri": URI}, "position": behind, "context": {"triggerKind": 2}}
        say(id=number + 1, method="textDocument/inlineCompletion", params=asked)
        await until(partial(written.answers, number + 1), "an answer")
    say(id=-1, method="shutdown")
    await until(partial(written.answers, -1), "the end")
    return {
        "turns": len(turns),
        "shown": written.shown(),
        "longest_ms": round(max(turns), 2),
        "p99_9_ms": round(statistics.quantiles(turns, n=1000)[-1], 2),
        "median_ms": round(statistics.median(turns), 4),
    }


if __name__ == "__main__":
    print(json.dumps(asyncio.run(type_in_it(sys.argv[1]))))
