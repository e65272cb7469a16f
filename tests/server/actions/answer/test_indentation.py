"""Tabs or spaces, their width, and the text of strings."""

from __future__ import annotations

import pytest

from nearline_server.actions.answer import extracted

GO = "\tif x {\n\t\treturn y\n\t}\n"
GO_NEW = "\tif x {\n\t\treturn z\n\t}\n\treturn y\n"


@pytest.mark.parametrize(
    ("original", "answer", "expected"),
    [
        (GO, "```go\n" + GO_NEW.replace("\t", "    ") + "```", GO_NEW),
        (GO, "```go\nif x {\n  return z\n}\nreturn y\n```", GO_NEW),
        (GO, "```go\n" + GO_NEW + "```", GO_NEW),
        (
            "function f() {\n  return a;\n}",
            "```js\nfunction f() {\n\treturn b;\n}\n```",
            "function f() {\n  return b;\n}",
        ),
        (
            "function f() {\n  return a;\n}",
            "```js\nfunction f() {\n    return b;\n}\n```",
            "function f() {\n  return b;\n}",
        ),
        ("x = a + b", "`x = sum(a, b)`", "x = sum(a, b)"),
        ("x = a + b", "```x = sum(a, b)```", "x = sum(a, b)"),
        ("  x = a\n", "```\nx = b\n    ```", "  x = b\n"),
        ("    \n", "```\nx = 1\n```", "    x = 1\n"),
        ("", "```\nx = 1\n```", "x = 1\n"),
        (
            "    '''\nLeft\n    '''\n    x = a\n",
            "```\n'''\nLeft\n'''\nx = b\n```",
            "    '''\nLeft\n    '''\n    x = b\n",
        ),
        ("Teh cat sat here.\n", "The cat sat here.", "The cat sat here.\n"),
        ("a\x0cb = 1\n", "```\na\x0cb = 2\u2028\n```", "a\x0cb = 2\u2028\n"),
        ("x = '😀'\n", "```\nx = 'e\u0301\ud83d'\n```", "x = 'e\u0301\ufffd'\n"),
    ],
)
def test_indentation_is_the_original_s(original: str, answer: str, expected: str) -> None:
    """Tabs or spaces and their width; the text of a string stays where it was."""
    assert extracted(answer, original).code == expected


def test_the_text_of_a_new_string_is_not_lost() -> None:
    """It may stand left of the function that it belongs to."""
    answer = '```python\ndef f(x):\n    y = """\nselect x\nfrom y\n"""\n    return x + y\n```'

    assert extracted(answer, "def f(x):\n    return x\n").code == answer[10:-3]
