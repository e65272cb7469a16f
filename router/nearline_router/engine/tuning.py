"""The settings of llama.cpp that were measured to be the fastest for one model on one machine, in one small file.

`nearline doctor --tune` writes it, the supervisor reads it when it starts an engine. An entry counts only for the
very model, processor, cores and version of llama.cpp that it was measured with.
"""

from __future__ import annotations

import json
import os
import platform
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import asdict, dataclass, fields, replace
from pathlib import Path, PurePath
from typing import Any, Literal

import psutil

from nearline_router.learned import state_dir

CacheType = Literal["f16", "q8_0"]


@dataclass(frozen=True, slots=True)
class Tuning:
    """Settings other than llama.cpp's own; None leaves one as it is there.

    `threads` are those that write, `batch_threads` those that read a prompt. `ubatch_tokens` are computed in one go.
    `cache_type` is the number format of keys and values. `drafting` is one of `llama_settings.NGRAM_KINDS` or the path
    of a smaller model of the same family.
    """

    threads: int | None = None
    batch_threads: int | None = None
    ubatch_tokens: int | None = None
    flash_attention: bool | None = None
    cache_type: CacheType | None = None
    drafting: str | None = None

    def __str__(self) -> str:
        """For people, such as "threads 2, drafting ngram-map-k"."""
        return ", ".join(_described(self)) or "llama.cpp's own settings"


def _described(tuning: Tuning) -> Iterator[str]:
    for field in fields(tuning):
        value = getattr(tuning, field.name)
        if value is not None:
            shown = {True: "on", False: "off"}[value] if isinstance(value, bool) else PurePath(str(value)).name
            yield f"{field.name.removesuffix('_tokens').replace('_', ' ')} {shown}"


@dataclass(frozen=True, slots=True)
class StoredTuning:
    """`saved` is the share of a keystroke's time that it saves, 0 to 1; `measured_s` is Unix time.

    `refused` is why llama.cpp did not start with it, "" if it does.
    """

    tuning: Tuning
    saved: float
    measured_s: float
    refused: str = ""


class TuningStore:
    """`tuning.json`: an entry per model and machine. A file that cannot be read is as if empty. It blocks."""

    def __init__(self, path: Path | None = None) -> None:
        self._path = path or state_dir() / "tuning.json"

    def load(self, model_path: str) -> StoredTuning | None:
        """What was measured for this model on this machine; None if nothing was."""
        entries = self._entries()
        return _read(entries.get(_key(model_path))) if entries else None

    def in_force(self, model_path: str) -> Tuning:
        """What an engine of this model starts with. Without its drafting where the smaller model is gone."""
        stored = self.load(model_path)
        if stored is None or stored.refused:
            return Tuning()
        drafting = stored.tuning.drafting
        gone = drafting and not drafting.startswith("ngram-") and not Path(drafting).is_file()
        return replace(stored.tuning, drafting=None) if gone else stored.tuning

    def save(self, model_path: str, stored: StoredTuning) -> None:
        """Put it in the place of what is there, in one step. Raises OSError."""
        self._write(self._entries() | {_key(model_path): asdict(stored)})

    def refuse(self, model_path: str, reason: str) -> None:
        """Keep llama.cpp from being started with it again. Raises OSError."""
        if stored := self.load(model_path):
            self.save(model_path, replace(stored, refused=reason))

    def forget(self, model_path: str) -> bool:
        """Back to llama.cpp's own settings; whether there was something to forget. Raises OSError."""
        entries = self._entries()
        known = entries.pop(_key(model_path), None) is not None
        if known:
            self._write(entries)
        return known

    def _entries(self) -> dict[str, Any]:
        try:
            data = json.loads(self._path.read_bytes())
        except (OSError, ValueError):
            return {}
        return data if isinstance(data, dict) else {}

    def _write(self, entries: dict[str, Any]) -> None:
        self._path.parent.mkdir(parents=True, exist_ok=True)
        beside = self._path.with_suffix(f".{os.getpid()}.tmp")
        try:
            beside.touch(mode=0o600)
            beside.write_text(json.dumps(entries, indent=1))
            beside.replace(self._path)
        finally:
            beside.unlink(missing_ok=True)


def _read(entry: Any) -> StoredTuning | None:
    from pydantic import TypeAdapter, ValidationError  # not in an engine's start

    try:
        return TypeAdapter(StoredTuning).validate_python(entry)
    except ValidationError:
        return None


def _key(model_path: str) -> str:
    """A model by its file and a machine by what decides how fast it computes."""
    path = Path(model_path)
    size_bytes = path.stat().st_size if path.is_file() else 0
    parts = (path.name, f"{size_bytes} bytes", *_machine())
    return " | ".join(parts)


def _machine() -> Iterator[str]:
    from importlib.metadata import PackageNotFoundError, version  # not in a language server's start

    yield _processor()
    yield f"{psutil.cpu_count()} cores"
    yield f"{platform.system()} {platform.machine()}"
    try:
        yield f"xllamacpp {version('xllamacpp')}"
    except PackageNotFoundError:
        yield "no xllamacpp"


def _processor() -> str:
    if sys.platform == "darwin":
        asked = ["/usr/sbin/sysctl", "-n", "machdep.cpu.brand_string"]
        return subprocess.run(asked, capture_output=True, text=True, check=False).stdout.strip()  # noqa: S603 (constant)
    info = Path("/proc/cpuinfo")
    lines = info.read_text(errors="replace").splitlines() if info.exists() else []
    names = (line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    return next(names, platform.processor())
