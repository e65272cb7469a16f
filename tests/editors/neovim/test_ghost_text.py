"""Ghost text: drawn, typed through, replaced, extended, and never stale."""

from __future__ import annotations

import pytest

from .conftest import Editor, Start

ADD = "def add(a, b):\n    return a + b"


def refresh(editor: Editor, line: int, character: int, *, edits_ago: int = 0) -> None:
    uri, version = editor.lua("return { vim.uri_from_bufnr(0), vim.lsp.util.buf_versions[vim.fn.bufnr()] }")
    params = {
        "uri": uri,
        "version": version - edits_ago,
        "position": {"line": line, "character": character},
    }
    editor.from_server("nearline/inlineCompletion/refresh", params)


def test_ghost_text_is_drawn_after_and_below_the_cursor(start: Start) -> None:
    """The first line stands after the cursor, the further lines below it, and the buffer is unchanged."""
    editor = start("\nlast = 1\n")
    editor.script(ADD)
    editor.type("id")
    editor.until_ghost(ADD[1:])
    assert editor.screen(3) == ["def add(a, b):", "    return a + b", "last = 1"]
    assert editor.lines() == ["d", "last = 1"]
    assert editor.lua("return vim.api.nvim_get_hl(0, { name = 'NearlineGhost' }).link") == "Comment"


def test_ghost_text_stands_before_the_rest_of_the_line(start: Start) -> None:
    """Text after the cursor is pushed to the right, not drawn over."""
    editor = start("print()\n")
    editor.script("print(total")
    editor.type("f(atot")
    editor.until_ghost("al")
    assert editor.screen(1) == ["print(total)"]


def test_typing_along_costs_no_request(start: Start) -> None:
    """Each typed character of the ghost text shortens it, without a message to the server."""
    editor = start()
    editor.script(ADD)
    editor.type("id")
    editor.until_ghost(ADD[1:])
    asked = len(editor.requests())
    for i in range(2, len("def add(a, b)") + 1):
        editor.type_to("<Space>" if ADD[i - 1] == " " else ADD[i - 1], ADD[:i])
        assert editor.ghost() == ADD[i:]
        assert editor.screen(2) == ["def add(a, b):", "    return a + b"]
    assert len(editor.requests()) == asked
    assert len(editor.events("show")) == 1


def test_typing_along_goes_over_the_line_end(start: Start) -> None:
    """Enter and the automatic indent are part of the ghost text too."""
    editor = start(before="vim.o.autoindent = true")
    text = "    a = 1\n    b = 2"
    editor.script(text)
    editor.type("i    a")
    editor.until_ghost(" = 1\n    b = 2")
    asked = len(editor.requests())
    editor.type_to(" = 1<CR>", "    a = 1", "    ")
    assert editor.ghost() == "b = 2"
    assert editor.screen(2) == ["    a = 1", "    b = 2"]
    assert len(editor.requests()) == asked


def test_backspace_lets_the_ghost_text_grow_again(start: Start) -> None:
    """Going back over typed-through characters needs no request as long as the item covers them."""
    editor = start()
    editor.script(ADD, whole=True)
    editor.type("ide")
    editor.until_ghost(ADD[2:])
    asked = len(editor.requests())
    editor.type_to("f", "def")
    assert editor.ghost() == ADD[3:]
    editor.type_to("<BS><BS>", "d")
    assert editor.ghost() == ADD[1:]
    assert len(editor.requests()) == asked


def test_a_wrong_character_removes_it_and_asks_again(start: Start) -> None:
    """Ghost text goes with the character that contradicts it, and the server is asked about the new text."""
    editor = start()
    editor.script("def add(a, b):")
    editor.type("id")
    editor.until_ghost("ef add(a, b):")
    asked = len(editor.requests())
    editor.type_to("x", "dx")
    assert editor.ghost() == ""
    assert editor.screen(1) == ["dx"]
    after = editor.requests()
    assert len(after) == asked + 1
    assert after[-1]["before"] == "dx"


