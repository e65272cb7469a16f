"""Models answer in many forms; what comes out has the layout of what it replaces."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nearline_server.actions.answer import Extracted, extracted
from nearline_server.documents.buffer import split_lines

METHOD = "    def f(self, x):\n        return x\n"
NEW = "    def f(self, x):\n        if x:\n            return x\n        return 0\n"
BARE = "def f(self, x):\n    if x:\n        return x\n    return 0\n"
TABS = "\tdef f(self, x):\n\t\tif x:\n\t\t\treturn x\n\t\treturn 0\n"
GO = "\tif x {\n\t\treturn y\n\t}\n"
GO_NEW = "\tif x {\n\t\treturn z\n\t}\n\treturn y\n"

FORMS = {
    "one fence": f"```python\n{NEW}```",
    "no language": f"```\n{NEW}```\n",
    "tildes": f"~~~python\n{NEW}~~~",
    "longer fence": f"````python\n{NEW}````",
    "prose around": f"Sure! Here is it:\n\n```python\n{NEW}```\n\nIt returns 0 for nothing.",
    "announced on the fence's line": f"Here is the code: ```python\n{NEW}```",
    "in a list": f"1. ```python\n{NEW}   ```",
    "indented fence": f"  ```python\n{NEW}  ```",
    "no fence": NEW,
    "no fence, prose around": f"Here's the method:\n\n{NEW}\nIt now returns 0 for nothing.\n- I added `if x`.",
    "closing fence only": f"{NEW}```",
    "closing fence behind the code": f"```python\n{NEW.rstrip()}```",
    "thought first": f"<think>\nLet me see:\n```\nx\n```\n</think>\n```python\n{NEW}```",
    "original first": f"Before:\n```python\n{METHOD}```\nAfter:\n```python\n{NEW}```",
    "usage behind": f"```python\n{NEW}```\nUse it so:\n```python\na.f(1)\n```",
    "shell before": f"```bash\npip install self return x f def\n```\n```python\n{NEW}```",
    "indentation removed": f"```python\n{BARE}```",
    "indentation of the first line removed": f"```python\n{NEW.lstrip()}```",
    "indentation doubled": "```python\n" + "".join(f"    {line}\n" for line in NEW.splitlines()) + "```",
    "tabs": f"```python\n{TABS}```",
    "tabs, indentation removed": "```python\n" + "".join(f"{line[1:]}\n" for line in TABS.splitlines()) + "```",
    "CRLF": f"```python\n{NEW}```".replace("\n", "\r\n"),
    "CR": f"```python\n{NEW}```".replace("\n", "\r"),
    "no final line end": f"```python\n{NEW.rstrip()}\n```",
    "empty lines around": f"```python\n\n\n{NEW}\n\n```",
    "the class around it": "```python\nimport os\n\nclass A:\n"
    "    y = 1\n\n    def g(self):\n        pass\n\n"
    f"{NEW}\n    def h(self): ...\n```",
    "half as deep": "```python\n" + NEW.replace("    ", "  ") + "```",
}


@pytest.mark.parametrize("answer", FORMS.values(), ids=FORMS)
def test_the_code_is_taken_out_and_put_right(answer: str) -> None:
    """Whatever the form, it is the same method at the same depth."""
    found = extracted(answer, METHOD)

    assert (found.code, found.whole) == (NEW, True)


@pytest.mark.parametrize("answer", FORMS.values(), ids=FORMS)
@pytest.mark.parametrize("line_end", ["\r\n", "\r"])
def test_line_ends_are_the_original_s(answer: str, line_end: str) -> None:
    """The model's own do not matter."""
    assert extracted(answer, METHOD.replace("\n", line_end)).code == NEW.replace("\n", line_end)


@pytest.mark.parametrize("around", [("", ""), ("\n", ""), ("", "\n\n"), ("  \n", "\n\t\n    ")])
def test_empty_lines_around_are_the_original_s(around: tuple[str, str]) -> None:
    """With their white space, and with or without a final line end."""
    before, behind = around

    assert extracted(f"```\n{BARE}\n\n```", before + METHOD + behind).code == before + NEW + behind
    assert extracted(f"```\n{BARE}```", METHOD.rstrip()).code == NEW.rstrip()


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


