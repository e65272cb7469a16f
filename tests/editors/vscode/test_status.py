"""The status-bar item: who completes, and why nobody does; as it is read aloud, by the real language server."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.fault_server import FaultServer
from tests.own_loop import serving
from tests.server.lsp.held_llama import HeldLlama

from .conftest import Open
from .workbench import Workbench

NEAR = "endpoints: {{local: {{provider: llamacpp, host: '{near}'}}}}\n"
CLOUD = """
endpoints:
  cloud:
    {{provider: openai-compatible, host: '{cloud}/v1', model: qwen2.5-coder-7b, local: false, role: completion}}
"""
COMMON = """
engine: {enabled: false, discover: false}
completion: {budget_ms: 20000, invoked_budget_ms: 20000, idle_ms: 60000, speculation: false}
"""
TEXT = "total = 1\nvalue ="
TEMPERATURE = "NEARLINE_SIMULATED_TEMPERATURE_FILE"
COOL_C, HOT_C = "40", "95"


@pytest.fixture(scope="module")
def near() -> Iterator[HeldLlama]:
    """The model's server of this machine."""
    with serving(HeldLlama()) as llama:
        yield llama


@pytest.fixture(scope="module")
def cloud() -> Iterator[FaultServer]:
    """A provider."""
    with serving(FaultServer()) as server:
        yield server


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the configuration and the temperature are."""
    return tmp_path_factory.mktemp("config")


class Configured:
    """The user's configuration, which the server reads again when it changes."""

    def __init__(self, folder: Path, near: str, cloud: str) -> None:
        self.path = folder / "nearline.yaml"
        self._urls = {"near": near, "cloud": cloud}

    def write(self, endpoints: str, more: str = "") -> None:
        """Endpoints, and what else is set."""
        self.path.write_text(endpoints.format(**self._urls) + COMMON + more)


@pytest.fixture(scope="module")
def configured(folder: Path, near: HeldLlama, cloud: FaultServer) -> Configured:
    """With the model that is near."""
    configured = Configured(folder, near.url, cloud.url)
    configured.write(NEAR)
    return configured


@pytest.fixture(scope="module")
def window(open_window: Open, folder: Path, configured: Configured) -> Workbench:
    """A window on a cool machine."""
    (folder / "temperature").write_text(COOL_C)
    window = open_window(environment={TEMPERATURE: str(folder / "temperature")}, nearline__config=str(configured.path))
    window.until_status("near", 90)
    window.open("first.py", TEXT)
    window.until_first_ghost()
    return window


def test_near_with_the_last_latency(window: Workbench) -> None:
    """In words, with the model's name."""
    window.open("near.py", TEXT)
    window.type(" ")
    window.until_ghost(bool)
    window.until_status(r"^Nearline, near, \d+ ms\. .*scripted.* near you")


def test_cloud(window: Workbench, configured: Configured) -> None:
    """After a change of the configuration, without a restart."""
    configured.write(CLOUD)
    window.until_status("^Nearline, cloud", 60)
    window.open("cloud.py", TEXT)
    window.type(" ")
    window.until_ghost("hello world")
    window.until_status(r"^Nearline, cloud, \d+ ms")
    configured.write(NEAR)
    window.until_status("^Nearline, near", 60)


def test_blocked_by_residency(window: Workbench, configured: Configured) -> None:
    """What must stay has nobody to go to; the reason is read aloud, and the provider sees nothing."""
    configured.write(CLOUD, "residency: {everything: true}\n")
    window.open("blocked.py", TEXT)
    window.until_status("^Nearline, (?!near)", 60)
    window.type(" ")
    window.until_status("^Nearline, blocked", 60)
    window.screenshot("blocked")
    configured.write(NEAR)
    window.until_first_ghost()
    window.until_status("^Nearline, near", 60)


def test_offline(window: Workbench, configured: Configured) -> None:
    """As the configuration says."""
    configured.write(NEAR, "offline: true\n")
    window.until_status("^Nearline, offline", 60)
    configured.write(NEAR)
    window.until_status("^Nearline, near", 60)


def test_paused_nothing_is_asked_until_the_user_resumes(window: Workbench, near: HeldLlama) -> None:
    """By the menu, both."""
    window.menu("Pause suggestions")
    window.page.locator(".quick-input-list .monaco-list-row", has_text="Until I resume").click()
    window.until_status("^Nearline, paused")
    window.open("paused.py", TEXT)
    asked = len(near.completions)
    window.type(" ")
    window.until_text(f"{TEXT} ")
    window.menu("Resume")
    window.until_status("^Nearline, near")
    assert len(near.completions) == asked
    window.type(" ")
    window.until_ghost(bool)


def test_a_language_is_switched_off_and_on_by_the_menu(window: Workbench) -> None:
    """The one of the file at hand."""
    window.open("language.py", TEXT)
    window.menu("Do not suggest in python")
    window.until_status("^Nearline, off")
    window.open("other.js", TEXT)
    window.until_status("^Nearline, near")
    window.go_to("language.py")
    window.menu("Suggest in python")
    window.until_status("^Nearline, near")


def test_a_workspace_is_switched_off_and_on_by_the_menu(window: Workbench) -> None:
    """In the settings of its folder."""
    window.open("workspace.py", TEXT)
    window.menu("Do not suggest in this workspace")
    window.until_status("^Nearline, off")
    settings = window.folder / ".vscode" / "settings.json"
    window.until(lambda: settings.exists() and "nearline.enabled" in settings.read_text(), "the folder's settings")
    window.menu("Suggest in this workspace")
    window.until_status("^Nearline, near")


def test_a_model_that_cannot_be_reached(window: Workbench, configured: Configured) -> None:
    """And that is back."""
    configured.write(NEAR.replace("{near}", "http://127.0.0.1:9"))
    window.until_status("^Nearline, offline", 60)
    configured.write(NEAR)
    window.until_status("^Nearline, near", 60)


def test_hot(window: Workbench, folder: Path) -> None:
    """When this machine has been for 40 s; the last test, for it stays so for a while."""
    (folder / "temperature").write_text(HOT_C)
    window.until_status("^Nearline, hot", 90)
