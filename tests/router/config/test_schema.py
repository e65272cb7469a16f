"""The JSON Schema that editors check and complete from."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

from nearline_router.config.schema import schema, text
from nearline_server.completion.settings import CompletionSettings

CONFIG = Path(__file__).parents[3] / "config"
BLOCKS = {"completion": CompletionSettings}
COMMAND = ["completion=nearline_server.completion.settings:CompletionSettings"]


def test_the_file_that_ships_is_what_the_models_say() -> None:
    """Whoever changes a model runs the command again."""
    written = subprocess.run(
        [sys.executable, "-m", "nearline_router.config.schema", *COMMAND], check=True, capture_output=True
    ).stdout.decode()

    assert written.replace("\r\n", "\n") == text(BLOCKS)
    assert (CONFIG / "nearline.schema.json").read_text(encoding="utf-8") == text(BLOCKS), (
        "config/nearline.schema.json is old; write it anew: "
        f"python -m nearline_router.config.schema {COMMAND[0]} > config/nearline.schema.json"
    )


def resolved(node: dict[str, Any], whole: dict[str, Any]) -> dict[str, Any]:
    """A part of the schema with what it refers to."""
    inner = next((one for one in node.get("anyOf", ()) if "$ref" in one), node.get("items", node))
    name = inner.get("$ref", "").rpartition("/")[2]
    return whole["definitions"][name] | node if name else node


def keys(node: dict[str, Any], whole: dict[str, Any], at: str = "") -> Iterator[tuple[str, dict[str, Any]]]:
    """Every key that a file may have, with its schema; `*` stands for names of one's own."""
    node = resolved(node, whole)
    named = list(node.get("properties", {}).items())
    free = [*node.get("patternProperties", {}).values()]
    if isinstance(more := node.get("additionalProperties"), dict):
        free.append(more)
    for key, inner in [*named, *(("*", one) for one in free)]:
        yield f"{at}{key}", resolved(inner, whole)
        yield from keys(inner, whole, f"{at}{key}.")


def test_every_key_of_the_router_has_a_description() -> None:
    """It is what an editor shows beside the key."""
    whole = schema()
    bare = [key for key, node in keys(whole, whole) if not node.get("description")]

    assert bare == []
    assert len(list(keys(whole, whole))) >= 100


def test_no_block_takes_unknown_keys() -> None:
    """An editor marks a slip of the pen as the router does."""
    whole = schema(BLOCKS)
    blocks = [node for _, node in keys(whole, whole) if "properties" in node]

    assert len(blocks) >= 13
    assert [node for node in (whole, *blocks) if node["additionalProperties"] is not False] == []


def test_each_file_that_ships_uses_the_schema_and_only_its_keys() -> None:
    """The first line leads to it."""
    whole = schema(BLOCKS)
    known = {key for key, _ in keys(whole, whole)}
    files = [CONFIG / "nearline.yaml", *(CONFIG / "presets").glob("*.yaml")]
    for file in files:
        first = file.read_text(encoding="utf-8").splitlines()[0]
        link = re.fullmatch(r"# yaml-language-server: \$schema=(\S+)", first)
        assert link
        assert (file.parent / link[1]).resolve() == CONFIG / "nearline.schema.json"
        assert set(paths(yaml.safe_load(file.read_text(encoding="utf-8")))) <= known

    assert len(files) == 6


def paths(data: Any, at: str = "") -> Iterator[str]:
    """Every key of a file as in `keys`."""
    for key, value in data.items() if isinstance(data, dict) else ():
        name = "*" if at in ("endpoints.", "experiments.") else key
        yield f"{at}{name}"
        yield from paths(value, f"{at}{name}.")


def test_the_schema_is_plain_json() -> None:
    """With the dialect that YAML language servers understand best."""
    assert json.loads(text())["$schema"] == "http://json-schema.org/draft-07/schema#"
