"""The tree of settings: layers over layers, and what becomes of values that make no sense."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nearline_server.settings import Settings, read_settings

JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-9, 99_999) | st.text(max_size=3),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=6,
)
NAMES = st.sampled_from(["enabled", "budget_ms", "disabled_languages", "multiline", "idle_ms", "nonsense"])


def test_without_layers_everything_is_default() -> None:
    """Nothing has to be set."""
    assert read_settings() == (Settings(), [])
    assert read_settings(None, {}, {"completion": {}}) == (Settings(), [])


def test_later_layers_stand_over_earlier_ones() -> None:
    """Key by key: what a later layer does not name stays as it was, and no layer is changed."""
    file = {"completion": {"budget_ms": 100, "enabled": False}}
    settings, complaints = read_settings(file, {"completion": {"enabled": True}}, None)

    assert (settings.completion.budget_ms, settings.completion.enabled, complaints) == (100.0, True, [])
    assert file == {"completion": {"budget_ms": 100, "enabled": False}}


@pytest.mark.parametrize(
    ("layer", "complaints"),
    [
        ({"completion": {"budget_ms": 0}}, ["nearline.completion.budget_ms"]),
        ({"completion": {"disabled_languages": [1, 2]}}, ["nearline.completion.disabled_languages.0"]),
        ({"completion": 7}, ["nearline.completion"]),
        ({"completion": None}, ["nearline.completion"]),
        ({"actions": {}}, ["nearline.actions"]),
        ({"completion": {"a": 1, "b": 2}}, ["nearline.completion.a", "nearline.completion.b"]),
    ],
)
def test_each_wrong_value_is_one_sentence(layer: dict[str, Any], complaints: list[str]) -> None:
    """It names the setting, and the default is used."""
    settings, said = read_settings(layer)

    assert settings == Settings()
    assert complaints == [sentence.partition(":")[0] for sentence in said]


@given(
    st.dictionaries(
        st.just("completion") | st.text(max_size=3), st.dictionaries(NAMES, JSON, max_size=4) | JSON, max_size=3
    )
)
def test_whatever_is_sent_there_are_settings(layer: dict[str, Any]) -> None:
    """No input makes the settings fail, and what was complained of is at its default."""
    settings, said = read_settings(layer)

    assert isinstance(settings, Settings)
    assert len(set(said)) == len(said)
