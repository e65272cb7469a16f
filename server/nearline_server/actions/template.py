"""Templates of users' own prompts: a name in braces stands for a text, and nothing else does anything."""

from __future__ import annotations

import re
from collections.abc import Mapping

VARIABLES = ("selection", "surroundings", "file", "path", "language", "diagnostics", "instruction")
# Names only: what a format string could do besides, attributes and conversions, makes a name that nobody knows.
# Braces around anything that does not begin like a name are text, so that JSON can be asked for.
PLACEHOLDER = re.compile(r"\{\{(?P<text>[A-Za-z_][^{}\s]*)\}\}|\{(?P<name>[A-Za-z_][^{}\s]*)\}")


def variables(template: str) -> tuple[str, ...]:
    """The names that a template uses, known or not, each once."""
    return tuple(dict.fromkeys(match["name"] for match in PLACEHOLDER.finditer(template) if match["name"]))


def filled(template: str, values: Mapping[str, str]) -> str:
    """The template with its variables' values; a `{{name}}` becomes `{name}`.

    What is filled in is not read again. Raises KeyError for a variable without a value.
    """
    return PLACEHOLDER.sub(
        lambda match: values[match["name"]] if match["name"] else "{" + match["text"] + "}",
        template,
    )
