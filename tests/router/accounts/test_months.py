"""Three months that were reckoned by hand: a laptop, a Mac Studio, the cloud alone."""

from __future__ import annotations

import csv
import io
from contextlib import closing
from datetime import date
from decimal import Decimal

import pytest

from nearline_router.accounts.aggregates import close_days
from nearline_router.accounts.break_even import Owned
from nearline_router.accounts.cloud_price import Cloud, CloudPrice, recorded_clouds
from nearline_router.accounts.csv_rows import Interval, write_csv
from nearline_router.accounts.period import start_us
from nearline_router.accounts.tco import Comparison, compare
from nearline_router.config.hardware import HardwareConfig
from nearline_router.ledger.database import connect
from nearline_router.prices.cost import Counts, cost_of
from nearline_router.prices.machine import WORKSTATION, Machine
from nearline_router.prices.price import Price
from nearline_router.prices.priced import Priced

from .books import HOUR_US, LATER, NOVEMBER, Books

TARIFF = 0.17
LAPTOP = Machine(WORKSTATION, TARIFF, assumed=True)
STUDIO = Machine(
    HardwareConfig(
        price_usd=3999, resale_usd=1199.7, life_years=4, utilisation=0.1, idle_w=10, load_w=295,
        maintenance_hours_per_month=1, hourly_rate_usd=60,
    ),
    TARIFF,
)  # fmt: skip
ASSUMED = Owned("a Mac Studio", frozenset(), STUDIO)
CLOUD = Cloud("openrouter", (CloudPrice(400_000_000, 1_200_000_000, 100_000_000),))


def on_machine(books: Books, day: str, machine: Machine, endpoint: str, hours: float, **tokens: int) -> None:
    """An attempt that kept a machine busy for so long, at what that costs."""
    counts = Counts(**tokens, busy_us=round(hours * HOUR_US))
    marginal, full = cost_of(Priced(marginal_by=machine, full_by=machine), counts)
    energy_uj, energy_source = machine.energy_uj(round(hours * HOUR_US))
    books.attempt(
        day,
        endpoint=endpoint,
        **tokens,
        prefill_us=0,
        decode_us=round(hours * HOUR_US),
        marginal_nano=marginal,
        full_nano=full,
        cost_source="estimated",
        energy_uj=energy_uj,
        energy_source=energy_source,
    )


def in_the_cloud(books: Books, day: str, price: Price, source: str = "exact") -> None:
    """An attempt with a million tokens of prompt and 100,000 of answer."""
    counts = Counts(1_000_000, 0, 100_000)
    marginal, full = cost_of(Priced(price, price), counts)
    books.attempt(
        day,
        endpoint="openrouter",
        local=0,
        task="explain",
        input_tokens=1_000_000,
        output_tokens=100_000,
        marginal_nano=marginal,
        full_nano=full,
        cost_source=source if price.known else "unknown",
    )


def laptop(books: Books) -> None:
    """Three attempts of two hours on each of 20 days."""
    for day in range(1, 21):
        for _ in range(3):
            on_machine(books, f"2026-11-{day:02}", LAPTOP, "embedded", 2, input_tokens=10_000, output_tokens=500)


def mac_studio(books: Books, times: int = 1) -> None:
    """48 attempts of half an hour; each a million tokens of prompt, 800,000 of them cached, and 100,000 of answer."""
    tokens = {"input_tokens": times * 1_000_000, "cached_tokens": times * 800_000, "output_tokens": times * 100_000}
    for number in range(48):
        on_machine(books, f"2026-11-{1 + number % 30:02}", STUDIO, "studio", 0.5, **tokens)


def cloud_only(books: Books) -> None:
    """One attempt a day, its price raised on the 16th; two are cut short, and of one nobody knows the price."""
    for day in range(1, 31):
        price = Price(0.4e-6, 1.2e-6) if day < 16 else Price(0.6e-6, 1.8e-6)
        in_the_cloud(books, f"2026-11-{day:02}", price, "at least" if day in (10, 20) else "exact")
    in_the_cloud(books, "2026-11-30", Price())


