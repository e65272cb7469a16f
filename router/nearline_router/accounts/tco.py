"""What a period's traffic cost its owner, and what it would have cost all in the cloud, or all at home."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date

from nearline_router.accounts.account import Account
from nearline_router.accounts.break_even import BreakEven, Owned, break_even
from nearline_router.accounts.cloud_price import Cloud
from nearline_router.accounts.usage import Usage
from nearline_router.prices.price import NANO_PER_USD


@dataclass(frozen=True, slots=True)
class Way:
    """What one way costs its owner over the recorded days, in nano-dollars; whole machines, not shares of them.

    `at_least`: something that it costs is not known. `machines` counts those that are paid for.
    """

    cloud_nano: int
    hardware_nano: int = 0
    electricity_nano: int = 0
    labour_nano: int = 0
    machines: int = 0
    at_least: bool = False

    @property
    def nano(self) -> int:
        """Everything."""
        return self.cloud_nano + self.hardware_nano + self.electricity_nano + self.labour_nano


@dataclass(frozen=True, slots=True)
class Comparison:
    """Three ways for the same traffic over so many `days`, and what becomes of each machine that is paid for.

    `cloud` is the endpoint whose prices are taken, "" and `cloud_only` None where none is known. `assumed` names the
    machine that `local_only` takes where none is owned, else "".
    """

    days: int
    cloud: str
    as_it_was: Way
    cloud_only: Way | None
    local_only: Way
    assumed: str
    break_evens: tuple[BreakEven, ...]


def compare(account: Account, owned: Sequence[Owned], cloud: Cloud | None, assumed: Owned) -> Comparison | None:
    """Compare over the days that the ledger knows; None where it knows none.

    `owned` are the machines that are paid for; other local endpoints cost their electricity alone, as their machines
    are there anyway. `assumed` is the machine to buy where none is owned.
    """
    if account.recorded is None:
        return None
    seconds = account.recorded.days * 86_400
    done = {one.name: account.local_days(one.endpoints) for one in owned}
    as_it_was = _as_it_was(account, owned, seconds)
    busiest = max(owned, key=lambda one: _sum(done[one.name]).busy_us, default=assumed)
    return Comparison(
        account.recorded.days,
        cloud.name if cloud else "",
        as_it_was,
        _cloud_only(account, cloud) if cloud else None,
        _local_only(account, as_it_was, busiest, bool(owned), seconds),
        "" if owned or not account.far.attempts else assumed.name,
        tuple(break_even(one, done[one.name], seconds, cloud) for one in owned),
    )


def _as_it_was(account: Account, owned: Sequence[Owned], seconds: float) -> Way:
    paid_for = frozenset().union(*(one.endpoints for one in owned))
    elsewhere = _sum(account.local_days({day.name for day in account.days} - paid_for))
    way = Way(
        account.far.full_nano,
        electricity_nano=elsewhere.marginal_nano,
        at_least=account.far.at_least or elsewhere.at_least,
    )
    for one in owned:
        way = _with_machines(way, one, 1, seconds, _sum(account.local_days(one.endpoints)))
    return way


def _cloud_only(account: Account, cloud: Cloud) -> Way:
    nano = account.far.full_nano + cloud.cost_nano(account.local_days())
    return Way(nano, at_least=account.far.at_least or bool(account.local.unknown_tokens))


def _local_only(account: Account, as_it_was: Way, one: Owned, is_owned: bool, seconds: float) -> Way:
    """What was far is read and written by the machine at the speed that local endpoints had."""
    way = replace(as_it_was, cloud_nano=0, at_least=bool(account.far.unknown_tokens))
    if not account.far.attempts:
        return way
    has = _sum(account.local_days(one.endpoints)) if is_owned else Usage()
    measured = has if has.busy_us else account.local
    speed = _fresh_tokens(measured) / measured.busy_us if measured.busy_us else 0.0
    more = Usage(busy_us=round(_fresh_tokens(account.far) / speed)) if speed else Usage()
    machines = max(1, math.ceil((has.busy_us + more.busy_us) / (seconds * 1e6)))
    way = _with_machines(way, one, machines - int(is_owned), seconds, more)
    return replace(way, at_least=way.at_least or not speed)


def _with_machines(way: Way, one: Owned, machines: int, seconds: float, work: Usage) -> Way:
    electricity_usd = machines * one.idle_usd_per_s * seconds + one.work_usd(work)
    return replace(
        way,
        hardware_nano=way.hardware_nano + round(machines * one.hardware_usd_per_s * seconds * NANO_PER_USD),
        electricity_nano=way.electricity_nano + round(electricity_usd * NANO_PER_USD),
        labour_nano=way.labour_nano + round(machines * one.labour_usd_per_s * seconds * NANO_PER_USD),
        machines=way.machines + machines,
    )


def _fresh_tokens(usage: Usage) -> int:
    """Those that take time: what a cache has of a prompt takes none."""
    return usage.input_tokens - min(usage.cached_tokens, usage.input_tokens) + usage.output_tokens


def _sum(usage: Mapping[date, Usage]) -> Usage:
    return sum(usage.values(), Usage())
