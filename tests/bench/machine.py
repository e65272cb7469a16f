"""What the figures were taken on."""

from __future__ import annotations

import platform
import subprocess
import sys
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import psutil

from nearline_router.engine.host import EngineParams


def machine(params: EngineParams | None) -> dict[str, Any]:
    """CPU, memory and versions; with the engine's parameters, its model and threads."""
    cores = psutil.cpu_count(logical=False) or psutil.cpu_count()
    found: dict[str, Any] = {
        "cpu": _cpu_name(),
        "cores": psutil.cpu_count(),
        "memory_gb": round(psutil.virtual_memory().total / 1e9, 1),
        "system": f"{platform.system()} {platform.machine()}",
        "python": platform.python_version(),
        "xllamacpp": _version("xllamacpp"),
        "pygls": _version("pygls"),
        "nearline": _version("nearline"),
    }
    if params:
        found |= {"model_file": Path(params.model_path).name, "context_tokens": params.context_tokens}
        found["threads"] = params.threads or f"llama.cpp's choice ({cores} physical cores)"
    return found


def one_line(found: dict[str, Any]) -> str:
    """For people."""
    return ", ".join(f"{name.replace('_', ' ')} {value}" for name, value in found.items())


def _cpu_name() -> str:
    if sys.platform == "darwin":
        asked = ["sysctl", "-n", "machdep.cpu.brand_string"]
        return subprocess.run(asked, capture_output=True, text=True, check=False).stdout.strip()
    info = Path("/proc/cpuinfo")
    lines = info.read_text().splitlines() if info.exists() else []
    names = (line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    return next(names, platform.processor() or "unknown")


def _version(distribution: str) -> str:
    try:
        return version(distribution)
    except PackageNotFoundError:
        return "not installed"
