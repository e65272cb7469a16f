"""`nearline.yaml` read and checked; its mistakes are named by file, line and column."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from nearline_router.config.checks import findings
from nearline_router.config.document import MOST_PROBLEMS, Document, read
from nearline_router.config.models import RouterConfig
from nearline_router.config.nodes import Location
from nearline_router.config.problem import ConfigProblem, InvalidConfig, has_errors

# In the words of YAML, where pydantic speaks those of Python.
IN_YAML = {"tuple_type": "Input should be a valid list", "frozen_set_type": "Input should be a valid list"}


def load_config(path: Path) -> RouterConfig:
    """The configuration in a file. Raises ConfigError with file, line, column and what was expected."""
    document = read(path)
    config, problems = checked(document.data, [document])
    if config is None or has_errors(problems):
        raise InvalidConfig(problems)
    return config


def checked(data: Any, documents: Sequence[Document]) -> tuple[RouterConfig | None, list[ConfigProblem]]:
    """The configuration in values that come from these documents, and every problem of both.

    A problem is shown in the last document that says something at its location. None: the values are wrong.
    """
    problems = [problem for document in documents for problem in document.problems]
    config, wrong = validated(data, documents)
    if config is None:
        return None, problems + wrong
    for finding in findings(config):
        document = _holder(documents, finding.location)
        problems.append(document.problem(finding.location, finding.message, finding.severity))
    return config, problems


def validated(data: Any, documents: Sequence[Document]) -> tuple[RouterConfig | None, list[ConfigProblem]]:
    """The values as a configuration, or what is wrong with single ones."""
    try:
        return RouterConfig.model_validate({} if data is None else data), []
    except ValidationError as error:
        details = error.errors(include_url=False, include_context=False, include_input=False)
        return None, [_problem(documents, one) for one in details[:MOST_PROBLEMS]]


def _problem(documents: Sequence[Document], error: ErrorDetails) -> ConfigProblem:
    location, message = error["loc"], error["msg"].removeprefix("Value error, ")
    message = IN_YAML.get(error["type"], message.partition(" or instance of")[0])
    at_key = error["type"] == "extra_forbidden"
    if at_key:
        message = f"unknown key; expected one of {', '.join(_known_keys(location))}"
    if location[-1:] == ("[key]",):  # pydantic's mark of a name that is wrong
        location, at_key = location[:-1], True
        message = "expected a name of letters, digits, dots, dashes and underscores, at most 64"
    return _holder(documents, location).problem(location, message, at_key=at_key)


def _holder(documents: Sequence[Document], location: Location) -> Document:
    return next((document for document in reversed(documents) if document.holds(location)), documents[0])


def _known_keys(location: Location) -> list[str]:
    """The keys that a block may have, found by the location of one that it may not have."""
    schema = here = _schema()
    for step in location[:-1]:
        inner = here.get("properties", {}).get(step) or next(iter(here.get("patternProperties", {}).values()), None)
        here = _resolved(inner or here.get("items") or here["additionalProperties"], schema)
    return list(here["properties"])


def _resolved(node: dict[str, Any], schema: dict[str, Any]) -> dict[str, Any]:
    """The block that a node stands for; one that may be null too is not."""
    node = next((one for one in node.get("anyOf", ()) if one.get("type") != "null"), node)
    found: dict[str, Any] = schema["$defs"][node["$ref"].rpartition("/")[2]] if "$ref" in node else node
    return found


@cache
def _schema() -> dict[str, Any]:
    return RouterConfig.model_json_schema()
