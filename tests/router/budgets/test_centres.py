"""Who pays: the request's own word, then the first rule that fits, then nobody in particular."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nearline_router.budgets.centres import CostCentres
from nearline_router.config.accounting import AccountingConfig

RULES = [
    {"name": "billing", "repository": "shop", "path": "services/billing/**"},
    {"name": "shop", "repository": "shop"},
    {"name": "adas time", "user": "ada", "client": "neovim"},
    {"name": "batch", "client": "cli"},
]


def centres(rules: list[dict[str, str]] | None = None) -> CostCentres:
    """The rules of this file, or others."""
    return CostCentres(AccountingConfig.model_validate({"cost_centres": RULES if rules is None else rules}))


@pytest.mark.parametrize(
    ("request_", "expected"),
    [
        ({"repository": "shop", "path": "services/billing/tax.py"}, "billing"),
        ({"repository": "shop", "path": "services/search/a.py"}, "shop"),
        ({"repository": "shop"}, "shop"),
        ({"repository": "other", "path": "services/billing/tax.py"}, "default"),
        ({"user": "ada", "client": "Neovim"}, "adas time"),
        ({"user": "ada", "client": "Helix"}, "default"),
        ({"user": "bob", "client": "Neovim"}, "default"),
        ({"client": "cli", "repository": "other"}, "batch"),
        ({"repository": "shop", "client": "cli"}, "shop"),
        ({}, "default"),
    ],
)
def test_the_first_rule_of_which_everything_holds_pays(request_: dict[str, Any], expected: str) -> None:
    """By repository, path, user and client, in the order of the file."""
    assert centres().of(**request_) == expected


def test_whom_the_request_names_goes_before_every_rule() -> None:
    """A header, or the library's caller."""
    assert centres().of(repository="shop", named=" research/42 ") == "research/42"


@pytest.mark.parametrize("named", ["", " ", "=HYPERLINK(1)", "-1", "a\nb", "a,b", "x" * 65, "@SUM(A1)", "<b>", "ü"])
def test_what_is_no_name_counts_as_nothing(named: str) -> None:
    """It may come from anybody, and goes into reports, spreadsheets and metrics."""
    assert centres().of(repository="shop", named=named) == "shop"


@given(st.text(max_size=80), st.text(max_size=80))
def test_any_answer_is_a_name(named: str, repository: str) -> None:
    """Whatever is asked."""
    found = centres().of(named=named, repository=repository)

    assert 0 < len(found) <= 64
    assert found.isascii()
    assert found[0].isalnum()


def test_a_rule_with_a_name_only_pays_for_the_rest() -> None:
    """As the last one it replaces `default`."""
    assert centres([*RULES, {"name": "house"}]).of(repository="other") == "house"


def test_a_path_that_is_not_known_is_no_file_of_a_rule() -> None:
    """A chat without a document belongs to no folder."""
    assert centres([{"name": "all files", "path": "*"}]).of(path="") == "default"
