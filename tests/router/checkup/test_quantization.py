"""How coarse a model is, by what its server says."""

from __future__ import annotations

import pytest

from nearline_router.checkup.quantization import quantization_of


@pytest.mark.parametrize(
    ("name", "label", "bits", "parameters"),
    [
        ("llama-3.3-70b-q4", "q4", 4, 70e9),
        ("Llama-3.3-70B-Instruct-Q4_K_M.gguf", "Q4_K_M", 4, 70e9),
        ("Llama-3.3-70B-Instruct-Q2_K.gguf", "Q2_K", 2, 70e9),
        ("Llama-3.3-70B-Instruct-IQ3_XXS-00001-of-00002.gguf", "IQ3_XXS", 3, 70e9),
        ("qwen2.5-coder-0.5b-instruct-q4_k_m.gguf", "q4_k_m", 4, 0.5e9),
        ("Qwen3-Coder-30B-A3B-Instruct-UD-Q3_K_XL.gguf", "Q3_K_XL", 3, 30e9),
        ("mixtral-8x7b-instruct.Q5_0.gguf", "Q5_0", 5, 56e9),
        ("gpt-oss-120b-MXFP4.gguf", "MXFP4", 4, 120e9),
        ("Qwen2.5-Coder-7B-Instruct-4bit", "4bit", 4, 7e9),
        ("Llama-3.1-8B-BF16", "BF16", 16, 8e9),
        ("Q4_K - Medium", "Q4_K", 4, None),
        ("all F32", "F32", 32, None),
        ("deepseek-v3.1", "", None, None),
        ("qwen2.5-coder", "", None, None),
        ("q4f16_1", "", None, None),
    ],
)
def test_a_name_tells_bits_and_size(name: str, label: str, bits: float | None, parameters: float | None) -> None:
    """As llama.cpp, Ollama and MLX write them; what a name does not say is not guessed."""
    found = quantization_of([name])

    assert (found.label, found.bits, found.parameters) == (label, bits, parameters)


def test_the_first_name_that_says_it_counts() -> None:
    """A server's word for its file goes before the file's name, and that before an alias."""
    assert quantization_of(["Q2_K - Medium", "Llama-70B-Q4_K_M.gguf"]).bits == 2


def test_without_a_label_bits_are_size_by_parameters() -> None:
    """llama.cpp tells both."""
    found = quantization_of(["mine.gguf"], parameters=70e9, size_bytes=26e9)

    assert found.bits == pytest.approx(2.97, abs=0.01)
    assert (found.too_coarse, str(found)) == (True, "70B parameters, 3.0 bits a weight")


@pytest.mark.parametrize(
    ("name", "too_coarse"),
    [
        ("Llama-3.3-70B-Q2_K", True),
        ("Llama-3.3-70B-IQ3_M", True),
        ("Llama-3.3-70B-Q4_K_M", False),
        ("Qwen2.5-72B-Q3_K_L", True),
        ("Qwen2.5-Coder-7B-Q3_K_M", False),
        ("mine-Q2_K", True),
        ("mine-70B", False),
    ],
)
def test_below_four_bit_a_large_model_is_too_coarse(name: str, too_coarse: bool) -> None:
    """The reference design's cap; a model of unknown size may be large, of unknown bits nothing is said."""
    assert quantization_of([name]).too_coarse is too_coarse


@pytest.mark.parametrize(
    ("names", "text"),
    [
        (["Llama-70B-Q4_K_M"], "70B parameters, Q4_K_M"),
        (["mine-Q4_0"], "Q4_0"),
        (["mine"], "quantisation not told"),
        (["mine-0.5b"], "0.5B parameters, quantisation not told"),
    ],
)
def test_it_says_what_is_known_and_what_is_not(names: list[str], text: str) -> None:
    """In words that fit into brackets."""
    assert str(quantization_of(names)) == text
