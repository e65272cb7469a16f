"""Models answer in many forms; what comes out has the layout of what it replaces."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nearline_server.actions.answer import extracted
from nearline_server.documents.buffer import split_lines
from tests.server.actions.answer.methods import BARE, METHOD, NEW, TABS

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
