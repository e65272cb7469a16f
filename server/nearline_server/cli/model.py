"""`nearline model`: list, pull, verify, check and remove models."""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import click
from rich.console import Console
from rich.table import Table

from nearline_router.engine.catalogue import DEFAULT_MODEL_ID, MODELS, Model, find_model
from nearline_router.engine.store import ModelStore, default_root, describe_download
from nearline_router.errors import ModelStoreError, RouterError
from nearline_server.cli.download_progress import shown
from nearline_server.cli.options import config_option

if TYPE_CHECKING:
    from nearline_router.router import Router
    from nearline_server.quality.history import Run

BY_HAND = "By hand: no SHA-256 is known, so download it yourself and set `engine.model` to the file."


@click.group()
def model() -> None:
    """List, pull, verify, check and remove models."""


@model.command(name="list")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON array instead of a table.")
def list_models(as_json: bool) -> None:
    """Show the known models, and which of them are here."""
    store = ModelStore(default_root())
    if as_json:
        click.echo(json.dumps([_row(store, each) for each in MODELS], indent=2))
        return
    console = Console()
    console.print(_table(store))
    click.echo(f"\n{BY_HAND}\nFolder: {store.root}")


@model.command(short_help="Download a model, verify it and keep it.")
@click.argument("model_id", metavar="[ID]", default=DEFAULT_MODEL_ID)
@click.option("--yes", is_flag=True, help="Do not ask before the download.")
def pull(model_id: str, yes: bool) -> None:
    """Download a model (the default one without ID), verify it and keep it."""
    with _plain_failures():
        wanted, store = find_model(model_id), ModelStore(default_root())
        if store.installed(wanted):
            click.echo(f"{wanted.id} is already here: {store.path(wanted)}")
            return
        if wanted.sha256 is not None:  # else the store refuses, and there is nothing to agree to
            _announce(store, wanted, ask=not yes)
        with shown(Console()) as progress:
            path = store.pull(wanted, progress)
        click.echo(f"Ready: {path}")


@model.command(short_help="Compare the SHA-256 of models that are here.")
@click.argument("model_id", metavar="[ID]", required=False)
def verify(model_id: str | None) -> None:
    """Read a model (without ID every one that is here) and compare its SHA-256."""
    with _plain_failures():
        store = ModelStore(default_root())
        chosen = [find_model(model_id)] if model_id else store.installed_models()
        if not chosen:
            raise ModelStoreError("no model is installed; get the default one with `nearline model pull`")
        for each in chosen:
            if each.sha256 is None and not model_id:
                click.echo(f"{each.id}: not verified, its SHA-256 is not known")
                continue
            with shown(Console()) as progress:
                store.verify(each, progress)
            click.echo(f"{each.id}: SHA-256 matches")


@model.command(short_help="Measure how good a model's completions are here.")
@click.argument("model_id", metavar="[MODEL]", required=False)
@config_option
@click.pass_obj
def check(config: str | None, model_id: str | None) -> None:
    """Fill holes in known code with MODEL, an id or a GGUF file (without it with what completes as configured).

    Takes a few minutes. What the model says is compared with what stood there; Python that differs is run,
    in a process that is kept from writing files and from the network. Exit code 1: it is clearly worse than its
    reference (the default model's for a model without one) or than in its run before. Each run is kept.
    """
    from nearline_router.learned import state_dir
    from nearline_server.cli.ready import open_router
    from nearline_server.quality.check import judged, router_for

    try:
        run = asyncio.run(_checked(router_for(model_id) if model_id else open_router(config)))
        lines, worse = judged(run, state_dir())
    except RouterError as error:
        raise click.ClickException(str(error)) from error
    except OSError as error:
        raise click.ClickException(f"{state_dir()}: {error.strerror}") from error
    click.echo("\n".join(lines))
    sys.exit(worse)


@model.command()
@click.argument("model_id", metavar="ID")
@click.option("--yes", is_flag=True, help="Do not ask before the removal.")
def remove(model_id: str, yes: bool) -> None:
    """Delete a model and any unfinished download of it."""
    with _plain_failures():
        unwanted, store = find_model(model_id), ModelStore(default_root())
        if not yes and _on_terminal() and store.installed(unwanted):
            click.confirm(f"Delete {store.path(unwanted)} ({unwanted.size_text})?", abort=True)
        store.remove(unwanted)
        click.echo(f"{unwanted.id} is removed")


async def _checked(router: Router) -> Run:
    from nearline_server.quality.check import checked
    from nearline_server.quality.snippets import shipped_holes

    try:
        status = await router.ready()
        if status.state != "ready":
            hint = "; get it with `nearline model pull`" if status.state == "no-model" else ""
            raise RouterError(status.message + hint)
        with click.progressbar(length=len(shipped_holes()), label=status.model, file=sys.stderr) as bar:
            return await checked(router, lambda: bar.update(1))
    finally:
        await router.aclose()


def _announce(store: ModelStore, wanted: Model, *, ask: bool) -> None:
    click.echo(f"To download: {describe_download(wanted)}")
    click.echo(f"To be kept in: {store.root}")
    if ask and _on_terminal():
        click.confirm("Download now?", default=True, abort=True)


def _on_terminal() -> bool:
    return sys.stdin.isatty() and sys.stdout.isatty()


@contextmanager
def _plain_failures() -> Iterator[None]:
    """A failure is one line on stderr and exit code 1."""
    try:
        yield
    except ModelStoreError as error:
        raise click.ClickException(str(error)) from error
    except KeyboardInterrupt:
        raise click.ClickException("stopped; what has arrived is kept, pull again to go on") from None


def _row(store: ModelStore, each: Model) -> dict[str, Any]:
    names = ("id", "title", "file_name", "size_bytes", "size_is_approximate", "sha256", "licence", "family")
    row = {name: getattr(each, name) for name in (*names, "parameters", "quantisation", "recommended_for")}
    here = {"installed": store.installed(each), "path": str(store.path(each))}
    return row | here | {"default": each.id == DEFAULT_MODEL_ID}


def _table(store: ModelStore) -> Table:
    table = Table("id", "size", "licence", "installed", "note", box=None, pad_edge=False, header_style="bold")
    table.columns[0].no_wrap = table.columns[1].no_wrap = True
    for each in MODELS:
        absent = "no" if each.sha256 else "by hand"
        state = "yes" if store.installed(each) else absent
        default = "default; " if each.id == DEFAULT_MODEL_ID else ""
        table.add_row(each.id, each.size_text, each.licence, state, default + each.recommended_for)
    return table
