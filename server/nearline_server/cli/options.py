"""Options that every command has."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click
import platformdirs

F = TypeVar("F", bound=Callable[..., Any])


def user_config() -> str | None:
    """The user's own nearline.yaml, if there is one."""
    path = platformdirs.user_config_path("nearline", appauthor=False) / "nearline.yaml"
    return str(path) if path.is_file() else None


def config_option(command: F) -> F:
    """`--config F`, before or after the command's name; kept as the context's object."""

    def keep(ctx: click.Context, _: click.Parameter, value: Path | None) -> None:
        if value is not None:
            ctx.obj = str(value)

    return click.option(
        "--config",
        type=click.Path(exists=True, dir_okay=False, path_type=Path),
        expose_value=False,
        callback=keep,
        help="Configuration file (else NEARLINE_CONFIG, else the user's nearline.yaml if there is one).",
    )(command)
