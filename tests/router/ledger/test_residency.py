"""Why a text stayed, as a kind: what the rules say is never kept as they say it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from nearline_router.config.models import ResidencyConfig
from nearline_router.ledger.residency import kind_of
from nearline_router.residency.ignore import IgnoreFiles
from nearline_router.residency.rules import ResidencyRules
from nearline_router.types import RoutingRequest
from tests.router.residency.test_secrets import MIXED

SECRET_PATH = "patients/miller.py"

TABLE: list[tuple[str, dict[str, Any], dict[str, Any]]] = [
    ("everything", {"everything": True}, {}),
    ("request", {}, {"requires_data_sovereignty": True}),
    ("language", {"languages": ["sql"]}, {"language": "sql"}),
    ("path", {"paths": ["patients/**"]}, {"path": SECRET_PATH}),
    ("secret", {}, {"prompt": "gh" + "p_" + MIXED[:36]}),
    ("", {}, {}),
]


def reason(config: dict[str, Any], request: dict[str, Any]) -> str:
    """What the rules say."""
    rules = ResidencyRules(ResidencyConfig.model_validate(config), IgnoreFiles(".nearlineignore"))
    return rules.must_stay(RoutingRequest(**{"prompt": "hi", "max_output_tokens": 8, **request})) or ""


@pytest.mark.parametrize(("kind", "config", "request_"), TABLE)
def test_each_rule_has_its_kind(kind: str, config: dict[str, Any], request_: dict[str, Any]) -> None:
    """No pattern and no name is in it."""
    assert kind_of(reason(config, request_)) == kind


def test_a_workspace_has_two_kinds(tmp_path: Path) -> None:
    """It stays by the configuration, or because of its ignore files: unread, unreadable, or naming the file."""
    folder = str(tmp_path)
    ignore = IgnoreFiles(".nearlineignore")
    request = RoutingRequest("hi", 8, workspace=folder, path="a.py")
    rules = ResidencyRules(ResidencyConfig(), ignore)
    assert kind_of(reason({"workspaces": [folder]}, {"workspace": folder})) == "workspace"
    assert kind_of(rules.must_stay(request) or "") == "ignore file"

    for text in (b"a.py\n", b"\xff\xfe"):
        (tmp_path / ".nearlineignore").write_bytes(text)
        ignore.load(folder)
        assert kind_of(rules.must_stay(request) or "") == "ignore file"


def test_a_reason_that_nobody_thought_of_is_no_text_either() -> None:
    """It is another one."""
    assert kind_of("a new rule about patients/miller.py") == "other"
