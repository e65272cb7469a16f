"""What the configuration brings to a report: machines, prices in the cloud, and where the basis decides."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from sqlite3 import Connection

from nearline_router.accounts.account import Account
from nearline_router.accounts.break_even import Owned
from nearline_router.accounts.cloud_price import Cloud, CloudPrice, cheapest, recorded_clouds
from nearline_router.config.hardware import HardwareConfig
from nearline_router.config.models import RouterConfig
from nearline_router.prices.current import current_prices
from nearline_router.prices.inversion import inversions
from nearline_router.prices.machine import Machine
from nearline_router.prices.price import nano_per_mtok
from nearline_router.prices.priced import Priced
from nearline_router.registry.profile import Profile


@dataclass(frozen=True, slots=True)
class Basis:
    """The machines that are paid for, the one to buy where there is none, and endpoints with what they cost now."""

    owned: tuple[Owned, ...]
    assumed: Owned
    priced: tuple[tuple[Profile, Priced], ...]

    @property
    def inversions(self) -> list[str]:
        """A sentence for each pair of endpoints whose order depends on which cost is counted."""
        return inversions(self.priced)

    def cloud(self, connection: Connection, account: Account) -> Cloud | None:
        """The endpoint in the cloud that would have been cheapest for what stayed local, by all of its prices.

        One of the configuration, or one that was asked in these days.
        """
        far = {profile.id: priced for profile, priced in self.priced if not profile.local}
        asked = {day.name for day in account.days if not day.local}
        clouds = recorded_clouds(connection, asked | far.keys())
        known = {cloud.name for cloud in clouds}
        clouds += [cloud for name, priced in far.items() if name not in known and (cloud := _listed(name, priced))]
        return cheapest(clouds, account.local_days())


def basis_of(config: RouterConfig) -> Basis:
    """By a configuration and what was learned of speeds. Reads the providers' lists, which takes some 80 ms."""
    priced = current_prices(config)
    machines = _owned([profile for profile, _ in priced])
    return Basis(machines, _assumed(config.accounting.tariff_usd_per_kwh), priced)


def _owned(found: Sequence[Profile]) -> tuple[Owned, ...]:
    """What was described; endpoints at one address are one machine."""
    machines: dict[str | None, tuple[Machine, list[str]]] = {}
    for profile in found:
        if profile.machine and not profile.machine.assumed:
            machines.setdefault(profile.host, (profile.machine, []))[1].append(profile.id)
    return tuple(Owned(names[0], frozenset(names), machine) for machine, names in machines.values())


def _assumed(tariff_usd_per_kwh: float) -> Owned:
    hardware = HardwareConfig()
    name = f"a Mac Studio (${hardware.price_usd:,.0f}, written off over {hardware.life_years:g} years)"
    return Owned(name, frozenset(), Machine(hardware, tariff_usd_per_kwh, assumed=True))


def _listed(name: str, priced: Priced) -> Cloud | None:
    """What an endpoint costs that was not asked yet."""
    full = priced.full.at(0)
    into, out = nano_per_mtok(full.input_usd), nano_per_mtok(full.output_usd)
    if into is None or out is None:
        return None
    return Cloud(name, (CloudPrice(into, out, nano_per_mtok(full.cached_input_usd)),))
