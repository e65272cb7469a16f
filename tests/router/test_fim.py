"""Fill-in-the-middle prompts: the table of families, the two layouts, token healing and its grammar."""

from __future__ import annotations

import re
import time
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nearline_router.fim import (
    FAMILIES,
    LONGEST_CUT_CHARS,
    Control,
    FimTemplate,
    Layout,
    first_output_grammar,
    heal,
    render,
    takes_context,
    template_for,
)
from nearline_router.fim_table import CONTROL_TEXTS
from nearline_router.types import Infill, Snippet

FAMILY = {template.family: template for template in FAMILIES}
INFILL = Infill(prefix="def f():\n", middle="    return fo", suffix="\nprint(f())\n", path="", language="python")

# Each family's documented prompt, for the prefix P and the suffix S.
DOCUMENTED = {
    "Qwen2.5-Coder": "<|fim_prefix|>P<|fim_suffix|>S<|fim_middle|>",
    "Qwen3-Coder": "<|fim_prefix|>P<|fim_suffix|>S<|fim_middle|>",
    "StarCoder2": "<fim_prefix>P<fim_suffix>S<fim_middle>",
    "CodeLlama": "<PRE> P <SUF>S <MID>",
    "DeepSeek-Coder": "<｜fim▁begin｜>P<｜fim▁hole｜>S<｜fim▁end｜>",
    "Codestral": "[SUFFIX]S[PREFIX]P",
    "CodeGemma": "<|fim_prefix|>P<|fim_suffix|>S<|fim_middle|>",
    "Granite 3": "<fim_prefix>P<fim_suffix>S<fim_middle>",
    "Granite 4": "<|fim_prefix|>P<|fim_suffix|>S<|fim_middle|>",
}

every_family = pytest.mark.parametrize("template", FAMILIES, ids=lambda template: template.family)
text = st.text(alphabet=st.sampled_from("ab_1é漢😀 \t\n\r(.=)'²"), max_size=30)


@every_family
def test_documented_layout_is_the_documented_string(template: FimTemplate) -> None:
    infill = Infill("P", "", "S", "", "python")

    assert DOCUMENTED[template.family] == render(template, infill, Layout.DOCUMENTED, can_force=False).as_text


@every_family
def test_documented_layout_puts_the_growing_text_at_the_end_of_the_prefix(template: FimTemplate) -> None:
    expected = DOCUMENTED[template.family].replace("P<", "pM<").replace("P ", "pM ").replace("]P", "]pM")
    infill = Infill("p", "M", "S", "", "python")

    assert expected == render(template, infill, Layout.DOCUMENTED, can_force=False).as_text


@every_family
def test_every_row_stops_somewhere_and_keeps_to_the_four_stops_that_servers_take(
    template: FimTemplate,
) -> None:
    assert 1 <= len(template.stops) <= 4


@every_family
def test_every_row_knows_its_own_control_texts_as_reserved(template: FimTemplate) -> None:
    controls = [template.prefix, template.suffix, template.middle, template.file_separator]

    assert template.control_texts >= {control.text for control in controls if control} | set(template.stops)
    assert template.control_texts <= CONTROL_TEXTS


@every_family
def test_control_texts_in_user_text_stay_text(template: FimTemplate) -> None:
    hostile = "".join(sorted(template.control_texts))
    infill = Infill(hostile, "\n", hostile, "", "python")

    segments = render(template, infill).segments

    assert [hostile, hostile] == [
        segment.strip() for segment in segments if isinstance(segment, str) and segment.strip()
    ]
    assert {template.prefix, template.suffix, template.middle} - {None} == {
        segment for segment in segments if isinstance(segment, Control)
    }


def test_only_measured_families_and_their_siblings_let_the_text_grow_last() -> None:
    growing = {template.family for template in FAMILIES if template.default_layout is Layout.GROWING_TEXT_LAST}

    assert growing == {"Qwen2.5-Coder", "Qwen3-Coder"}


def test_growing_text_stands_behind_the_middle_token_healed() -> None:
    qwen = FAMILY["Qwen2.5-Coder"]

    rendered = render(qwen, INFILL)

    assert rendered.segments == (
        qwen.prefix,
        INFILL.prefix,
        qwen.suffix,
        INFILL.suffix,
        qwen.middle,
        "    return",
    )
    assert rendered.forced == " fo"


@every_family
def test_a_family_that_names_the_file_gets_its_real_path_first(template: FimTemplate) -> None:
    named = render(template, replace(INFILL, path="src/<|file_sep|>.py")).segments
    unnamed = render(template, INFILL).segments

    header = (template.file_separator, "src/<|file_sep|>.py\n") if template.names_file else ()
    assert named == (*header, *unnamed)


