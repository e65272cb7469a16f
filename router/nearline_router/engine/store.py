"""The models on this disk: found, fetched, verified, removed.

Synchronous on purpose: run it in a thread. A file under its final name is complete and was verified; until
then it is `<file>.partial`, which every later pull goes on with.
"""

from __future__ import annotations

import hashlib
import hmac
import os
import shutil
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import zip_longest
from pathlib import Path
from threading import Event
from typing import Literal

from filelock import FileLock, Timeout
from platformdirs import user_data_path

from nearline_router.engine.catalogue import MODELS, Model, size_text
from nearline_router.engine.hub_file import HubFile
from nearline_router.engine.sources import PullCancelled, Source, length, scratch_folder
from nearline_router.errors import ModelStoreError

HASH_CHUNK_BYTES = 1024 * 1024
MARGIN_BYTES = 100_000_000  # a disk filled to the last byte harms more than this download helps
LOCK_POLL_S = 0.1
STEPS = 500  # progress is told at most about this often per stage, whatever the size of the network's chunks
ON_DISK = "disk"  # the `source` of events that read what is already here


@dataclass(frozen=True)
class ProgressEvent:
    """How far a pull or a verification is, in bytes of the whole file; `note` is a sentence worth showing."""

    stage: Literal["download", "verify"]
    done_bytes: int
    total_bytes: int
    source: str
    note: str | None = None


Progress = Callable[[ProgressEvent], None]
FreeBytes = Callable[[Path], int]


def default_root(environ: Mapping[str, str] = os.environ) -> Path:
    """The folder of the models: `NEARLINE_MODELS_DIR` if set, else `models` in the user's data folder."""
    chosen = environ.get("NEARLINE_MODELS_DIR")
    return Path(chosen).expanduser() if chosen else user_data_path("nearline", appauthor=False) / "models"


def describe_download(model: Model) -> str:
    """One sentence for the user before anything is downloaded: what, how big, from where, which licence."""
    places = ", or if that fails from ".join(source.label for source in model.sources)
    return f"{model.title} ({model.quantisation}), {model.size_text}, licence {model.licence}, from {places}."


def free_bytes(folder: Path) -> int:
    """Room left for this user on the disk of `folder`, in bytes."""
    return shutil.disk_usage(folder).free


