"""Mistakes that no single value shows, and things that load but are doubtful."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nearline_router.config import Loaded, layered

# In pieces, so that nobody takes them for keys of somebody.
KEYS = [
    "sk-" + "proj-a1B2c3D4e5F6g7H8i9J0",
    "sk-" + "0f" * 16,
    "sk-" + "ant-api03-" + "x1" * 20,
    "sk-" + "or-v1-" + "0f" * 32,
    "gsk" + "_" + "a1B2" * 13,
    "AI" + "za" + "SyA1b2C3d4E5f6G7h8I9j0K1l2M3n4O5p6Q",
    "hf" + "_" + "aBcDeFgHiJkLmNoPqRsTuVwXyZaBcDeFgH",
    "gh" + "p_" + "a1B2c3D4e5F6g7H8i9J0a1B2c3D4e5F6g7H8",
    "AK" + "IA" + "ABCDEFGHIJKLMNOP",
]


def load(tmp_path: Path, text: str) -> Loaded:
    """A user's file with this text, loaded alone."""
    path = tmp_path / "nearline.yaml"
    path.write_text(text)
    return layered(path, None, trusted=False)


def told(loaded: Loaded) -> list[str]:
    """Severity, place, key and message of each problem."""
    return [f"{one.severity} {one.line}:{one.column} {one.location}: {one.message}" for one in loaded.problems]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            "{provider: vllm, host: 'http://gpu.example:8000', api_key_env: GPU_KEY, local: false}",
            "error 2:29 endpoints.a.host: expected https: its key would be sent in clear",
        ),
        (
            "{provider: openai, host: 'http://proxy.example'}",
            "error 2:31 endpoints.a.host: expected https: its key would be sent in clear",
        ),
        (
            "{host: 'http://gpu.example', api_key_keyring: nearline/gpu, local: false}",
            "error 2:13 endpoints.a.host: expected https: its key would be sent in clear",
        ),
        (
            "{host: 'http://studio.lan:8080'}",
            "warning 2:13 endpoints.a.host: this is another machine, so nothing that must stay is sent there",
        ),
        (
            "{provider: openrouter, residency: [eu, on-prem]}",
            "warning 2:40 endpoints.a.residency: the tag on-prem makes no endpoint local",
        ),
        (
            "{provider: openrouter, api_key_env: a1B2c3D4e5F6g7H8i9J0k1}",
            "warning 2:42 endpoints.a.api_key_env: this looks like a key; expected the name of",
        ),
    ],
)
def test_a_doubtful_endpoint_is_told_at_its_value(tmp_path: Path, text: str, expected: str) -> None:
    """Where it stands, what it does, and what was expected."""
    (line,) = told(load(tmp_path, f"endpoints:\n  a: {text}\n"))

    assert line.startswith(expected)


@pytest.mark.parametrize(
    "text",
    [
        "{host: 'http://localhost:8080', api_key_env: LLAMA_API_KEY}",
        "{host: 'http://studio.lan:8080', api_key_env: LLAMA_API_KEY, local: true}",
        "{host: 'https://gpu.example', api_key_env: GPU_KEY, local: false}",
        "{host: 'http://gpu.example', local: false}",
        "{provider: openai-compatible, host: 'https://api.example/v1', api_key_env: EXAMPLE_KEY}",
        "{provider: openrouter, residency: [eu, zdr]}",
        "{host: 'http://studio.lan:8080', local: true, residency: [on-prem]}",
    ],
)
def test_a_plain_endpoint_has_no_problem(tmp_path: Path, text: str) -> None:
    """A server of one's own in the same network is the usual case, no doubt."""
    assert told(load(tmp_path, f"endpoints:\n  a: {text}\n")) == []


@pytest.mark.parametrize("arm", ["cloud", "cloud:deepseek-v3.1", "embedded", "local"])
def test_an_arm_is_any_endpoint_or_fallback_model(tmp_path: Path, arm: str) -> None:
    """The built-in ones too."""
    text = "endpoints:\n  cloud: {provider: openrouter, fallback_models: [deepseek-v3.1]}\n  b: {}\n"

    assert told(load(tmp_path, f"{text}experiments:\n  explain:\n    arms: [b, '{arm}']\n")) == []


