"""Models repeat what is around what was asked about."""

from __future__ import annotations

import pytest

from nearline_server.actions.answer import extracted


def test_a_whole_file_is_cut_to_what_was_asked_for() -> None:
    """What is repeated around it is left where it is; what the new code needs comes along."""
    original = "def f(x):\n    return g(x)\n"
    answer = (
        "```python\nimport os\nimport re\n\n\ndef g(x):\n    return os.sep + x\n\n\ndef _h(x):\n    return x\n\n\n"
        "def f(x):\n    return g(_h(re.escape(x)))\n\n\nif __name__ == '__main__':\n    f(1)\n```"
    )

    code = extracted(answer, original).code

    assert code == (
        "import re\n\n\ndef _h(x):\n    return x\n\n\ndef f(x):\n    return g(_h(re.escape(x)))\n"
    )  # fmt: skip


def test_a_method_is_cut_out_of_its_class_in_braces() -> None:
    """The class is not put into itself."""
    original = "  get(x) {\n    return x;\n  }\n"
    answer = "```js\nclass A {\n  put(x) {\n    y(x);\n  }\n\n  get(x) {\n    return z(x);\n  }\n}\n```"

    assert extracted(answer, original).code == "  get(x) {\n    return z(x);\n  }\n"


def test_a_function_that_became_two_stays_whole() -> None:
    """What it newly calls is part of the answer."""
    answer = "```python\ndef f(x):\n    return _g(x)\n\n\ndef _g(x):\n    return x\n```"

    assert extracted(answer, "def f(x):\n    return x\n").code == answer[10:-3]


@pytest.mark.parametrize(
    ("original", "answer"),
    [
        ("if (a) {\n  b();\n}\n", "if (a) {\n  b();\n}\n\nif (c) {\n  b();\n}\n"),
        ("it('a', () => {\n  b();\n});\n", "it('a', () => {\n  b();\n});\n\nit('c', () => {\n  b();\n});\n"),
        ("f(\n  a,\n)\n", "f(\n  a,\n)\n\nf(\n  b,\n)\n"),
    ],
)
def test_statements_are_never_cut_out(original: str, answer: str) -> None:
    """Only what has a name is known to be repeated."""
    assert extracted(f"```js\n{answer}```", original).code == answer
