"""How coarsely a model's weights were rounded, read from what its server tells of it."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

# llama.cpp's names of file types (Q4_K_M, IQ3_XXS, MXFP4), and what others write (4bit, int8, fp16).
LABEL = re.compile(
    r"(?<![A-Za-z0-9])"
    r"(?:I?Q(?P<q>[1-8])(?:_[A-Z0-9]{1,3}){0,2}|(?:MX|NV)FP(?P<mx>4)|(?P<n>[2-8])-?bit|INT(?P<int>[48])"
    r"|B?F(?P<f>8|16|32)|FP(?P<fp>8|16|32))"
    r"(?![A-Za-z0-9])",
    re.IGNORECASE,
)
# 70B, 0.5b, and for mixtures of experts 8x7B.
PARAMETERS = re.compile(r"(?<![A-Za-z0-9.])(?:(\d+)x)?(\d+(?:\.\d+)?)B(?![A-Za-z0-9])", re.IGNORECASE)

# The reference design's pitfall 2: no less than 4 bit (Q4_K_M) for models of the 70B class.
FEWEST_BITS = 4
LARGE_PARAMETERS = 60e9


@dataclass(frozen=True, slots=True)
class Quantization:
    """`label` as the server writes it, "" if it does not say; `bits` a weight; `parameters` of the whole model.

    None where nothing tells.
    """

    label: str = ""
    bits: float | None = None
    parameters: float | None = None

    @property
    def too_coarse(self) -> bool:
        """Whether it falls under the cap of pitfall 2; a model of unknown size is taken for a large one."""
        large = self.parameters is None or self.parameters >= LARGE_PARAMETERS
        return self.bits is not None and self.bits < FEWEST_BITS and large

    def __str__(self) -> str:
        """For a person, such as `70B parameters, Q4_K_M`."""
        size = "" if self.parameters is None else f"{self.parameters / 1e9:.3g}B parameters"
        rounded = self.label or ("" if self.bits is None else f"{self.bits:.1f} bits a weight")
        return ", ".join(part for part in (size, rounded or "quantisation not told") if part)


UNKNOWN = Quantization()


def quantization_of(
    names: Iterable[str], parameters: float | None = None, size_bytes: float | None = None
) -> Quantization:
    """What the names of a model say, the first that says it; without a label, its size divided by its parameters."""
    texts = list(names)
    label = next((match for text in texts if (match := LABEL.search(text))), None)
    if not parameters:
        parameters = next((_parameters(match) for text in texts if (match := PARAMETERS.search(text))), None)
    if label:
        return Quantization(label[0], float(next(bits for bits in label.groups() if bits)), parameters)
    bits = size_bytes * 8 / parameters if size_bytes and parameters else None
    return Quantization("", bits, parameters)


def _parameters(match: re.Match[str]) -> float:
    return int(match[1] or 1) * float(match[2]) * 1e9
