"""What a folder's own file may say before its user trusts the folder: only what makes the configuration stricter."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from nearline_router.config.locality import is_local
from nearline_router.config.models import RouterConfig
from nearline_router.config.nodes import Location

# What the user has and what the folder says make what holds; never looser than what the user has.
Rule = Callable[[Any, Any], Any]

IGNORED = "ignored until you trust this folder"


@dataclass(frozen=True, slots=True)
class Note:
    """A key of a folder's file that does not do what it says, and what it does."""

    location: Location
    message: str = IGNORED


def rules(user: RouterConfig) -> dict[Location, Rule]:
    """The keys that a folder may set, and how. No endpoint is added; one that is not local may be switched off.

    Not a local one: its work would go elsewhere.
    """
    far = [name for name, one in user.endpoints.items() if not any(is_local(one, model) for model in one.models)]
    return RULES | {("endpoints", name, "enabled"): _both for name in far}


def split(said: Mapping[Any, Any], known: Mapping[Location, Rule]) -> tuple[dict[Any, Any], list[Location]]:
    """What a folder's file says of known keys, and the locations of everything else, whole blocks as one."""
    allowed: dict[Any, Any] = {}
    strange: list[Location] = []
    for location, value in _entries(said, known):
        if location in known:
            _put(allowed, location, value)
        else:
            strange.append(location)
    return allowed, strange


def tightened(
    user: RouterConfig, said: RouterConfig, known: Mapping[Location, Rule]
) -> tuple[dict[Any, Any], list[Note]]:
    """The user's values made stricter by what was said of known keys, and what came to nothing or to more."""
    ours, theirs = user.model_dump(), said.model_dump(exclude_unset=True)
    result, notes = user.model_dump(exclude_unset=True), []
    for location, rule in known.items():
        if (wanted := _at(theirs, location)) is None:
            continue
        value = rule(_at(ours, location), wanted)
        _put(result, location, value)
        if not _holds(wanted, value):
            notes.append(Note(location))
    if said.residency.regions and user.residency.regions and not said.residency.regions & user.residency.regions:
        _put(result, ("residency", "everything"), True)
        notes.append(Note(("residency", "regions"), "your own file permits none of these, so nothing leaves"))
    return result, notes


def _entries(
    said: Mapping[Any, Any], known: Mapping[Location, Rule], at: Location = ()
) -> Iterator[tuple[Location, Any]]:
    for key, value in said.items():
        location = (*at, key)
        leads_on = any(one[: len(location)] == location for one in known if len(one) > len(location))
        if leads_on and isinstance(value, dict):
            yield from _entries(value, known, location)
        elif not (leads_on and value is None):
            yield location, value


def _at(data: Any, location: Location) -> Any:
    for step in location:
        data = data.get(step) if isinstance(data, dict) else None
    return data


def _put(data: dict[Any, Any], location: Location, value: Any) -> None:
    for step in location[:-1]:
        data = data.setdefault(step, {})
    data[location[-1]] = value


def _holds(wanted: Any, value: Any) -> bool:
    if isinstance(value, list) and isinstance(wanted, list | tuple | set | frozenset):
        texts = _listed(wanted)
        return len(texts) == len(wanted) and set(texts) <= set(value)
    return bool(wanted == value)


def _either(user: Any, said: Any) -> Any:
    return True if said is True else user


def _both(user: Any, said: Any) -> Any:
    return False if said is False else True if user is None else user


def _all_of(user: Any, said: Any) -> list[Any]:
    return [*dict.fromkeys([*_listed(user), *_listed(said)])]


def _common(user: Any, said: Any) -> list[Any]:
    """Regions: an empty list asks for none, so the lists of both sides shrink and never become empty."""
    ours, theirs = _listed(user), _listed(said)
    both = [region for region in ours if region in theirs]
    return both or ours or theirs


def _lower(user: Any, said: Any) -> Any:
    return min((cap for cap in (user, said) if cap is not None), default=None)


def _stricter(user: Any, said: Any) -> Any:
    return next((one for one in ("local", "redact") if one in (user, said)), user)


def _listed(value: Any) -> list[Any]:
    texts = value if isinstance(value, list | tuple | set | frozenset) else ()
    return [text for text in texts if isinstance(text, str)]


RULES: dict[Location, Rule] = {
    ("offline",): _either,
    ("residency", "everything"): _either,
    ("residency", "paths"): _all_of,
    ("residency", "languages"): _all_of,
    ("residency", "workspaces"): _all_of,
    ("residency", "regions"): _common,
    ("residency", "secrets"): _stricter,
    ("spending", "max_usd_per_request"): _lower,
    ("spending", "max_usd_per_day"): _lower,
    ("routing_policy", "hedge", "enabled"): _both,
    ("completion", "enabled"): _both,
    ("completion", "disabled_languages"): _all_of,
}