@every_family
def test_other_files_stand_before_the_file_where_the_family_has_a_form_for_them(template: FimTemplate) -> None:
    """Each behind the separator with its path, ended by a line end; their text is never read as control tokens."""
    context = (Snippet("b.py", "python", "def g():\n"), Snippet("c/<|file_sep|>.py", "python", "x = '<|fim_middle|>'"))
    alone = replace(INFILL, path="a.py")
    separator = template.file_separator
    others = (separator, "b.py\n", "def g():\n", separator, "c/<|file_sep|>.py\n", "x = '<|fim_middle|>'\n")

    expected = (*(others if template.names_file else ()), *render(template, alone).segments)
    assert expected == render(template, replace(alone, context=context)).segments


@pytest.mark.parametrize(
    ("model", "takes"),
    [("qwen2.5-coder-7b", True), ("Qwen3-Coder-30B", True), ("codestral", False), ("llama-3", False)],
)
def test_who_takes_other_files_is_known_by_the_models_name(model: str, takes: bool) -> None:
    """So that nobody chooses for a model that gets nothing of it."""
    assert takes_context(model) is takes


def test_typing_on_changes_only_the_last_segment() -> None:
    qwen = FAMILY["Qwen2.5-Coder"]
    typed_on = replace(INFILL, middle=INFILL.middle + "o(1")

    assert render(qwen, INFILL).segments[:-1] == render(qwen, typed_on).segments[:-1]


def test_an_engine_that_cannot_force_gets_the_documented_layout_unhealed() -> None:
    rendered = render(FAMILY["Qwen2.5-Coder"], INFILL, can_force=False)

    assert rendered.forced == ""
    assert rendered.as_text == ("<|fim_prefix|>def f():\n    return fo<|fim_suffix|>\nprint(f())\n<|fim_middle|>")


def test_the_documented_layout_is_healed_too_where_the_engine_can_force() -> None:
    rendered = render(FAMILY["StarCoder2"], INFILL)

    assert rendered.forced == " fo"
    assert rendered.as_text == "<fim_prefix>def f():\n    return<fim_suffix>\nprint(f())\n<fim_middle>"


@pytest.mark.parametrize("layout", [None, *Layout])
def test_codestral_has_its_growing_text_last_in_any_layout(layout: Layout | None) -> None:
    rendered = render(FAMILY["Codestral"], INFILL, layout)

    assert rendered.as_text == "[SUFFIX]\nprint(f())\n[PREFIX]def f():\n    return"
    assert rendered.forced == " fo"


def test_a_control_token_is_looked_up_by_its_vocabulary_spelling() -> None:
    assert FAMILY["CodeLlama"].suffix.text == "▁<SUF>"
    assert str(FAMILY["CodeLlama"].suffix) == " <SUF>"


@every_family
@pytest.mark.parametrize("layout", Layout)
@pytest.mark.parametrize("can_force", [True, False])
@given(prefix=text, middle=text, suffix=text)
def test_the_users_text_is_there_exactly_once(
    template: FimTemplate, layout: Layout, can_force: bool, prefix: str, middle: str, suffix: str
) -> None:
    rendered = render(template, Infill(prefix, middle, suffix, "", "python"), layout, can_force)
    plain = "".join(segment for segment in rendered.segments if isinstance(segment, str)) + rendered.forced

    growing_last = layout is Layout.GROWING_TEXT_LAST and can_force and middle
    if template.suffix_first:
        assert plain == suffix + prefix + middle
    elif growing_last:
        assert plain == prefix + suffix + middle
    else:
        cut = len(rendered.forced)
        before = prefix + middle
        assert plain == before[: len(before) - cut] + suffix + before[len(before) - cut :]


@pytest.mark.parametrize(
    ("model_name", "family"),
    [
        ("qwen2.5-coder-0.5b-instruct-q4_k_m.gguf", "Qwen2.5-Coder"),
        ("Qwen/Qwen2.5-Coder-7B", "Qwen2.5-Coder"),
        ("qwen2.5-coder:7b", "Qwen2.5-Coder"),
        (r"C:\models\Qwen2.5-Coder-1.5B-Q8_0.gguf", "Qwen2.5-Coder"),
        ("/hub/models--Qwen--Qwen2.5-Coder-0.5B/snapshots/abc/model.gguf", "Qwen2.5-Coder"),
        ("Qwen3-Coder-30B-A3B-Instruct", "Qwen3-Coder"),
        ("qwen3-coder:30b", "Qwen3-Coder"),
        ("starcoder2-3b", "StarCoder2"),
        ("bigcode/starcoder2:15b", "StarCoder2"),
        ("codellama:7b-code", "CodeLlama"),
        ("CodeLlama-13b-Instruct-hf", "CodeLlama"),
        ("deepseek-coder-6.7b-base.Q4", "DeepSeek-Coder"),
        ("DeepSeek-Coder-V2-Lite-Base", "DeepSeek-Coder"),
        ("codestral-22b", "Codestral"),
        ("codestral:latest", "Codestral"),
        ("codegemma-2b", "CodeGemma"),
        ("granite-3.1-8b-code", "Granite 3"),
        ("granite3.3:8b", "Granite 3"),
        ("granite-34b-code-base", "Granite 3"),
        ("granite-code:3b", "Granite 3"),
        ("granite-4.0-h-small", "Granite 4"),
        ("granite4:tiny-h", "Granite 4"),
        ("/models/codellama/qwen2.5-coder-3b.gguf", "Qwen2.5-Coder"),
    ],
)
def test_the_family_is_read_from_the_models_name(model_name: str, family: str) -> None:
    template = template_for(model_name)

    assert template is not None
    assert template.family == family