def cents(nano: int) -> Decimal:
    """Nano-dollars in US dollars, to the cent."""
    return (Decimal(nano) / 10**9).quantize(Decimal("0.01"))


def compared(books: Books, *owned: Owned, cloud: Cloud | None = CLOUD) -> Comparison:
    """With other ways, which there are."""
    comparison = compare(books.account(), owned, cloud, ASSUMED)
    assert comparison is not None
    return comparison


def test_the_laptop_s_month(books: Books) -> None:
    """120 hours at 30 W are 3.6 kWh; at 0.17 they cost 0.612, and nothing else does."""
    laptop(books)
    account = books.account()

    assert cents(account.usage.full_nano) == cents(account.usage.marginal_nano) == Decimal("0.61")
    assert account.usage.estimated_nano == account.usage.full_nano == 612_000_000
    assert account.usage.energy_uj == 3.6 * 3.6e12
    assert (account.local.attempts, account.far.attempts) == (60, 0)


def test_the_laptop_was_there_anyway(books: Books) -> None:
    """Its month costs its owner the electricity alone.

    In the cloud: 600,000 tokens at 0.40 are 0.24, 30,000 at 1.20 are 0.036.
    """
    laptop(books)
    comparison = compared(books)

    assert cents(comparison.as_it_was.nano) == cents(comparison.local_only.nano) == Decimal("0.61")
    assert comparison.cloud_only is not None
    assert cents(comparison.cloud_only.nano) == Decimal("0.28")
    assert (comparison.as_it_was.machines, comparison.assumed, comparison.break_evens) == (0, "", ())


def test_the_mac_studio_s_month(books: Books) -> None:
    """To run: 285 W above idling for 24 h are 6.84 kWh, at 0.17 they cost 1.1628. In full, for each busy second:

    written off  (3999 - 1199.70) / (4 * 31,557,600 s)   = 0.0000221761
    maintained   60 / 2,629,800 s                        = 0.0000228154
    idling       10 W * 0.17 / 3,600,000                 = 0.0000004722
                 together 0.0000454637, / 0.1 utilisation = 0.000454637 * 86,400 s = 39.2807
    """
    mac_studio(books)
    usage = books.account().usage

    assert cents(usage.marginal_nano) == Decimal("1.16")
    assert cents(usage.full_nano) == Decimal("40.44")
    assert usage.busy_us == 24 * HOUR_US


def test_what_the_mac_studio_cost_its_owner(books: Books) -> None:
    """All 2,592,000 seconds of November, whether it worked or not.

    hardware     0.0000221761 * 2,592,000          = 57.4805
    care         0.0000228154 * 2,592,000          = 59.1376
    electricity  10 W * 720 h * 0.17 + 1.1628      =  2.3868
    In the cloud 9.6 M * 0.40 + 38.4 M * 0.10 + 4.8 M * 1.20 = 3.84 + 3.84 + 5.76 = 13.44
    """
    mac_studio(books)
    comparison = compared(books, Owned("studio", frozenset({"studio"}), STUDIO))
    way = comparison.as_it_was

    assert [cents(part) for part in (way.hardware_nano, way.labour_nano, way.electricity_nano)] == [
        Decimal("57.48"), Decimal("59.14"), Decimal("2.39"),
    ]  # fmt: skip
    assert comparison.local_only == way
    assert comparison.cloud_only is not None
    assert cents(comparison.cloud_only.nano) == Decimal("13.44")


def test_when_the_mac_studio_would_be_worth_it(books: Books) -> None:
    """A busy second spares (13.44 - 1.1628) / 86,400 = 0.000142097; 0.0000454637 / 0.000142097 = 32 % of the hours."""
    mac_studio(books)
    (found,) = compared(books, Owned("studio", frozenset({"studio"}), STUDIO)).break_evens

    assert found.needed == pytest.approx(0.31995, rel=1e-4)
    assert found.utilisation == pytest.approx(24 / 720)
    assert found.sentence == (
        "At this load (3.3 % of the hours) studio never pays for itself within its 4 years: to cost no more than "
        "openrouter it would have to be busy 32 % of the hours."
    )