class ModelStore:
    """One folder of models; several processes may use it at once."""

    def __init__(self, root: Path | None = None, free: FreeBytes = free_bytes) -> None:
        self.root = root or default_root()
        self._free = free

    def path(self, model: Model) -> Path:
        """Where the model is, or will be."""
        return self.root / model.file_name

    def partial(self, model: Model) -> Path:
        """Where an unfinished download waits to be gone on with."""
        return self.root / f"{model.file_name}.partial"

    def installed(self, model: Model) -> bool:
        """Whether the file is there and has the right size; `verify` reads it."""
        found = length(self.path(model))
        # A file that was put there by hand is the only way to have a model of unknown exact size.
        return found > 0 if model.size_is_approximate else found == model.size_bytes

    def installed_models(self) -> list[Model]:
        """The catalogue's models that are here, in the catalogue's order."""
        return [model for model in MODELS if self.installed(model)]

    def verify(self, model: Model, progress: Progress, cancel: Event | None = None) -> None:
        """Reads the whole file; ModelStoreError when it is missing, has no known hash, or is damaged."""
        path = self.path(model)
        if not path.exists():
            raise ModelStoreError(f"{model.id} is not installed; get it with `nearline model pull {model.id}`")
        if model.sha256 is None:
            raise ModelStoreError(f"no SHA-256 of {model.id} is known, so {path} cannot be verified")
        with _disk_errors(path):
            found = _sha256(path, _steps(progress, "verify", length(path), ON_DISK, cancel))
        if not hmac.compare_digest(found, model.sha256):
            raise ModelStoreError(
                f"{path} is damaged (SHA-256 {found}, expected {model.sha256}); "
                f"remove it with `nearline model remove {model.id}` and pull it again"
            )

    def remove(self, model: Model) -> None:
        """Deletes the model and any unfinished download; ModelStoreError if there is none or it is in use."""
        files = [path for path in (self.path(model), self.partial(model)) if path.exists()]
        if not files:
            raise ModelStoreError(f"{model.id} is not installed")
        with _disk_errors(self.path(model)), self._locked(model, wait=None):
            for path in files:
                path.unlink(missing_ok=True)
            self._sweep(model)

    def pull(self, model: Model, progress: Progress, cancel: Event | None = None) -> Path:
        """Fetches what is missing, verifies it and gives it its final name; returns at once if it is here.

        ModelStoreError says why it could not be done; PullCancelled, a kind of it, that `cancel` was set.
        """
        if self.installed(model):
            return self.path(model)
        if model.sha256 is None or model.size_is_approximate:
            raise ModelStoreError(_refusal(model))
        with _disk_errors(self.root):
            self.root.mkdir(parents=True, exist_ok=True)
            with self._locked(model, wait=_Wait(progress, model, cancel)):
                if not self.installed(model):  # the pull we waited for may have brought it
                    self._require_room(model)
                    self._fetch(model, progress, cancel)
        return self.path(model)

    def _fetch(self, model: Model, progress: Progress, cancel: Event | None) -> None:
        failures: list[str] = []
        for source, following in zip_longest(model.sources, model.sources[1:]):
            try:
                self._fetch_from(source, model, progress, cancel)
            except PullCancelled:
                raise
            except ModelStoreError as error:
                failures.append(f"{source.label}: {error}")
                note = failures[-1] + (f"; trying {following.label}" if following else "")
                done = length(self.partial(model))
                progress(ProgressEvent("download", done, model.size_bytes, source.label, note))
            else:
                return
        raise ModelStoreError(f"{model.title} could not be downloaded. {'; '.join(failures)}")

    def _fetch_from(self, source: Source, model: Model, progress: Progress, cancel: Event | None) -> None:
        partial, total = self.partial(model), model.size_bytes
        if length(partial) > total:
            partial.unlink()
        source.fetch(partial, total, _steps(progress, "download", total, source.label, cancel))
        if length(partial) != total:
            raise ModelStoreError(f"it ended after {length(partial):,} of {total:,} bytes")
        found = _sha256(partial, _steps(progress, "verify", total, source.label, cancel))
        if not hmac.compare_digest(found, model.sha256 or ""):
            partial.unlink()
            raise ModelStoreError(f"the bytes are wrong and were deleted (SHA-256 {found}, expected {model.sha256})")
        _flush(partial)
        partial.replace(self.path(model))
        self._sweep(model)

    def _sweep(self, model: Model) -> None:
        """Removes what a pull that was killed may have left beside the partial file."""
        shutil.rmtree(scratch_folder(self.partial(model)), ignore_errors=True)

    def _require_room(self, model: Model) -> None:
        missing = max(model.size_bytes - length(self.partial(model)), 0)
        scratch = max((source.scratch_bytes for source in model.sources), default=0)
        needed, free = missing + scratch + MARGIN_BYTES, self._free(self.root)
        if free < needed:
            raise ModelStoreError(
                f"not enough room in {self.root}: {size_text(needed)} needed "
                f"({size_text(missing)} to download, the rest to work in), {size_text(free)} free"
            )

    @contextmanager
    def _locked(self, model: Model, wait: _Wait | None) -> Iterator[None]:
        """Holds the model's lock; waits as long as it takes, or without `wait` raises ModelStoreError."""
        lock = FileLock(self.root / f"{model.file_name}.lock")
        while True:
            try:
                lock.acquire(timeout=LOCK_POLL_S, poll_interval=LOCK_POLL_S / 4)
                break
            except Timeout:
                if wait is None:
                    raise ModelStoreError(f"{model.id} is being downloaded right now") from None
                wait.once_more()
        try:
            yield
        finally:
            lock.release()


class _Wait:
    """Tells the user once that another pull is at work, and gives up when cancelled."""

    def __init__(self, progress: Progress, model: Model, cancel: Event | None) -> None:
        self._progress, self._model, self._cancel = progress, model, cancel
        self._told = False

    def once_more(self) -> None:
        _raise_if_cancelled(self._cancel)
        if not self._told:
            note = "waiting for another download of the same model"
            self._progress(ProgressEvent("download", 0, self._model.size_bytes, ON_DISK, note))
            self._told = True


def _steps(
    progress: Progress, stage: Literal["download", "verify"], total: int, source: str, cancel: Event | None
) -> Callable[[int], None]:
    """A Report that looks at `cancel` at every chunk but tells `progress` only every so many bytes."""
    told = -total

    def report(done: int) -> None:
        nonlocal told
        _raise_if_cancelled(cancel)
        if abs(done - told) * STEPS >= total or done == total != told:
            told = done
            progress(ProgressEvent(stage, done, total, source))

    return report


def _raise_if_cancelled(cancel: Event | None) -> None:
    if cancel is not None and cancel.is_set():
        raise PullCancelled("the download was stopped; what has arrived is kept")


def _refusal(model: Model) -> str:
    homes = ", ".join(source.url for source in model.sources if isinstance(source, HubFile))
    return (
        f"no SHA-256 of {model.file_name} is known, and Nearline downloads nothing that it cannot verify; "
        f"get it by hand (its home: {homes}) and set `engine.model` to its path"
    )


def _sha256(path: Path, report: Callable[[int], None]) -> str:
    digest, done = hashlib.sha256(), 0
    with path.open("rb") as file:
        while chunk := file.read(HASH_CHUNK_BYTES):
            digest.update(chunk)
            done += len(chunk)
            report(done)
    return digest.hexdigest()


def _flush(path: Path) -> None:
    """To the disk before the rename, else a power cut may leave the final name on a file with holes."""
    with path.open("rb+") as file:
        os.fsync(file.fileno())


@contextmanager
def _disk_errors(path: Path) -> Iterator[None]:
    """The one place where the file system's errors become ours."""
    try:
        yield
    except OSError as error:
        raise ModelStoreError(f"{path}: {error.strerror or error}") from error