def test_an_arm_that_is_no_endpoint_is_an_error(tmp_path: Path) -> None:
    """With those that there are."""
    text = "endpoints: {a: {}}\nexperiments:\n  explain:\n    arms: [a, b]\n"

    assert told(load(tmp_path, text)) == [
        "error 4:15 experiments.explain.arms.1: there is no such endpoint; expected one of a, local, embedded"
    ]


def test_regions_that_no_endpoint_is_in_are_doubtful(tmp_path: Path) -> None:
    """It is safe, and surely not what was meant."""
    text = "endpoints:\n  a: {provider: openrouter, region: us}\nresidency:\n  regions: [eu]\n"

    assert told(load(tmp_path, text)) == [
        "warning 4:12 residency.regions: no endpoint carries one of these in `residency` or `region`, so only local "
        "ones are asked"
    ]


@pytest.mark.parametrize("tag", ["region: eu", "residency: [eu, zdr]"])
def test_regions_that_an_endpoint_is_in_are_not(tmp_path: Path, tag: str) -> None:
    """By its region or by a tag."""
    text = f"endpoints:\n  a: {{provider: openrouter, {tag}}}\nresidency:\n  regions: [eu]\n"

    assert told(load(tmp_path, text)) == []


@pytest.mark.parametrize("key", KEYS)
@pytest.mark.parametrize(
    "text",
    [
        "endpoints:\n  a:\n    api_key_env: {}\n",
        "endpoints:\n  a:\n    model: '{}'\n",
        "endpoints:\n  {}: 1\n",
        "completion:\n  note: {}\n",
        "# the key is {}\n",
        "endpoints:\n  a: *{}\n",
        "a: b: {}\n",
    ],
)
def test_a_pasted_key_is_an_error_and_is_not_repeated(tmp_path: Path, text: str, key: str) -> None:
    """Wherever it stands, in names and comments too."""
    loaded = load(tmp_path, text.format(key))

    assert loaded.broken
    assert key not in str(told(loaded))
    assert key not in repr(loaded)


def test_a_key_in_a_url_is_an_error_and_is_not_repeated(tmp_path: Path) -> None:
    """User name and password belong where other keys do."""
    loaded = load(tmp_path, "endpoints:\n  a: {host: 'https://me:hunter2@gpu.example'}\n")

    assert told(loaded)[-1].endswith(
        "expected a URL without user name and password; see api_key_env and api_key_keyring"
    )
    assert "hunter2" not in str(told(loaded))


def test_the_kind_of_a_pasted_key_is_told(tmp_path: Path) -> None:
    """With its place in the file, and what to write instead."""
    assert told(load(tmp_path, f"# {KEYS[2]}\n"))[0].startswith(
        "error 1:3 : this looks like an Anthropic key, which does"
    )


@pytest.mark.parametrize("pattern", ["[", "a/../b", "/"])
def test_a_pattern_that_would_never_match_is_an_error(tmp_path: Path, pattern: str) -> None:
    """What was to stay would leave."""
    (line,) = told(load(tmp_path, f"residency:\n  paths: [a/**, '{pattern}']\n"))

    assert line == f"error 2:17 residency.paths.1: broken pattern: '{pattern}'; expected one as in .gitignore"


@pytest.mark.parametrize("name", ["$OPENROUTER_API_KEY", "${KEY}", "my key", "1KEY"])
def test_what_cannot_be_a_variables_name_is_an_error(tmp_path: Path, name: str) -> None:
    """A dollar sign is the shell's."""
    (line,) = told(load(tmp_path, f"endpoints:\n  a: {{api_key_env: '{name}'}}\n"))

    assert line.endswith("expected the bare name of an environment variable, such as OPENROUTER_API_KEY")


@given(st.from_regex(r"[A-Z][A-Z_]{2,30}(_[0-9]{1,3})?", fullmatch=True))
def test_an_ordinary_variables_name_is_no_key(name: str) -> None:
    """Capitals, underscores, a number at the end."""
    from nearline_router.config.key_material import key_spans, looks_like_key

    assert not looks_like_key(name)
    assert key_spans(f"api_key_env: {name}") == []


def test_model_names_are_no_keys(tmp_path: Path) -> None:
    """Long ones with digits and dashes neither."""
    names = "[risk-model-70b-instruct-2026-10-23-q4, task-01-aaaaaaaaaaaaaaaaaaaaaaaaa1, deepseek/deepseek-v4-pro-0813]"

    assert told(load(tmp_path, f"endpoints:\n  a: {{fallback_models: {names}}}\n")) == []
