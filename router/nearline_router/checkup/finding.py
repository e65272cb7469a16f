"""One line of a checkup."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Level = Literal["right", "doubtful", "wrong"]


@dataclass(frozen=True, slots=True)
class Finding:
    """What was found of a subject. `wrong`: something that is needed or was configured does not work.

    `hint` says what to do; "" where there is nothing to do.
    """

    level: Level
    subject: str
    text: str
    hint: str = ""