def test_a_mac_studio_that_is_twenty_times_as_quick_pays_for_itself(books: Books) -> None:
    """268.80 in the cloud - 1.1628 - 59.1376 - 1.224 = 207.2756 in 30 days, 210.2983 in a month of 30.4375 days;

    2799.30 / 210.2983 = 13.31 months.
    """
    mac_studio(books, times=20)
    (found,) = compared(books, Owned("studio", frozenset({"studio"}), STUDIO)).break_evens

    assert found.payback_months == pytest.approx(13.311, rel=1e-4)
    assert found.sentence == (
        "At this load (3.3 % of the hours) studio pays for itself in 13 months, compared with openrouter."
    )


def test_the_cloud_s_month_with_a_price_that_was_raised(books: Books) -> None:
    """15 days at 0.40 + 0.12 = 0.52 and 15 at 0.60 + 0.18 = 0.78: 7.80 + 11.70 = 19.50.

    At least: 0.52 on the 10th and 0.78 on the 20th.
    """
    cloud_only(books)
    far = books.account().far

    assert cents(far.full_nano) == Decimal("19.50")
    assert [cents(nano) for nano in (far.exact_nano, far.estimated_nano, far.at_least_nano)] == [
        Decimal("18.20"), Decimal("0.00"), Decimal("1.30"),
    ]  # fmt: skip
    assert (far.unpriced, far.attempts) == (1, 31)


def test_what_a_mac_studio_would_have_cost_instead_of_the_cloud(books: Books) -> None:
    """57.4805 + 59.1376 + 1.224 = 117.84 at least: how long it would have worked nobody measured."""
    cloud_only(books)
    comparison = compared(books)

    assert (cents(comparison.local_only.nano), comparison.local_only.at_least) == (Decimal("117.84"), True)
    assert (comparison.local_only.machines, comparison.assumed) == (1, "a Mac Studio")
    assert comparison.cloud_only == comparison.as_it_was


def test_the_cloud_s_prices_count_from_their_day_on(books: Books) -> None:
    """What the laptop did would cost 10 days' 0.0138 and, at twice the price, 10 days' 0.0276: 0.414."""
    laptop(books)
    for since, factor in (("2026-10-01", 1), ("2026-11-11", 2)):
        books.insert(
            "prices",
            {
                "version": f"config:{since}",
                "endpoint": "openrouter",
                "since_us": start_us(date.fromisoformat(since)),
                "input_nano_per_mtok": factor * 400_000_000,
                "output_nano_per_mtok": factor * 1_200_000_000,
                "detail": "{}",
            },
        )
    with closing(connect(books.folder, read_only=True)) as connection:
        (cloud,) = recorded_clouds(connection, ["openrouter"])

    way = compared(books, cloud=cloud).cloud_only
    assert way is not None
    assert way.nano == 414_000_000


@pytest.mark.parametrize("interval", ["daily", "weekly", "monthly"])
@pytest.mark.parametrize("kept", [False, True])
def test_the_rows_of_the_export_add_up_to_the_month(books: Books, interval: Interval, kept: bool) -> None:
    """To the last nano-dollar, from rows as from kept sums."""
    for month in (laptop, mac_studio, cloud_only):
        month(books)
    if kept:
        assert close_days(books.folder, NOVEMBER, LATER) == 30
    account = books.account()
    file = io.StringIO()
    write_csv(account, interval, file)
    rows = list(csv.DictReader(io.StringIO(file.getvalue())))

    for column, nano in (("full_usd", account.usage.full_nano), ("exact_usd", account.usage.exact_nano)):
        assert sum(Decimal(row[column]) for row in rows) * 10**9 == nano
    assert sum(int(row["attempts"]) for row in rows) == 60 + 48 + 31
