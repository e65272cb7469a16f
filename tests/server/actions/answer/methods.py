"""A method, and what a model makes of it."""

from __future__ import annotations

METHOD = "    def f(self, x):\n        return x\n"
NEW = "    def f(self, x):\n        if x:\n            return x\n        return 0\n"
BARE = "def f(self, x):\n    if x:\n        return x\n    return 0\n"
TABS = "\tdef f(self, x):\n\t\tif x:\n\t\t\treturn x\n\t\treturn 0\n"
