"""`nearline engine`: the embedded llama.cpp in the foreground; `engine status` and `engine stop` for a running one."""

from __future__ import annotations

import json
import sys
from dataclasses import replace

import click
import psutil

from nearline_router.engine.host import serve
from nearline_router.engine.state import running_engines
from nearline_router.errors import RouterError
from nearline_router.router import Router
from nearline_server.cli.options import config_option

STOP_TIMEOUT_S = 10.0


@click.group(invoke_without_command=True)
@click.option("--idle", "idle_s", type=float, metavar="SECONDS", help="End after this long without a request.")
@config_option
@click.pass_context
def engine(ctx: click.Context, idle_s: float | None) -> None:
    """Host the model in the foreground until idle or interrupted; editors start one by themselves."""
    if ctx.invoked_subcommand:
        return
    try:
        params = Router.from_file(ctx.obj).engine_params
        if params is None:
            raise click.ClickException("the configuration switches the embedded engine off (engine.enabled)")
        click.echo(f"Hosting {params.model_path} on loopback; Ctrl-C ends it.", err=True)
        params = params.tuned()
        serve(replace(params, idle_s=idle_s) if idle_s else params)
    except RouterError as error:
        raise click.ClickException(str(error)) from error


@engine.command()
@click.option("--json", "as_json", is_flag=True, help="One JSON object.")
def status(as_json: bool) -> None:
    """Say whether a shared engine runs, and where; there is one for each model that windows use."""
    states = running_engines()
    if as_json:
        shown: dict[str, object] = {"running": bool(states)}
        for state in states[:1]:
            shown |= {"url": state.url, "model": state.model, "pid": state.pid}
        click.echo(json.dumps(shown | {"engines": [{"model": one.model, "pid": one.pid} for one in states]}))
        return
    for state in states:
        click.echo(f"running: {state.model} at {state.url}, process {state.pid}")
    if not states:
        click.echo("not running; the first completion starts it")


@engine.command()
def stop() -> None:
    """End the shared engines; the next completion starts one again."""
    processes = [psutil.Process(state.pid) for state in running_engines()]
    for process in processes:
        process.terminate()
    _, alive = psutil.wait_procs(processes, timeout=STOP_TIMEOUT_S)
    if alive:
        sys.exit(f"process {alive[0].pid} does not end; kill it by hand")
    click.echo("stopped" if processes else "not running")
