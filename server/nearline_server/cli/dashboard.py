"""`nearline dashboard`: what is going on now, in a browser on this machine."""

from __future__ import annotations

import webbrowser
from pathlib import Path

import click

from nearline_server.cli.options import config_option
from nearline_server.cli.ready import layers
from nearline_server.dashboard.serve import serve
from nearline_server.dashboard.watch import Watch


@click.command()
@click.option("--port", type=click.IntRange(0, 65535), default=0, help="A port of 127.0.0.1; else any that is free.")
@click.option("--open", "open_browser", is_flag=True, help="Open it in the browser.")
@config_option
@click.pass_obj
def dashboard(config: str | None, port: int, open_browser: bool) -> None:
    """Serve the dashboard on loopback until Ctrl-C, and print its address.

    The address has a key that is good once: the browser that comes first keeps the right to look.
    """
    loaded = layers(config, Path.cwd())
    for problem in loaded.problems:
        click.echo(str(problem), err=True)

    def tell(url: str) -> None:
        click.echo(f"Dashboard: {url}\nIts key is good for one browser. Ctrl-C ends it.")
        if open_browser:
            webbrowser.open(url)

    watch = Watch()
    try:
        serve(watch, loaded.config, port, tell)
    except OSError as error:
        raise click.ClickException(f"port {port} of 127.0.0.1 cannot be used: {error.strerror or error}") from error
    finally:
        watch.close()
