"""What the catalogue's models made of the holes that ship: one letter each, as `measure` has them.

Measured with llama.cpp on a processor, greedily; other hardware rounds in other ways, and a few letters may change.
After a change of a snippet: run `nearline model check` with each model, and take the letters from `quality.jsonl`.
"""

from __future__ import annotations

# The set that the figures are of.
HOLES = "c8857646"
DEFAULT = "qwen2.5-coder-0.5b-instruct-q4_k_m.gguf"
# By the name that a server gives.
FIGURES = {
    DEFAULT: "eweeeweeweeeepweeeweeeeewewpeeeeeeeeeepeeeeeeeeeeeeeewweeeeeeeeepweewwweweweee",
    "qwen2.5-coder-1.5b-instruct-q4_k_m.gguf": (
        "eweeeeeeeeeeeppeeeeeeeeeeeepeeeeeeeeeeeeeeeeeeeeeeeeewweeeeeeeeepeeewweeweeeee"
    ),
}
