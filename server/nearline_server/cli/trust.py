"""`nearline trust`: which folders' own nearline.yaml counts in full, and what of it was ignored until now."""

from __future__ import annotations

import shlex
from pathlib import Path

import click

from nearline_router.config import trust as trusted
from nearline_router.config.layers import WORKSPACE_FILES, layered, workspace_file
from nearline_router.config.problem import ConfigProblem
from nearline_router.config.tightening import IGNORED
from nearline_server.cli.options import config_option

FOLDER = click.Path(exists=True, file_okay=False, path_type=Path)


@click.command()
@click.argument("folder", type=FOLDER, default=Path())
@click.option("--remove", is_flag=True, help="Trust it no longer.")
@click.option("--list", "as_list", is_flag=True, help="Print the trusted folders, one a line.")
@config_option
@click.pass_obj
def trust(config: str | None, folder: Path, remove: bool, as_list: bool) -> None:
    """Let the nearline.yaml of FOLDER (else the working directory) and of all below it count in full."""
    if remove and as_list:
        raise click.UsageError("--remove and --list exclude each other")
    if as_list:
        for each in trusted.trusted_folders():
            click.echo(str(each))
        return
    try:
        _distrust(folder) if remove else _trust(Path(config) if config else None, folder)
    except OSError as error:
        raise click.ClickException(f"the list of trusted folders cannot be written: {error}") from error


def _trust(user: Path | None, folder: Path) -> None:
    by, ignored = trusted.trusting(folder), _ignored(user, folder)
    trusted.trust(folder)
    click.echo(f"{folder.resolve()} is trusted{f' already, by {by}' if by else ''}, and everything below it.")
    file = workspace_file(folder, user)
    if file is None:
        click.echo(f"It has no {' or '.join(WORKSPACE_FILES)} yet; one that comes counts in full.")
    elif not by and ignored:
        click.echo(f"{file} now also sets what was ignored until now:")
        for problem in ignored:
            click.echo(f"  {problem.location}  (line {problem.line})")
    for problem in layered(user, folder, trusted=True).problems:
        click.echo(str(problem), err=True)


def _ignored(user: Path | None, folder: Path) -> list[ConfigProblem]:
    """The keys of a folder's file that do nothing before it is trusted."""
    problems = layered(user, folder, trusted=False).problems
    return [one for one in problems if one.severity == "warning" and one.message.startswith(IGNORED)]


def _distrust(folder: Path) -> None:
    was_trusted = trusted.is_trusted(folder)
    above = trusted.distrust(folder)
    if above:
        command = f"nearline trust --remove {shlex.quote(str(above))}"
        raise click.ClickException(f"{folder.resolve()} is still trusted, because {above} is: {command}")
    click.echo(f"{folder.resolve()} {'is trusted no longer' if was_trusted else 'was not trusted'}")
