"""How sure a number in the ledger is, and how an attempt may end: the words of its columns."""

from __future__ import annotations

from typing import Literal

Result = Literal["answered", "cancelled", "lost", "slow", "cut", "failed"]
CountSource = Literal["exact", "estimated", "at least", "none"]
CostSource = Literal["exact", "estimated", "at least", "unknown"]
EnergySource = Literal["measured", "modelled", "none"]
