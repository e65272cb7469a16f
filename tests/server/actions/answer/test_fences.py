"""Fences in the code, and what is outside of all."""

from __future__ import annotations

import pytest

from nearline_server.actions.answer import Extracted, extracted
from tests.server.actions.answer.methods import METHOD, NEW


@pytest.mark.parametrize(
    ("original", "code"),
    [
        ('def f():\n    """Why."""\n', 'def f():\n    """Why.\n\n    ```python\n    f()\n    ```\n    """\n'),
        ("# A\n", "# A\n\n```python\nf()\n```\n\nMore.\n"),
        ("# A\n\n```\nf()\n```\n", "# A\n\n```\nf(1)\n```\n\nMore.\n"),
        ("# A\n\n```sh\nf\n```\n", "# A\n\n```sh\ng\n```\n"),
        ("/// ```\n/// f();\n/// ```\nfn f() {}\n", "/// ```\n/// f(1);\n/// ```\nfn f() {}\n"),
    ],
)
def test_fences_in_the_code_belong_to_it(original: str, code: str) -> None:
    """Indented, in pairs, or in a document that has fences of its own."""
    assert extracted(f"Here it is:\n\n```\n{code}```", original) == Extracted(code, "Here it is:", True)


def test_what_is_not_the_code_is_prose() -> None:
    """With the other blocks, for the user to read."""
    found = extracted(f"Why.\n\n```python\n{NEW}```\n\nUse it:\n\n```python\na.f(1)\n```", METHOD)

    assert found.prose == "Why.\n\nUse it:\n\n```python\na.f(1)\n```"
