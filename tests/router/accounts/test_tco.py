"""The same traffic in other ways."""

from __future__ import annotations

from datetime import date

from nearline_router.accounts.break_even import Owned
from nearline_router.accounts.cloud_price import Cloud, CloudPrice, cheapest
from nearline_router.accounts.tco import Comparison, compare
from nearline_router.accounts.usage import Usage
from nearline_router.config.hardware import HardwareConfig
from nearline_router.prices.machine import Machine

from .books import HOUR_US, Books

CLOUD = Cloud("openrouter", (CloudPrice(400_000_000, 1_200_000_000),))
MACHINE = Machine(HardwareConfig(), 0.17)
STUDIO = Owned("studio", frozenset({"studio"}), MACHINE)
ASSUMED = Owned("a Mac Studio", frozenset(), MACHINE)


def compared(books: Books, *owned: Owned, cloud: Cloud | None = CLOUD, today: date = date(2026, 11, 30)) -> Comparison:
    comparison = compare(books.account(today=today), owned, cloud, ASSUMED)
    assert comparison is not None
    return comparison


def test_all_local_takes_as_many_machines_as_the_traffic_keeps_busy(books: Books) -> None:
    """One machine did 100 tokens an hour; 72,000 more would keep it busy for 720 hours of the 720 that there are."""
    books.attempt("2026-11-01", input_tokens=90, output_tokens=10, decode_us=HOUR_US, prefill_us=0)
    books.attempt("2026-11-01", input_tokens=70_000, output_tokens=2_000, local=0, endpoint="openrouter")

    comparison = compared(books, STUDIO)
    assert (comparison.as_it_was.machines, comparison.local_only.machines) == (1, 2)
    assert comparison.local_only.hardware_nano == 2 * comparison.as_it_was.hardware_nano


def test_what_a_cache_has_of_a_prompt_takes_no_time(books: Books) -> None:
    """Of 70,000 far tokens 69,000 were cached: the machine would be busy for ten hours."""
    books.attempt("2026-11-01", input_tokens=90, output_tokens=10, decode_us=HOUR_US, prefill_us=0)
    books.attempt("2026-11-01", input_tokens=70_000, cached_tokens=69_000, output_tokens=0, local=0, endpoint="far")

    assert compared(books, STUDIO).local_only.machines == 1


def test_without_far_traffic_all_local_is_as_it_was_without_a_bill(books: Books) -> None:
    """Nobody has to buy anything."""
    books.attempt("2026-11-01")
    comparison = compared(books)

    assert comparison.local_only == comparison.as_it_was
    assert (comparison.local_only.machines, comparison.assumed) == (0, "")


def test_without_a_price_the_cloud_s_way_is_unknown(books: Books) -> None:
    """It is never zero."""
    books.attempt("2026-11-01")

    assert compared(books, cloud=None).cloud_only is None


def test_a_machine_is_paid_for_on_the_days_of_the_record(books: Books) -> None:
    """A ledger that began yesterday knows two days."""
    books.attempt("2026-11-01")

    whole, two_days = compared(books, STUDIO), compared(books, STUDIO, today=date(2026, 11, 2))
    assert abs(whole.as_it_was.hardware_nano - 15 * two_days.as_it_was.hardware_nano) < 15
    assert (whole.days, two_days.days) == (30, 2)


def test_a_bill_with_an_unknown_part_is_at_least_that(books: Books) -> None:
    """In each way that has it."""
    books.attempt("2026-11-01", local=0, endpoint="far", marginal_nano=None, full_nano=None, cost_source="unknown")
    comparison = compared(books)

    assert comparison.as_it_was.at_least
    assert comparison.cloud_only is not None
    assert comparison.cloud_only.at_least


def test_other_local_endpoints_cost_their_electricity(books: Books) -> None:
    """Their machines are there anyway."""
    books.attempt("2026-11-01", endpoint="embedded", marginal_nano=7, full_nano=7)

    assert compared(books).as_it_was.nano == 7


def test_a_month_without_a_record_is_not_compared(books: Books) -> None:
    """There is nothing to say."""
    assert compare(books.account(), [STUDIO], CLOUD, ASSUMED) is None


def test_the_cheapest_cloud_is_that_for_the_tokens_there_were() -> None:
    """One reads for less, the other writes for less."""
    reads, writes = Cloud("reads", (CloudPrice(1, 100),)), Cloud("writes", (CloudPrice(100, 1),))
    day = date(2026, 11, 1)

    assert cheapest([reads, writes], {day: Usage(input_tokens=10**9)}) == reads
    assert cheapest([reads, writes], {day: Usage(output_tokens=10**9)}) == writes
    assert cheapest([reads, writes], {}) == reads
    assert cheapest([], {}) is None
