"""`nearline doctor --tune`: the fastest settings of the embedded engine, measured, shown and stored."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import click
from rich.console import Console
from rich.table import Table

from nearline_router.engine.alone import alone
from nearline_router.engine.candidates import candidates
from nearline_router.engine.host import EngineParams
from nearline_router.engine.tune import Tried, Tuned, tune
from nearline_router.engine.tuning import StoredTuning, Tuning, TuningStore
from nearline_router.engine.typing_trial import Speeds, hosted
from nearline_router.errors import RouterError
from nearline_server.cli.ready import open_router

ENDED = "The shared engine is ended meanwhile. This takes some three minutes; Ctrl-C leaves everything as it was."


def run_tuning(config: str | None, as_json: bool) -> None:
    """Measure and store. ClickException where there is no engine to tune; after Ctrl-C nothing is stored."""
    params = _params(config)
    with _plain_failures():
        if find_spec("xllamacpp") is None or not Path(params.model_path).is_file():
            raise RouterError("llama.cpp or its model is not here; `nearline doctor` says what to do")
        click.echo(ENDED, err=True)
        with alone():
            found = asyncio.run(_tuned(params))
            TuningStore().save(params.model_path, StoredTuning(found.tuning, found.saved, time.time()))
    if as_json:
        click.echo(json.dumps(_record(params, found)))
    else:
        _show(found)


def forget_tuning(config: str | None, as_json: bool) -> None:
    """Back to llama.cpp's own settings, from the engine's next start on."""
    with _plain_failures():
        forgotten = TuningStore().forget(_params(config).model_path)
    if as_json:
        click.echo(json.dumps({"forgotten": forgotten}))
        return
    said = "Forgotten; an engine that runs keeps its settings until `nearline engine stop`."
    click.echo(said if forgotten else "There is nothing to forget: llama.cpp's own settings are used.")


def _params(config: str | None) -> EngineParams:
    params = open_router(config).engine_params
    if params is None:
        raise click.ClickException("the configuration switches the embedded engine off (engine.enabled)")
    return params


async def _tuned(params: EngineParams) -> Tuned:
    wanted = candidates(params.model_path, params.threads)
    return await tune(wanted, lambda tuning: hosted(params, tuning), lambda name: click.echo(f"  {name} …", err=True))


@contextmanager
def _plain_failures() -> Iterator[None]:
    """A failure is one line on standard error and exit code 1."""
    try:
        yield
    except RouterError as error:
        raise click.ClickException(str(error)) from error
    except OSError as error:
        raise click.ClickException(f"the settings cannot be stored: {error.strerror or error}") from error
    except KeyboardInterrupt:
        raise click.ClickException("stopped; nothing is changed") from None


def _record(params: EngineParams, found: Tuned) -> dict[str, Any]:
    return {"model": Path(params.model_path).name, **asdict(found)}


def _show(found: Tuned) -> None:
    table = Table("setting", "reads t/s", "writes t/s", "key ms", "saved", "", box=None, pad_edge=False)
    table.columns[0].no_wrap = True
    for column in table.columns[1:5]:
        column.justify = "right"
    table.add_row("llama.cpp's own", *_speeds(found.start), "", "")
    for tried in found.tried:
        table.add_row(tried.name, *_speeds(tried.speeds), _saved(tried), tried.verdict)
    Console().print(table)
    if found.tuning == Tuning():
        click.echo("\nNothing is faster than llama.cpp's own settings; they stay.")
        return
    click.echo(f"\nStored: {found.tuning}. Keystrokes take {found.saved:.0%} less; the next one starts the engine so.")


def _speeds(speeds: Speeds | None) -> tuple[str, str, str]:
    if speeds is None:
        return "", "", ""
    return (f"{speeds.prefill_tokens_per_s:.0f}", f"{speeds.decode_tokens_per_s:.1f}", f"{speeds.keystroke_ms:.0f}")


def _saved(tried: Tried) -> str:
    return "" if tried.saved is None else f"{tried.saved:+.0%}"