def test_another_item_that_fits_takes_over(start: Start) -> None:
    """A character that contradicts the first item but not the second shows the second, without a request."""
    editor = start()
    editor.script("read(x)", "reset()")
    editor.type("ire")
    editor.until_ghost("ad(x)")
    asked = len(editor.requests())
    editor.type_to("s", "res")
    assert editor.ghost() == "et()"
    assert len(editor.requests()) == asked


def test_text_typed_to_its_end_asks_for_what_follows(start: Start) -> None:
    """When the ghost text is used up by typing, the next one is asked for, without the wait after a key."""
    editor = start()
    editor.script("one")
    editor.type("io")
    editor.until_ghost("ne")
    editor.lua("require('nearline.asking').debounce_ms = 60000")
    editor.script("one = two")
    editor.type("ne")
    editor.until_ghost(" = two")
    assert editor.requests()[-1]["before"] == "one"


def test_a_server_that_ignores_the_cancel_draws_nothing_stale(start: Start) -> None:
    """An answer to an overtaken request is dropped also when the server sends it."""
    editor = start()
    editor.lua("vim.lsp.get_clients({ name = 'nearline' })[1].cancel_request = function() end")
    editor.script("def add(a, b):", delay_ms=150)
    editor.type("id")
    editor.until(lambda: [e for e in editor.events("request") if e["before"] == "d"], "request")
    editor.script("", delay_ms=0)
    editor.type_to("x", "dx")
    seen = set()

    def answered() -> bool:
        seen.update(editor.screen(2))
        return any(event["items"] for event in editor.events("respond"))

    editor.until(answered, "stale answer")
    editor.barrier()
    seen.update(editor.screen(2))
    assert seen <= {"d", "dx", "~"}


def test_a_stale_answer_is_never_drawn(start: Start) -> None:
    """An answer that comes after another key is dropped, and its request was cancelled."""
    editor = start()
    editor.script("def add(a, b):", delay_ms=400)
    editor.type("id")
    editor.until(lambda: [e for e in editor.events("request") if e["before"] == "d"], "request")
    editor.script("", delay_ms=0)
    editor.type_to("x", "dx")
    seen = set()

    def cancelled() -> bool:
        seen.update(editor.screen(2))
        return bool(editor.events("cancelled"))

    editor.until(cancelled, "cancel")
    editor.barrier()
    seen.update(editor.screen(2))
    assert seen <= {"d", "dx", "~"}


@pytest.mark.parametrize("keys", ["<Esc>", "<Left>", "<Cmd>enew!<CR>"])
def test_an_answer_after_the_user_left_is_never_drawn(start: Start, keys: str) -> None:
    """Leaving insert mode, the place or the buffer cancels what was asked."""
    editor = start(before="vim.o.hidden = true")
    editor.script("def add(a, b):", delay_ms=300)
    editor.type("id")
    editor.until(lambda: [e for e in editor.events("request") if e["before"] == "d"], "request")
    editor.type(keys)
    editor.until_event("cancelled")
    assert editor.ghost() == ""
    assert "add" not in "".join(editor.screen(3))


@pytest.mark.parametrize("keys", ["<Esc>", "<Left>", "<C-o>:enew!<CR>"])
def test_ghost_text_goes_when_the_user_leaves(start: Start, keys: str) -> None:
    """Leaving insert mode, the place or the buffer takes the ghost text off the screen."""
    editor = start(before="vim.o.hidden = true")
    editor.script("def add(a, b):")
    editor.type("id")
    editor.until_ghost("ef add(a, b):")
    file = editor.lua("return vim.fn.bufnr()")
    editor.type(keys)
    left = "return vim.api.nvim_buf_get_extmarks(..., vim.api.nvim_create_namespace('nearline'), 0, -1, {})"
    editor.until(lambda: editor.lua(left, file) == [], "no ghost text")
    assert "add" not in "".join(editor.screen(3))


