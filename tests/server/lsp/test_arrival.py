"""When a message began to come in."""

from __future__ import annotations

import io
from itertools import count

from nearline_server.lsp.arrival import StampedInput

MESSAGE = b"Content-Type: x\r\nContent-Length: 2\r\n\r\n{}"


def test_a_message_began_with_its_first_header() -> None:
    """Each message anew, however many headers it has and whichever comes first; the bytes are the stream's."""
    ticks = count(1)
    stdin = StampedInput(io.BytesIO(MESSAGE * 2), lambda: float(next(ticks)))
    began_s, parts = [], []
    for _ in range(2):
        parts += [stdin.readline(), stdin.readline(), stdin.readline(), stdin.read(2)]
        began_s.append(stdin.began_s())

    assert began_s == [1.0, 2.0]
    assert b"".join(parts) == MESSAGE * 2


def test_the_end_of_the_input_is_an_empty_line() -> None:
    """As pygls wants to have it."""
    assert StampedInput(io.BytesIO()).readline() == b""
