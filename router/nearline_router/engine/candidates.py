"""Which settings are worth a try on a machine, in the order in which they are tried."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil

from nearline_router.engine.catalogue import MODELS
from nearline_router.engine.llama_settings import NGRAM_KINDS
from nearline_router.engine.store import ModelStore


@dataclass(frozen=True, slots=True)
class Candidate:
    """`changes` are fields of a Tuning.

    `may_differ`: what it says may differ. Threads add up the same numbers in another order, and a greedy model that
    wavers between two tokens takes the other one; neither text is the better one.
    """

    name: str
    changes: dict[str, Any]
    may_differ: bool = False


def candidates(model_path: str, threads: int | None, store: ModelStore | None = None) -> tuple[Candidate, ...]:
    """For a model; `threads` are the configuration's, which leave nothing to try there."""
    found = [] if threads else [*_of_threads(psutil.cpu_count(logical=False) or 1, psutil.cpu_count() or 1)]
    return (*found, *_of_drafting(model_path, store or ModelStore()), *_of_computing())


def _of_threads(physical: int, logical: int) -> Iterator[Candidate]:
    """llama.cpp takes the physical cores. One less leaves one for the editor; reading likes more than writing."""
    for count in sorted({physical - 1, max(1, physical // 2)} - {0, physical}, reverse=True):
        yield Candidate(f"threads {count}", {"threads": count, "batch_threads": physical}, may_differ=True)
    if logical > physical:
        yield Candidate(f"batch threads {logical}", {"batch_threads": logical}, may_differ=True)


def _of_computing() -> Iterator[Candidate]:
    """llama.cpp computes 512 tokens in one go, with flash attention wherever it has it.

    Not more: a window is read in pieces that are shorter than that.
    """
    yield Candidate("flash attention off", {"flash_attention": False})
    yield Candidate("ubatch 128", {"ubatch_tokens": 128})
    # Flash attention comes with it: llama.cpp has no such values without.
    yield Candidate("cache type q8_0", {"cache_type": "q8_0", "flash_attention": True})


def _of_drafting(model_path: str, store: ModelStore) -> Iterator[Candidate]:
    for kind in NGRAM_KINDS:
        yield Candidate(f"drafting {kind}", {"drafting": kind})
    own = next((model for model in MODELS if model.file_name == Path(model_path).name), None)
    for model in MODELS:
        smaller = own and model.family == own.family and model.size_bytes < own.size_bytes
        if smaller and store.installed(model):
            yield Candidate(f"drafting {model.id}", {"drafting": str(store.path(model))})