def test_the_rest_of_an_answer_extends_the_ghost_text(start: Start) -> None:
    """On the server's refresh the ghost text grows in place and is never another text in between."""
    editor = start()
    editor.script("total = first + second", cut=4)
    editor.type("it")
    editor.until_ghost("otal")
    editor.script("total = first + second")
    seen = set()
    refresh(editor, 0, 1)

    def grown() -> bool:
        seen.add(editor.ghost())
        return bool(editor.ghost() == "otal = first + second")

    editor.until(grown, "longer ghost text")
    assert seen <= {"otal", "otal = first + second"}
    assert editor.requests()[-1]["kind"] == 2
    assert len(editor.events("show")) == 2


def test_a_refresh_with_another_text_changes_nothing(start: Start) -> None:
    """Ghost text that the user may be reading is not swapped for a different one."""
    editor = start()
    editor.script("total = 1")
    editor.type("it")
    editor.until_ghost("otal = 1")
    asked = len(editor.requests())
    editor.script("try:")
    refresh(editor, 0, 1)
    editor.until(lambda: len(editor.requests()) > asked, "request")
    editor.barrier()
    assert editor.ghost() == "otal = 1"


def test_a_refresh_shows_an_answer_that_came_too_late(start: Start) -> None:
    """After an empty answer the refresh brings the text that was not ready."""
    editor = start()
    editor.script()
    editor.type_to("it", "t")
    editor.requests()
    editor.barrier()
    assert editor.ghost() == ""
    editor.script("total = 1")
    refresh(editor, 0, 1)
    editor.until_ghost("otal = 1")


@pytest.mark.parametrize(("line", "character", "edits_ago"), [(0, 0, 0), (1, 1, 0), (0, 1, 1)])
def test_a_refresh_for_another_place_or_text_asks_nothing(
    start: Start, line: int, character: int, edits_ago: int
) -> None:
    """The user has moved or typed on: the refresh is ignored."""
    editor = start()
    editor.script()
    editor.type_to("it", "t")
    asked = len(editor.requests())
    refresh(editor, line, character, edits_ago=edits_ago)
    editor.barrier()
    assert len(editor.requests()) == asked


@pytest.mark.parametrize(("encoding", "character"), [("utf-8", 20), ("utf-16", 14), ("utf-32", 12)])
@pytest.mark.parametrize("whole", [True, False])
def test_columns_are_right_after_wide_characters(start: Start, encoding: str, character: int, whole: bool) -> None:
    """A tab, emoji and CJK before and after the cursor shift nothing, in every position encoding."""
    general = f"general = {{ positionEncodings = {{ '{encoding}' }} }}"
    editor = start(
        "\tx = '😀😀中' # 中😀\n", before=f"vim.lsp.config('nearline', {{ capabilities = {{ {general} }} }})"
    )
    editor.script(".strip('é😀').lower() ", whole=whole)
    editor.type("f#i.")
    editor.until_ghost("strip('é😀').lower() ")
    assert editor.events("initialized")[0]["encoding"] == encoding
    assert editor.requests()[-1]["character"] == character
    assert editor.screen(1)[0].strip() == "x = '😀😀中' .strip('é😀').lower() # 中😀"
    editor.type_to("s", "\tx = '😀😀中' .s# 中😀")
    assert editor.ghost() == "trip('é😀').lower() "
    accepted = "\tx = '😀😀中' .strip('é😀').lower() "
    editor.type_to("<Tab>", accepted + "# 中😀")
    assert editor.cursor() == (1, len(accepted.encode()))


def test_tabs_in_the_ghost_text_are_drawn_to_the_tab_stops(start: Start) -> None:
    """A tab is as wide in the ghost text as it will be in the buffer."""
    editor = start(before="vim.o.tabstop = 4", name="a.go")
    editor.script("if a {\tb\n\tc\n}")
    editor.type("ii")
    editor.until(lambda: editor.ghost() != "", "ghost text")
    drawn = editor.screen(3)
    assert drawn == ["if a {  b", "    c", "}"]
    editor.type_to("<Tab>", "if a {\tb", "\tc", "}")
    assert editor.screen(3) == drawn


