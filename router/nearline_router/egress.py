"""The record of what left: one line for each attempt at an endpoint that is not local, and never any text.

`egress.jsonl` in the state folder. All processes of a user append to it.
"""

from __future__ import annotations

import contextlib
import errno
import json
import logging
import os
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor, wait
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from filelock import FileLock, Timeout

from nearline_router.registry.profile import Profile
from nearline_router.types import Infill, Prompt, RoutingRequest

FILE, OLDER = "egress.jsonl", "egress.1.jsonl"
# Some 20,000 attempts. A file that has reached it is kept once as `egress.1.jsonl`.
MOST_BYTES = 5_000_000
# Another process holds the lock for microseconds, unless it was stopped meanwhile.
LOCK_S = 1.0
# A disk that hangs does not keep a program from ending.
FLUSH_S = 2.0

log = logging.getLogger("nearline")


@dataclass(frozen=True, slots=True)
class Departure:
    """One attempt: what was sent to whom and why that was allowed.

    `time` is UTC in ISO 8601. `host` is without a path. `bytes` are those of the prompt's text in UTF-8, as it
    was sent. `rule` is the decision's; `residency` what the residency rules said; `redactions` the secrets replaced.
    """

    time: str
    endpoint: str
    host: str
    model: str | None
    task: str
    bytes: int
    rule: str
    residency: str
    redactions: int


class EgressRecord:
    """The file in a folder. What cannot be written is said once in the log, and stops nothing. `clock` is Unix time.

    One thread writes, begun by the first attempt; an interpreter that ends waits for what it has left to write.
    """

    def __init__(self, folder: Path, clock: Callable[[], float] = time.time, most_bytes: int = MOST_BYTES) -> None:
        self._folder = folder
        self._clock = clock
        self._most_bytes = most_bytes
        self._lock = FileLock(folder / "egress.lock", timeout=LOCK_S, mode=0o600)
        self._thread = ThreadPoolExecutor(1, "nearline-egress")
        self._failed = False

    def add(self, profile: Profile, sent: RoutingRequest, rule: str, residency: str, redactions: int) -> None:
        """Write a line, soon: the endpoint of a profile is sent this request now."""
        departure = Departure(
            time=datetime.fromtimestamp(self._clock(), UTC).isoformat(timespec="milliseconds"),
            endpoint=profile.id,
            host=urlsplit(profile.host or "").netloc,
            model=profile.model,
            task=sent.task,
            bytes=size_bytes(sent.prompt),
            rule=rule,
            residency=residency,
            redactions=redactions,
        )
        self._thread.submit(self._write, departure)

    def flush(self) -> None:
        """Return when all lines are written, or after `FLUSH_S`; for a thread."""
        wait([self._thread.submit(int)], FLUSH_S)

    def _write(self, departure: Departure) -> None:
        line = json.dumps(asdict(departure)).encode() + b"\n"
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            with contextlib.suppress(Timeout):
                self._lock.acquire()
            try:
                self._append(line)
            finally:
                self._lock.release()
        except OSError as error:
            if not self._failed:
                log.warning("what leaves cannot be recorded in %s: %s", self._folder / FILE, error.strerror or error)
            self._failed = True

    def _append(self, line: bytes) -> None:
        path = self._folder / FILE
        if self._lock.is_locked:
            # Where another program has the file open (Windows) it grows until that is over.
            with contextlib.suppress(OSError):
                if path.stat().st_size + len(line) > self._most_bytes:
                    path.replace(self._folder / OLDER)
        file = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT | getattr(os, "O_BINARY", 0), 0o600)
        try:
            size = os.fstat(file).st_size
            if os.write(file, line) < len(line):
                # The disk is full. Half a line would spoil the next one too.
                if self._lock.is_locked:
                    os.ftruncate(file, size)
                raise OSError(errno.ENOSPC, "the disk is full")
        finally:
            os.close(file)


def recorded(folder: Path, since: datetime | None = None) -> Iterator[dict[str, Any]]:
    """What was recorded at or after a time, the oldest first; what is no such line is left out. Raises OSError."""
    for name in (OLDER, FILE):
        path = folder / name
        lines = path.read_bytes().splitlines() if path.exists() else []
        for entry in map(_entry, lines):
            if entry and (since is None or datetime.fromisoformat(entry["time"]) >= since):
                yield entry


def size_bytes(prompt: Prompt) -> int:
    """The text of a prompt in UTF-8, without the words and marks of a template."""
    if isinstance(prompt, str):
        texts = [prompt]
    elif isinstance(prompt, Infill):
        texts = [*(snippet.text for snippet in prompt.context), prompt.prefix, prompt.middle, prompt.suffix]
    else:
        texts = [prompt.system, *(message.text for message in prompt.messages)]
    return sum([len(text) if text.isascii() else len(text.encode("utf-8", "surrogatepass")) for text in texts])


def _entry(line: bytes) -> dict[str, Any] | None:
    try:
        entry = json.loads(line)
        departure = Departure(**entry)
        aware = datetime.fromisoformat(departure.time).tzinfo is not None
    except (ValueError, TypeError, RecursionError):
        return None
    return entry if aware else None
