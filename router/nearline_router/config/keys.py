"""API keys: from an environment variable or the system's keyring, at the moment they are needed, never from a file."""

from __future__ import annotations

import os
from dataclasses import dataclass, field

from nearline_router.config.key_material import looks_like_key
from nearline_router.registry.profile import Profile


@dataclass(frozen=True, slots=True)
class KeyState:
    """Whether an endpoint has its key: `where` names what was looked at, `reason` is why there is none."""

    present: bool
    where: str
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Key:
    """A key and how it was found; the key is in no text made of this."""

    state: KeyState
    value: str | None = field(default=None, repr=False)


def api_key(profile: Profile) -> str | None:
    """The key of an endpoint, None if it has none. A keyring may take its time: call this in a thread."""
    return find_key(profile).value


def key_state(profile: Profile) -> KeyState:
    """Whether the key of an endpoint is there, for a person. A keyring may take its time: call this in a thread."""
    return find_key(profile).state


def find_key(profile: Profile) -> Key:
    """The key, from the variable if that is set, else from the keyring, and how that went."""
    found = Key(KeyState(False, "nowhere", "no key is configured"))
    if profile.api_key_env:
        found = _from_environment(profile.api_key_env)
    if found.value is None and profile.api_key_keyring:
        found = _from_keyring(profile.api_key_keyring)
    return found


def _from_environment(name: str) -> Key:
    # The name may be a key that was pasted in its place.
    where = "the variable in api_key_env" if looks_like_key(name) else f"environment variable {name}"
    return _checked(os.environ.get(name), where, "it is not set")


def _from_keyring(entry: str) -> Key:
    service, _, user = entry.partition("/")
    where = f"keyring entry {entry}"
    try:
        import keyring

        return _checked(keyring.get_password(service, user), where, "there is no such entry")
    except ImportError:
        return Key(KeyState(False, where, "the package keyring is not installed"))
    except Exception as error:  # noqa: BLE001 (a backend is a plug-in and raises what it likes)
        return Key(KeyState(False, where, f"the keyring failed: {type(error).__name__}"))


def _checked(value: str | None, where: str, missing: str) -> Key:
    """A key without the blanks of a careless copy; one that no HTTP header can carry is none."""
    key = (value or "").strip()
    if not key:
        return Key(KeyState(False, where, missing))
    if not (key.isascii() and key.isprintable()):
        return Key(KeyState(False, where, "it has characters that no key has"))
    return Key(KeyState(True, where), key)
