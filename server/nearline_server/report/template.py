"""A page that needs nothing else: no script, no font, no picture, no network."""

from __future__ import annotations

import base64
import hashlib
from functools import cache
from importlib.resources import files
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined


def rendered(package: str, template: str, **values: Any) -> str:
    """A template of a package with the style of reports. Everything is escaped, and its policy lets nothing run."""
    style = _style()
    style_hash = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    return _environment(package).get_template(template).render(style=style, style_hash=style_hash, **values)


@cache
def _environment(package: str) -> Environment:
    return Environment(
        loader=PackageLoader(package),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


@cache
def _style() -> str:
    """A string, and not part of the template: the policy names it by its hash."""
    return (files("nearline_server.report") / "templates" / "report.css").read_text(encoding="utf-8")