@pytest.mark.parametrize(
    "model_name",
    [
        "",
        "/",
        "llama-3.3-70b-instruct",
        "Qwen2.5-7B-Instruct",
        "qwen3:8b",
        "gpt-4o",
        "claude-sonnet-4",
        "deepseek-r1:7b",
        "codellama:7b-python",
        "phind-codellama-34b-v2",
        "mamba-codestral-7B-v0.1",
        "codestral-embed",
        "codegemma-7b-it",
        "codegemma:7b-instruct",
        "granite-embedding-3b",
        "granite-guardian-3.1-8b",
        "granite-3b",
    ],
)
def test_a_model_that_cannot_fill_in_has_no_template(model_name: str) -> None:
    assert template_for(model_name) is None


@pytest.mark.parametrize(
    ("before", "cut"),
    [
        ("x = ", " "),
        ("x =  ", " "),
        ("foo(", "("),
        ("foo((", "(("),
        ("x ==", " =="),
        ("def add", " add"),
        ("self.nam", ".nam"),
        ("snake_case_na", "_na"),
        ("__init", "init"),
        ("    ", " "),
        ("\t\t", "\t"),
        ("a1", "1"),
        ("a12", "2"),
        ("don't", "'t"),
        ('print("hel', "hel"),
        ('f"hel', '"hel'),
        ("    if x", " x"),
        ("foo", "foo"),
        ("x = 漢字", " 漢字"),
        ("# 😀😀", " 😀😀"),
        ("a\n  b", " b"),
    ],
)
def test_the_last_piece_of_the_tokenizer_is_cut_off(before: str, cut: str) -> None:
    assert (before.removesuffix(cut), cut) == heal(before)


@pytest.mark.parametrize("before", ["", "\n", "x = 1\n", "x = 1\r\n", "x\r"])
def test_there_is_nothing_to_cut_where_a_line_begins(before: str) -> None:
    assert heal(before) == (before, "")


@pytest.mark.parametrize("before", ["x" * 25, "# " + "-" * 40, "x" * 1_000])
def test_a_run_too_long_to_be_a_piece_is_left_alone(before: str) -> None:
    assert heal(before) == (before, "")


def test_a_line_of_a_megabyte_is_healed_at_once() -> None:
    line = "ab(" * 350_000
    started_s = time.perf_counter()

    _, cut = heal(line)

    assert cut == "("
    assert time.perf_counter() - started_s < 0.05


@given(text)
def test_healing_loses_nothing_and_never_crosses_a_line_end(before: str) -> None:
    kept, cut = heal(before)

    assert kept + cut == before
    assert not set(cut) & {"\n", "\r"}
    assert len(cut) <= LONGEST_CUT_CHARS
    assert cut or before == "" or before[-1] in "\r\n" or len(before) > LONGEST_CUT_CHARS


def test_the_grammar_forces_the_cut_and_nothing_else() -> None:
    assert first_output_grammar(" add") == r'root ::= " add" [^\x00]*'


@pytest.mark.parametrize(
    ("forced", "literal"),
    [
        ('"', r'"\""'),
        ("\\", r'"\\"'),
        ("\t", r'"\t"'),
        ("\x0b", r'"\x0B"'),
        ("é", r'"\xE9"'),
        ("漢", r'"\u6F22"'),
        ("😀", r'"\U0001F600"'),
        ("[^a]", '"[^a]"'),
    ],
)
def test_the_grammar_escapes_what_its_syntax_would_read(forced: str, literal: str) -> None:
    assert first_output_grammar(forced) == rf"root ::= {literal} [^\x00]*"


@given(st.text(min_size=1, max_size=24))
def test_an_escaped_literal_reads_back_as_the_forced_text(forced: str) -> None:
    literal = first_output_grammar(forced).removeprefix('root ::= "').removesuffix(r'" [^\x00]*')

    assert literal.isascii()
    assert literal.isprintable()
    assert re.fullmatch(r'(?:[^"\\]|\\.)*', literal)
    assert literal.encode().decode("unicode_escape") == forced