def test_an_item_may_cover_the_text_after_the_cursor(start: Start) -> None:
    """A closing bracket that is there already is drawn and inserted once."""
    editor = start("print()\n")
    editor.script("print(a, b):", cover=1)
    editor.type("f(aa")
    editor.until_ghost(", b:")
    assert editor.screen(1) == ["print(a, b):"]
    editor.type_to("<Tab>", "print(a, b):")
    assert editor.cursor() == (1, len("print(a, b):"))


def test_what_follows_the_cursor_is_drawn_where_it_will_stand(start: Start) -> None:
    """With more than one line to insert, the rest of the line is drawn after the last of them."""
    editor = start("print(x)\n")
    editor.script("print(a,\n      b, ")
    editor.type("f(aa")
    editor.until(lambda: editor.ghost() != "", "ghost text")
    drawn = editor.screen(2)
    assert drawn == ["print(a,", "      b, x)"]
    editor.type_to("<Tab>", "print(a,", "      b, x)")
    assert editor.screen(2) == drawn
    assert editor.cursor() == (2, len("      b, "))


def test_automatic_pairs_do_not_disturb(start: Start) -> None:
    """Typing a bracket that a plugin closes at once still follows the ghost text."""
    editor = start(before="vim.cmd('inoremap ( ()<Left>')")
    editor.script("call(one, two)")
    editor.type("ica")
    editor.until_ghost("ll(one, two)")
    asked = len(editor.requests())
    editor.type_to("ll(", "call()")
    assert editor.screen(1) == ["call(one, two)"]
    assert len(editor.requests()) == asked
    editor.type_to("<Tab>", "call(one, two)")


def test_ghost_text_goes_when_the_rest_of_the_line_changes(start: Start) -> None:
    """Deleting what stands after the cursor makes it another question."""
    editor = start("print()\n")
    editor.script("print(total")
    editor.type("f(atot")
    editor.until_ghost("al")
    editor.script()
    asked = len(editor.requests())
    editor.type_to("<Del>", "print(tot")
    assert editor.ghost() == ""
    assert len(editor.requests()) == asked + 1


def test_an_item_for_another_line_is_ignored(start: Start) -> None:
    """An item whose range is not on the cursor's line is not drawn anywhere."""
    editor = start("\nlast\n")
    editor.script("total", lines_off=1)
    editor.type_to("it", "t")
    editor.until(lambda: [e for e in editor.events("respond") if e["items"]], "answer")
    editor.barrier()
    assert editor.screen(2) == ["t", "last"]


def test_the_server_is_told_where_the_user_is(start: Start) -> None:
    """`textDocument/didFocus` comes with the buffer, with insert mode and when the cursor rests."""
    editor = start("one\ntwo\nthree\n")
    assert editor.until_event("focus")["position"] == {"line": 0, "character": 0}
    count = len(editor.events("focus"))
    editor.type("jj")
    assert editor.until_event("focus", count + 1)["position"] == {"line": 2, "character": 0}
    editor.type("A")
    assert editor.until_event("focus", count + 2)["position"] == {"line": 2, "character": 5}


def test_lines_the_cursor_only_passes_are_not_told(start: Start) -> None:
    """Moving through a file sends far fewer messages than lines, and the last one is right."""
    editor = start("\n" * 50)
    editor.until_event("focus")
    for _ in range(20):
        editor.type("j")
    editor.until(lambda: editor.events("focus")[-1]["position"]["line"] == 20, "focus on the last line")
    assert len(editor.events("focus")) < 10


def test_a_buffer_can_be_left_out(start: Start) -> None:
    """`vim.b.nearline = false` keeps this buffer's keys from the server."""
    editor = start(before="vim.cmd('autocmd FileType python let b:nearline = v:false')")
    editor.script("total")
    editor.type_to("it", "t")
    assert editor.requests() == []
    assert editor.events("focus") == []