@pytest.mark.parametrize(
    "answer",
    [
        f"```python\n{NEW}",
        "```python\n    def f(self, x):\n        ret",
        f"Before:\n```python\n{METHOD}```\nAfter:\n```python\n    def f(self, x):\n",
        "```python\n    def f(self, x):\n        # ... existing code ...\n        return x\n```",
        "```python\n    def f(self, x):\n        y = x\n        # rest of the method remains the same\n```",
        "```python\n    def f(self, x):\n        y = x\n        # ...\n```",
        "```python\n    def f(self, x):\n        # Code unchanged\n        return x\n```",
        "<think>\nI could",
    ],
)
def test_code_without_its_end_or_with_a_gap_is_not_whole(answer: str) -> None:
    """Applied, it would delete what it does not repeat."""
    assert not extracted(answer, METHOD).whole


@pytest.mark.parametrize("comment", ["# Process the remaining items.", "# Leaves x unchanged.", "# Others return."])
def test_a_comment_about_code_is_no_gap(comment: str) -> None:
    """Only one that stands for code is."""
    assert extracted(f"```\ndef f(self, x):\n    {comment}\n    return x\n```", METHOD).whole


@pytest.mark.parametrize(
    "answer",
    [
        "",
        "   \n\n",
        "I'm sorry, but I cannot help with that",
        "The method f returns x, which is what self.f was given.",
        "```\n```",
        "```",
        "Here is the code:\n```",
        "<think>\nI could",
        "<think></think>",
        "```diff\n@@ -1,2 +1,2 @@\n-    def f(self, x):\n+    def f(self, y):\n         return x\n```",
        "```python\ndef f(self, x):\nif x:\nreturn x\n```",
        "Change the first line:\n```python\ndef f(self, y):\n```\n"
        "and then the second:\n```python\n        return y + x\n```",
    ],
)
def test_an_answer_without_code_that_fits_is_prose(answer: str) -> None:
    """A refusal, a patch, code that lost its indentation, pieces: for the user to read."""
    found = extracted(answer, METHOD)

    assert found.code is None
    assert found.prose in answer


def test_what_is_not_the_code_is_prose() -> None:
    """With the other blocks, for the user to read."""
    found = extracted(f"Why.\n\n```python\n{NEW}```\n\nUse it:\n\n```python\na.f(1)\n```", METHOD)

    assert found.prose == "Why.\n\nUse it:\n\n```python\na.f(1)\n```"


CODE = st.lists(
    st.sampled_from(["", "a = 1", "\tb", "  c", "    d:", "        e", "\t  f", "}", "é😀", "x\x0cy\u2028"]), min_size=1
)


@given(CODE, st.sampled_from(["\n", "\r\n", "\r"]), st.booleans())
def test_the_original_itself_comes_back_as_it_was(lines: list[str], line_end: str, ended: bool) -> None:
    """An answer that changes nothing changes nothing, in whatever strange layout."""
    original = line_end.join(lines) + (line_end if ended else "")
    found = extracted("```\n" + "\n".join(lines) + "\n```", original)

    assert found.code == (original if "".join(lines).strip() else None)


PIECE = st.sampled_from(
    [
        *"\n\n\r\t `~{}:#😀\u2028\ud83d", "\r\n", "    ", "```", "~~~", "```py\n", "def f(x):", "return x", "class A:",
        "<think>", "</think>", "Here it is:", "# ...", "@a\n", "end", "@@ -1",
    ]
)  # fmt: skip
ANY = st.lists(PIECE, max_size=30).map("".join) | st.text(max_size=30)


@given(ANY, ANY)
def test_whatever_the_answer_the_layout_is_the_original_s(answer: str, original: str) -> None:
    """It never raises; the line ends are of the original's kind and the final one is there if it was."""
    code = extracted(answer, original).code

    if code is None:
        return
    ends = {line[len(line.rstrip("\r\n")) :] for line in split_lines(original)} - {""} or {"\n"}
    assert {line[len(line.rstrip("\r\n")) :] for line in split_lines(code)} - {""} <= ends
    assert code.endswith(("\r", "\n")) == (original.endswith(("\r", "\n")) or not original)


def test_the_text_of_a_new_string_is_not_lost() -> None:
    """It may stand left of the function that it belongs to."""
    answer = '```python\ndef f(x):\n    y = """\nselect x\nfrom y\n"""\n    return x + y\n```'

    assert extracted(answer, "def f(x):\n    return x\n").code == answer[10:-3]


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
