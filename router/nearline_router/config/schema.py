"""The JSON Schema of `nearline.yaml`, from which editors check and complete it.

`python -m nearline_router.config.schema [KEY=MODULE:MODEL ...] > config/nearline.schema.json`: each KEY is a block that
the router passes on unread, such as `completion=nearline_server.completion.settings:CompletionSettings`.
"""

from __future__ import annotations

import json
import pkgutil
import sys
from collections.abc import Mapping
from typing import Any

from pydantic import BaseModel

from nearline_router.config.models import RouterConfig

# What YAML language servers understand best.
DIALECT = "http://json-schema.org/draft-07/schema#"
REFERENCE = "#/definitions/{model}"


def schema(blocks: Mapping[str, type[BaseModel]] | None = None) -> dict[str, Any]:
    """The schema of the whole file; `blocks` are models of blocks that belong to others."""
    whole = RouterConfig.model_json_schema(ref_template=REFERENCE)
    definitions = whole.pop("$defs")
    for key, model in (blocks or {}).items():
        inner = model.model_json_schema(ref_template=REFERENCE)
        definitions |= inner.pop("$defs", {}) | {model.__name__: inner}
        described = whole["properties"][key]["description"]
        whole["properties"][key] = {"$ref": REFERENCE.format(model=model.__name__), "description": described}
    for one in (whole, *definitions.values()):
        _trim(one)
    for one in whole["properties"].values():
        block = definitions[one["$ref"].rpartition("/")[2]] if "$ref" in one else one
        if block["type"] == "object":
            block["type"] = ["object", "null"]  # one whose every line is a comment
    return {"$schema": DIALECT, "title": "Nearline", **whole, "definitions": dict(sorted(definitions.items()))}


def text(blocks: Mapping[str, type[BaseModel]] | None = None) -> str:
    """The schema as the file that ships."""
    return json.dumps(schema(blocks), indent=2, ensure_ascii=False) + "\n"


def _trim(model: dict[str, Any]) -> None:
    """Drop titles, which repeat the keys, and defaults of whole blocks, which editors would write out."""
    del model["title"]
    for one in model["properties"].values():
        one.pop("title", None)
        if "$ref" in one:
            one.pop("default", None)
        if "patternProperties" in one:
            one["additionalProperties"] = False


if __name__ == "__main__":
    pairs = (argument.split("=", 1) for argument in sys.argv[1:])
    sys.stdout.write(text({key: pkgutil.resolve_name(name) for key, name in pairs}))
