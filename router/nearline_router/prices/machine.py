"""What a computer of one's own costs by the second of work: in electricity alone, and with everything.

Marginal: what the work draws above idling, times the tariff. Full: that, and what the machine costs whether it works or
not (its price less its resale, its maintenance, its idling), shared among the seconds in which it works. A server that
answers several requests at once is busy for each of them, so its cost is an upper bound.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from nearline_router.config.hardware import HardwareConfig
from nearline_router.ledger.sources import EnergySource
from nearline_router.prices.price import NANO_PER_USD

# A year of 365.25 days, and a twelfth of it.
SECONDS_PER_YEAR = 31_557_600
SECONDS_PER_MONTH = SECONDS_PER_YEAR / 12
JOULES_PER_KWH = 3_600_000

# A computer that would be there anyway: only what it draws while it works counts. 30 W is about what a laptop's
# processor may draw without end (28 W: base power of Intel's P series).
WORKSTATION = HardwareConfig(
    price_usd=0, utilisation=1, idle_w=0, load_w=30, maintenance_hours_per_month=0, hourly_rate_usd=0
)


@dataclass(frozen=True, slots=True)
class Machine:
    """A computer and its tariff. `assumed`: nobody described it, so it is not chosen by what is assumed of it."""

    hardware: HardwareConfig
    tariff_usd_per_kwh: float
    assumed: bool = False

    @property
    def electricity_usd_per_s(self) -> float:
        """What a second of work costs more than a second of idling."""
        return (self.hardware.load_w - self.hardware.idle_w) * self.tariff_usd_per_kwh / JOULES_PER_KWH

    @property
    def standing_usd_per_s(self) -> float:
        """What is paid whether it works or not, for each second in which it works."""
        hardware = self.hardware
        written_off = (hardware.price_usd - hardware.resale) / (hardware.life_years * SECONDS_PER_YEAR)
        maintained = hardware.maintenance_hours_per_month * hardware.hourly_rate_usd / SECONDS_PER_MONTH
        idling = hardware.idle_w * self.tariff_usd_per_kwh / JOULES_PER_KWH
        return (written_off + maintained + idling) / hardware.utilisation

    def energy_uj(self, busy_us: int, watts: float | None = None) -> tuple[int, EnergySource]:
        """Microjoules that the work took above idling; `watts` are what a sensor saw the machine draw meanwhile."""
        drawn = self.hardware.load_w if watts is None else watts
        return round(max(0.0, drawn - self.hardware.idle_w) * busy_us), "modelled" if watts is None else "measured"

    def marginal_nano(self, energy_uj: int) -> int:
        """What so much electricity costs in nano-dollars."""
        return round(energy_uj * self.tariff_usd_per_kwh * NANO_PER_USD / JOULES_PER_KWH / 1e6)

    def full_nano(self, energy_uj: int, busy_us: int) -> int:
        """The same with everything that is paid for the machine, in nano-dollars."""
        return self.marginal_nano(energy_uj) + round(busy_us * self.standing_usd_per_s * NANO_PER_USD / 1e6)

    def assumptions(self) -> dict[str, Any]:
        """All numbers by which it is reckoned, as plain values."""
        numbers = self.hardware.model_dump() | {"resale_usd": self.hardware.resale}
        return numbers | {"tariff_usd_per_kwh": self.tariff_usd_per_kwh, "assumed": self.assumed}
