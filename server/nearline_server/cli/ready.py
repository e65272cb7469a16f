"""A connected router for a command: what is missing is fetched after saying so, and shown while it happens."""

from __future__ import annotations

import asyncio

import click
from rich.console import Console

from nearline_router.engine.catalogue import Model
from nearline_router.engine.store import ModelStore, describe_download
from nearline_router.errors import RouterError
from nearline_router.router import Router
from nearline_server.cli.download_progress import shown


def open_router(config: str | None) -> Router:
    """The router as configured. A wrong configuration is one message."""
    try:
        return Router.from_file(config)
    except RouterError as error:
        raise click.ClickException(str(error)) from error


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
