"""Where keys come from, and that they show nowhere else."""

from __future__ import annotations

import sys
from types import SimpleNamespace
from typing import Any

import pytest

from nearline_router.config import EndpointConfig, RouterConfig
from nearline_router.config.keys import KeyState, api_key, find_key, key_state
from nearline_router.registry.profile import Profile, profiles


def profile(**endpoint: Any) -> Profile:
    """An endpoint of OpenRouter, unless something else is said."""
    one = EndpointConfig(**{"provider": "openrouter", **endpoint})
    return profiles(RouterConfig(endpoints={"cloud": one}))[0]


def use_keyring(monkeypatch: pytest.MonkeyPatch, get_password: Any) -> None:
    """A keyring that answers like this."""
    monkeypatch.setitem(sys.modules, "keyring", SimpleNamespace(get_password=get_password))


def test_the_key_is_in_the_providers_variable(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without a word in the file."""
    monkeypatch.setenv("OPENROUTER_API_KEY", "secret")

    assert api_key(profile()) == "secret"
    assert key_state(profile()) == KeyState(True, "environment variable OPENROUTER_API_KEY")


def test_the_file_may_name_another_variable(monkeypatch: pytest.MonkeyPatch) -> None:
    """Then the provider's own is not looked at."""
    monkeypatch.setenv("OPENROUTER_API_KEY", "theirs")
    monkeypatch.setenv("WORK_KEY", "ours")

    assert api_key(profile(api_key_env="WORK_KEY")) == "ours"
    assert api_key(profile(api_key_env="HOME_KEY")) is None


@pytest.mark.parametrize("value", ["", "  ", "\n"])
def test_an_empty_variable_is_no_key(monkeypatch: pytest.MonkeyPatch, value: str) -> None:
    """It says where it looked and what it found."""
    monkeypatch.setenv("OPENROUTER_API_KEY", value)

    assert key_state(profile()) == KeyState(False, "environment variable OPENROUTER_API_KEY", "it is not set")


def test_blanks_around_a_key_are_not_part_of_it(monkeypatch: pytest.MonkeyPatch) -> None:
    """`echo KEY > file` adds a line end."""
    monkeypatch.setenv("OPENROUTER_API_KEY", " secret\n")

    assert api_key(profile()) == "secret"


@pytest.mark.parametrize("value", ["se\ncret", "se\tcret", "sécret", "“secret”"])
def test_a_key_that_no_header_carries_is_none(monkeypatch: pytest.MonkeyPatch, value: str) -> None:
    """Sent, it would be an error with the key in it."""
    monkeypatch.setenv("OPENROUTER_API_KEY", value)

    assert api_key(profile()) is None
    assert key_state(profile()).reason == "it has characters that no key has"


def test_an_endpoint_without_a_key_needs_none() -> None:
    """A llama.cpp server has none by itself."""
    assert key_state(profile(provider="llamacpp")) == KeyState(False, "nowhere", "no key is configured")


def test_the_key_may_be_in_the_keyring(monkeypatch: pytest.MonkeyPatch) -> None:
    """Under service and user."""
    use_keyring(monkeypatch, {("nearline", "work"): "secret"}.get)
    use_keyring(monkeypatch, lambda service, user: "secret" if (service, user) == ("nearline", "work") else None)

    assert api_key(profile(api_key_keyring="nearline/work")) == "secret"
    assert key_state(profile(api_key_keyring="nearline/work")) == KeyState(True, "keyring entry nearline/work")
    assert key_state(profile(api_key_keyring="nearline/home")).reason == "there is no such entry"


def test_a_variable_that_is_set_goes_before_the_keyring(monkeypatch: pytest.MonkeyPatch) -> None:
    """So that one call can use another key; one that is not set leaves it to the keyring."""
    use_keyring(monkeypatch, lambda *_: "kept")
    both = profile(api_key_keyring="nearline/work", api_key_env="WORK_KEY")
    assert api_key(both) == "kept"

    monkeypatch.setenv("WORK_KEY", "given")
    assert api_key(both) == "given"


def test_a_keyring_that_fails_is_no_key_with_a_reason(monkeypatch: pytest.MonkeyPatch) -> None:
    """The kind of the error is told, not its text, which may hold anything."""

    def locked(*_: str) -> str:
        raise RuntimeError("secret")

    use_keyring(monkeypatch, locked)
    state = key_state(profile(api_key_keyring="nearline/work"))

    assert state == KeyState(False, "keyring entry nearline/work", "the keyring failed: RuntimeError")


def test_without_the_package_there_is_no_keyring(monkeypatch: pytest.MonkeyPatch) -> None:
    """The reason says so."""
    monkeypatch.setitem(sys.modules, "keyring", None)

    assert key_state(profile(api_key_keyring="nearline/work")).reason == "the package keyring is not installed"


def test_a_key_is_in_no_text(monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither what was found nor how it was found shows it."""
    monkeypatch.setenv("OPENROUTER_API_KEY", "secret")
    found = find_key(profile())

    assert found.value == "secret"
    assert "secret" not in f"{found!r} {found} {key_state(profile())}"


def test_a_key_in_place_of_a_name_is_not_repeated() -> None:
    """It loads with a warning, so it gets here."""
    pasted = "a1B2c3D4e5F6g7H8i9J0k1"

    assert pasted not in str(key_state(profile(api_key_env=pasted)))
