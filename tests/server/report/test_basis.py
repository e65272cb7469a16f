"""What the configuration brings to a report."""

from __future__ import annotations

from contextlib import closing
from typing import Any

from nearline_router.config.models import RouterConfig
from nearline_router.ledger.database import connect
from nearline_server.report.basis import basis_of
from tests.router.accounts.books import Books

NEAR = {"provider": "llamacpp", "host": "http://studio.lan:8080", "local": True}
FAR = {"provider": "openrouter", "model": "big"}


def config(**endpoints: dict[str, Any]) -> RouterConfig:
    """One with these endpoints."""
    return RouterConfig.model_validate({"endpoints": endpoints, "engine": {"enabled": False}})


def test_endpoints_at_one_address_are_one_machine() -> None:
    """Two models of one server are not two computers."""
    one, other = NEAR | {"model": "a", "hardware": {}}, NEAR | {"model": "b", "hardware": {}}
    elsewhere = NEAR | {"host": "http://other.lan:8080", "hardware": {}}
    machines = basis_of(config(one=one, other=other, third=elsewhere)).owned

    assert [(machine.name, set(machine.endpoints)) for machine in machines] == [
        ("one", {"one", "other"}), ("third", {"third"})
    ]  # fmt: skip


def test_a_machine_that_nobody_described_is_there_anyway() -> None:
    """Nothing is paid for it."""
    assert basis_of(config(one=NEAR)).owned == ()


def test_the_cloud_is_the_cheapest_configured_endpoint_for_what_stayed_local(books: Books) -> None:
    """By prices that the ledger has, else by those of the configuration."""
    books.attempt("2026-11-02", input_tokens=10**6, output_tokens=0)
    old = {"version": "v", "endpoint": "old", "since_us": 1, "detail": "{}"}
    books.insert("prices", old | {"input_nano_per_mtok": 5 * 10**8, "output_nano_per_mtok": 10**9})
    dear, cheap = FAR | {"cost_per_mtok": 9.0}, FAR | {"cost_per_mtok": 0.6}
    with closing(connect(books.folder, read_only=True)) as connection:
        found = [
            basis_of(config(old=dear, **others)).cloud(connection, books.account())
            for others in ({}, {"cheap": cheap}, {"cheaper": FAR | {"cost_per_mtok": 0.4}})
        ]
        nobody = basis_of(config(one=NEAR)).cloud(connection, books.account())

    assert [cloud.name for cloud in found if cloud] == ["old", "old", "cheaper"]
    assert nobody is None


def test_the_cloud_may_be_an_endpoint_that_is_no_longer_configured(books: Books) -> None:
    """If it was asked in these days."""
    values = {"version": "v", "endpoint": "gone", "since_us": 1, "detail": "{}"}
    books.insert("prices", values | {"input_nano_per_mtok": 1, "output_nano_per_mtok": 1})
    with closing(connect(books.folder, read_only=True)) as connection:
        assert basis_of(config(one=NEAR)).cloud(connection, books.account()) is None
        books.attempt("2026-11-02", endpoint="gone", local=0)
        cloud = basis_of(config(one=NEAR)).cloud(connection, books.account())

    assert cloud is not None
    assert cloud.name == "gone"


def test_a_basis_that_turns_the_order_round_is_said() -> None:
    """By what both would cost a million tokens."""
    near = NEAR | {"cost_per_mtok": 33.0, "marginal_cost_per_mtok": 0.2}
    (sentence,) = basis_of(config(studio=near, far=FAR | {"cost_per_mtok": 0.65})).inversions

    assert "studio" in sentence
    assert "$33.00" in sentence
