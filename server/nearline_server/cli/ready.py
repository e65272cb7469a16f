"""A router for a command: as its layers configure it, and connected where the command needs that."""

from __future__ import annotations

import asyncio
from pathlib import Path

import click
from rich.console import Console

from nearline_router.config.layers import Loaded, layered
from nearline_router.config.trust import is_trusted
from nearline_router.engine.catalogue import Model
from nearline_router.engine.store import ModelStore, describe_download
from nearline_router.errors import RouterError
from nearline_router.router import Router
from nearline_server.cli.download_progress import shown


def layers(config: str | None, workspace: Path | None) -> Loaded:
    """The user's file, and over it that of the workspace folder, with every problem of both. Raises nothing."""
    return layered(Path(config) if config else None, workspace, workspace is not None and is_trusted(workspace))


def open_router(config: str | None, workspace: Path | None = None) -> Router:
    """The router as configured, in a workspace folder if the command works in one.

    A wrong configuration is one message (ClickException), a doubtful one goes on with a line on standard error.
    The folder's ignore files are read by `router.open_workspace`; until then all of the folder stays.
    """
    loaded = layers(config, workspace)
    if loaded.broken:
        raise click.ClickException("\n".join(str(one) for one in loaded.problems if one.severity == "error"))
    for problem in loaded.problems:
        click.echo(str(problem), err=True)
    try:
        router = Router(loaded.config)
    except (RouterError, ValueError) as error:  # ValueError: a pattern of the residency rules
        raise click.ClickException(str(error)) from error
    router.client = "cli"
    return router


async def connected(router: Router) -> None:
    """Connect, fetching the model if that is what is missing: the user's command asked for a completion."""
    status = await router.ready()
    if status.state == "no-model" and router.model:
        click.echo(f"No model yet. Fetching {describe_download(router.model)}", err=True)
        await asyncio.to_thread(_pull, router.model)
        status = await router.ready()
    if status.state != "ready":
        raise click.ClickException(status.message)


def _pull(model: Model) -> None:
    with shown(Console(stderr=True)) as progress:
        ModelStore().pull(model, progress)
