"""When a machine of one's own pays for itself, and how busy it would have to be."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from nearline_router.accounts.cloud_price import Cloud
from nearline_router.accounts.usage import Usage
from nearline_router.prices.machine import JOULES_PER_KWH, SECONDS_PER_MONTH, SECONDS_PER_YEAR, Machine
from nearline_router.prices.price import NANO_PER_USD


@dataclass(frozen=True, slots=True)
class Owned:
    """A machine that is paid for, and the endpoints that run on it."""

    name: str
    endpoints: frozenset[str]
    machine: Machine

    @property
    def hardware_usd_per_s(self) -> float:
        """Its price less its resale, by the second of its life."""
        hardware = self.machine.hardware
        return (hardware.price_usd - hardware.resale) / (hardware.life_years * SECONDS_PER_YEAR)

    @property
    def labour_usd_per_s(self) -> float:
        """Its maintenance."""
        hardware = self.machine.hardware
        return hardware.maintenance_hours_per_month * hardware.hourly_rate_usd / SECONDS_PER_MONTH

    @property
    def idle_usd_per_s(self) -> float:
        """What it draws while it does nothing, and also while it works."""
        return self.machine.hardware.idle_w * self.machine.tariff_usd_per_kwh / JOULES_PER_KWH

    def work_usd(self, usage: Usage) -> float:
        """The electricity of the work itself: as it was recorded, else as it is modelled."""
        energy_uj = usage.energy_uj or self.machine.energy_uj(usage.busy_us)[0]
        return self.machine.marginal_nano(energy_uj) / NANO_PER_USD


@dataclass(frozen=True, slots=True)
class BreakEven:
    """Whether a machine is worth its price at the load it had, compared with the cloud.

    `utilisation` is the share of the hours in which it worked; None where nobody knows. At `needed` its full cost would
    equal the cloud's; None: at no load, since all the hours would not do. It pays for itself after `payback_months`;
    None: not within its `life_years`. `saved_usd_per_month` is what it spares the cloud's bill, less its electricity
    and maintenance.
    """

    name: str
    cloud: str
    utilisation: float
    needed: float | None
    payback_months: float | None
    life_years: float
    saved_usd_per_month: float

    @property
    def sentence(self) -> str:
        """All that in plain words."""
        if not self.cloud:
            return f"Whether {self.name} pays for itself is unknown: no price in the cloud to compare with is known."
        load = f"At this load ({_percent(self.utilisation)} of the hours)"
        if self.payback_months is not None:
            after = "from the first day" if self.payback_months < 0.05 else f"in {_time(self.payback_months)}"
            return f"{load} {self.name} pays for itself {after}, compared with {self.cloud}."
        never = f"{load} {self.name} never pays for itself within its {self.life_years:g} years"
        if self.needed is None:
            return f"{never}, and no load would change that: even busy all hours it costs more than {self.cloud}."
        return (
            f"{never}: to cost no more than {self.cloud} it would have to be busy {_percent(self.needed)} of the hours."
        )


def break_even(one: Owned, usage: Mapping[date, Usage], seconds: float, cloud: Cloud | None) -> BreakEven:
    """Judge a machine by what it did on some days, `seconds` long together."""
    whole = sum(usage.values(), Usage())
    busy_s = whole.busy_us / 1e6
    cloud_usd = cloud.cost_nano(usage) / NANO_PER_USD if cloud else 0.0
    gained_usd = cloud_usd - one.work_usd(whole)
    saved_usd_per_s = gained_usd / seconds - one.labour_usd_per_s - one.idle_usd_per_s
    life_years = one.machine.hardware.life_years
    return BreakEven(
        one.name,
        cloud.name if cloud else "",
        busy_s / seconds,
        _needed(one, gained_usd / busy_s if busy_s else 0.0),
        _payback_months(one, saved_usd_per_s),
        life_years,
        saved_usd_per_s * SECONDS_PER_MONTH,
    )


def _needed(one: Owned, gained_usd_per_busy_s: float) -> float | None:
    standing = one.hardware_usd_per_s + one.labour_usd_per_s + one.idle_usd_per_s
    share = standing / gained_usd_per_busy_s if gained_usd_per_busy_s > 0 else 2.0
    return share if share <= 1 else None


def _payback_months(one: Owned, saved_usd_per_s: float) -> float | None:
    """By its price less its resale, so that it agrees with the utilisation at which the costs are equal."""
    hardware = one.machine.hardware
    if saved_usd_per_s < one.hardware_usd_per_s or saved_usd_per_s <= 0:
        return None
    return (hardware.price_usd - hardware.resale) / saved_usd_per_s / SECONDS_PER_MONTH


def _percent(share: float) -> str:
    return f"{share * 100:.2g} %" if share < 0.1 else f"{share * 100:.0f} %"


def _time(months: float) -> str:
    if months < 1:
        return f"{max(1, round(months * 30.4)):.0f} days"
    if months < 24:
        return f"{months:.0f} month{'' if round(months) == 1 else 's'}"
    return f"{months / 12:.1f} years"
