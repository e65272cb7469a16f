"""The user's file, and a folder's file over it."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from nearline_router.config import EndpointConfig, Loaded, RouterConfig, layered
from nearline_router.config.layers import files, workspace_file
from nearline_router.registry.profile import Profile, profiles

USER = """
endpoints:
  near: {provider: llamacpp, host: "http://localhost:8080"}
  cloud: {provider: openrouter, model: m, region: eu}
residency:
  paths: [patients/**]
  regions: [eu, ch]
spending:
  max_usd_per_day: 5
routing_policy:
  hedge: {enabled: true}
completion:
  disabled_languages: [markdown]
"""

STRICT = """
offline: true
residency: {everything: true, regions: [eu]}
spending: {max_usd_per_request: 1, max_usd_per_day: 1}
routing_policy: {hedge: {enabled: false}}
endpoints: {cloud: {provider: openai, region: eu, enabled: false}}
completion: {enabled: false, disabled_languages: [c]}
"""


class Layers:
    """A user's file and a folder with a file of its own."""

    def __init__(self, folder: Path) -> None:
        self.user = folder / "user.yaml"
        self.workspace = folder / "work"
        self.workspace.mkdir()
        self.user.write_text(USER)

    def load(self, text: str, trusted: bool = False, user: str = USER) -> Loaded:
        """Both files with these texts, loaded."""
        self.user.write_text(user)
        (self.workspace / "nearline.yaml").write_text(text)
        return layered(self.user, self.workspace, trusted)

    def own(self) -> RouterConfig:
        """The user's file alone."""
        return layered(self.user, None, trusted=False).config


@pytest.fixture
def layers(tmp_path: Path) -> Layers:
    """A fresh pair."""
    return Layers(tmp_path)


def told(loaded: Loaded) -> list[tuple[str, int, str]]:
    """Severity, line and key of each problem."""
    return [(one.severity, one.line, one.location) for one in loaded.problems]


def test_without_files_the_defaults_hold() -> None:
    """Nobody has to write one."""
    assert layered(None, None, trusted=False) == Loaded(RouterConfig())


def test_without_a_folders_file_the_users_holds(layers: Layers) -> None:
    """An empty folder changes nothing."""
    assert layered(layers.user, layers.workspace, trusted=True).config == layers.own()


def test_a_folders_file_works_without_a_users(layers: Layers) -> None:
    """It tightens the defaults."""
    (layers.workspace / ".nearline.yaml").write_text("offline: true\n")

    assert layered(None, layers.workspace, trusted=False).config == RouterConfig(offline=True)


@pytest.mark.parametrize(
    ("text", "change"),
    [
        ("offline: true", {"offline": True}),
        ("residency: {everything: true}", {"residency": {"everything": True}}),
        ("residency: {paths: [a/**]}", {"residency": {"paths": ("patients/**", "a/**")}}),
        ("residency: {languages: [sql]}", {"residency": {"languages": {"sql"}}}),
        ("residency: {workspaces: [/w]}", {"residency": {"workspaces": ("/w",)}}),
        ("residency: {regions: [eu]}", {"residency": {"regions": {"eu"}}}),
        ("spending: {max_usd_per_day: 1}", {"spending": {"max_usd_per_day": 1}}),
        ("spending: {max_usd_per_request: 0.1}", {"spending": {"max_usd_per_request": 0.1}}),
        ("routing_policy: {hedge: {enabled: false}}", {"routing_policy": {"hedge": {"enabled": False}}}),
        ("endpoints: {cloud: {enabled: false}}", {"endpoints": {"cloud": {"enabled": False}}}),
        ("completion: {enabled: false}", {"completion": {"enabled": False}}),
        ("completion: {disabled_languages: [c]}", {"completion": {"disabled_languages": ["markdown", "c"]}}),
        ("residency:\nendpoints:\n", {}),
    ],
)
def test_a_folder_may_tighten_before_it_is_trusted(layers: Layers, text: str, change: dict[str, Any]) -> None:
    """Each such key holds at once, changes nothing else and is no problem."""
    loaded = layers.load(text)

    assert loaded.problems == ()
    assert loaded.config.model_dump() == updated(layers.own().model_dump(), change)


def updated(data: Any, change: Any) -> Any:
    """Nested blocks with some values replaced."""
    if not isinstance(change, dict):
        return change
    return data | {key: updated(data.get(key), value) for key, value in change.items()}


@pytest.mark.parametrize(
    ("text", "keys"),
    [
        ("endpoints: {evil: {host: 'http://localhost:9'}}", ["endpoints.evil"]),
        ("endpoints: {cloud: {host: 'https://evil.example'}}", ["endpoints.cloud.host"]),
        ("endpoints: {near: {enabled: false}}", ["endpoints.near"]),
        ("endpoints: {cloud: {enabled: true, weight: 9}}", ["endpoints.cloud.weight"]),
        ("engine: {model: /tmp/evil.gguf}", ["engine"]),
        ("offline: false\nengine: {}", ["engine"]),
        ("residency: {ignore_file: none, secrets: allow}", ["residency.ignore_file", "residency.secrets"]),
        ("spending: {max_usd_per_day: 500}", ["spending.max_usd_per_day"]),
        ("residency: {regions: [eu, us]}", ["residency.regions"]),
        ("completion: {enabled: true, budget_ms: 9}", ["completion.budget_ms"]),
        ("accounting: {enabled: false}", ["accounting"]),
        ("accounting: {cost_centres: [{name: others}], budgets: [{per: day, hard_usd: 0}]}", ["accounting"]),
        ("endpoints: {near: {hardware: {price_usd: 0}}}", ["endpoints.near"]),
        ("endpoints: {cloud: {cost_per_mtok: 0}}", ["endpoints.cloud.cost_per_mtok"]),
        ("engin: 1", ["engin"]),
        ("experiments: {explain: {arms: [near, cloud]}}", ["experiments"]),
        ("routing_policy: {latency_budget_ms: 1}", ["routing_policy.latency_budget_ms"]),
    ],
)
def test_any_other_key_is_ignored_and_said_on_its_line(layers: Layers, text: str, keys: list[str]) -> None:
    """With the command that changes it."""
    loaded = layers.load(text)

    assert [one.location for one in loaded.problems] == keys
    for problem in loaded.problems:
        assert problem.severity == "warning"
        assert problem.message == f"ignored until you trust this folder: nearline trust {layers.workspace}"
        assert problem.path == layers.workspace / "nearline.yaml"


@pytest.mark.parametrize(
    "text",
    [
        "offline: false",
        "residency: {everything: false}",
        "residency: {secrets: allow}",
        "residency: {regions: [eu, us]}",
        "spending: {max_usd_per_request: 2}",
        "spending: {max_usd_per_request: null, max_usd_per_day: 2}",
        "routing_policy: {hedge: {enabled: true}}",
        "endpoints: {cloud: {enabled: true}}",
        "completion: {enabled: true}",
        "completion: {enabled: []}",
        "completion: {disabled_languages: {a: 1}}",
        "completion: {disabled_languages: [[a], 1]}",
    ],
)
def test_what_the_user_has_set_strictly_stays_so(layers: Layers, text: str) -> None:
    """A folder that is not trusted cannot take it back."""
    loaded = layers.load(text, user=STRICT)

    assert loaded.config.model_dump() == layers.own().model_dump()
    assert not loaded.broken
    assert [one.message.partition(":")[0] for one in loaded.problems] == ["ignored until you trust this folder"]


def test_an_ignored_key_is_shown_at_the_key(layers: Layers) -> None:
    """Not at its value, which may be a block."""
    (problem,) = layers.load("offline: true\nengine:\n  idle_s: 3\n").problems

    assert (problem.line, problem.column, problem.end_column) == (2, 1, 7)


def test_a_folders_name_in_the_command_cannot_be_more_than_a_name(tmp_path: Path) -> None:
    """Whoever copies it into a shell trusts a folder and runs nothing."""
    folder = tmp_path / "a $(touch x)"
    folder.mkdir()
    (folder / "nearline.yaml").write_text("engine: {}\n")

    (problem,) = layered(None, folder, trusted=False).problems

    assert problem.message.endswith(f"nearline trust '{folder}'")


def test_regions_that_exclude_each_other_let_nothing_leave(layers: Layers) -> None:
    """An empty list would ask for no region at all."""
    loaded = layers.load("residency: {regions: [us]}")

    assert loaded.config.residency.everything
    assert loaded.config.residency.regions == {"eu", "ch"}
    assert [one.message for one in loaded.problems] == ["your own file permits none of these, so nothing leaves"]


def test_regions_hold_where_the_user_asks_for_none(layers: Layers) -> None:
    """The first list is stricter than none."""
    loaded = layers.load("residency: {regions: [ch]}", user="offline: false\n")

    assert loaded.config.residency.regions == {"ch"}


@pytest.mark.parametrize(
    ("user", "folder", "holds"),
    [
        ("allow", "local", "local"),
        ("allow", "redact", "redact"),
        ("redact", "local", "local"),
        ("redact", "allow", "redact"),
        ("local", "redact", "local"),
    ],
)
def test_secrets_are_treated_as_the_stricter_of_both_says(layers: Layers, user: str, folder: str, holds: str) -> None:
    """To replace them is stricter than to let them leave, and to keep them is strictest."""
    loaded = layers.load(f"residency: {{secrets: {folder}}}", user=f"residency: {{secrets: {user}}}\n")

    assert loaded.config.residency.secrets == holds


def test_what_the_folder_does_not_say_is_left_as_the_user_has_it(layers: Layers) -> None:
    """Its defaults are not its word."""
    loaded = layers.load("residency: {paths: [a]}", user="residency: {secrets: allow}\n")

    assert loaded.config.residency.secrets == "allow"


def test_a_trusted_folder_may_set_everything(layers: Layers) -> None:
    """Its keys win, one by one."""
    text = "endpoints:\n  cloud: {weight: 3}\n  mine: {provider: ollama, model: qwen2.5-coder}\noffline: true\n"
    config = layers.load(text, trusted=True).config

    assert list(config.endpoints) == ["near", "cloud", "mine"]
    assert (config.endpoints["cloud"].weight, config.endpoints["cloud"].model) == (3, "m")
    assert config.offline
    assert config.spending.max_usd_per_day == 5


def test_what_must_stay_adds_up_in_a_trusted_folder_too(layers: Layers) -> None:
    """A folder with a list of its own does not mean that the user's is void; an empty block means nothing."""
    assert layers.load("residency: {paths: [a]}", trusted=True).config.residency.paths == ("patients/**", "a")
    assert layers.load("residency:\n", trusted=True).config.residency.paths == ("patients/**",)


def test_a_problem_of_both_files_is_shown_where_the_value_stands(layers: Layers) -> None:
    """Here the user's endpoint is made wrong by the folder."""
    loaded = layers.load("endpoints:\n  cloud:\n    local: true\n", trusted=True)

    (problem,) = loaded.problems
    assert problem.path == layers.workspace / "nearline.yaml"
    assert (problem.line, problem.location) == (3, "endpoints.cloud")


@pytest.mark.parametrize("trusted", [True, False])
@pytest.mark.parametrize(
    "text", ["residency: {paths: 5}", "residency: [a", "- a", "offline: maybe", "offline: true\noffline: true"]
)
def test_with_a_broken_folder_file_nothing_leaves(layers: Layers, text: str, trusted: bool) -> None:
    """What it would keep is not known."""
    loaded = layers.load(text, trusted)

    assert loaded.broken
    assert loaded.config.residency.everything
    assert loaded.config.endpoints == layers.own().endpoints
    assert {one.path for one in loaded.problems} == {layers.workspace / "nearline.yaml"}


@pytest.mark.parametrize("trusted", [True, False])
@pytest.mark.parametrize(
    "user",
    [
        "residency: [",
        "offline: 5\nendpoints: {a: {provider: openai}}",
        "endpoints: {a: {provider: openai}, a: {}}",
        "endpoints: {a: {provider: openai, host: 'http://proxy.example'}}",
    ],
)
def test_with_a_broken_user_file_only_defaults_are_left(layers: Layers, trusted: bool, user: str) -> None:
    """A folder's endpoints without the user's rules would be too much; defaults know no endpoint but the local one."""
    loaded = layers.load("endpoints: {mine: {provider: openrouter}}", trusted, user)

    assert loaded.broken
    assert [one.local for one in profiles(loaded.config)] == [True]


def test_a_users_warnings_are_said_once(layers: Layers) -> None:
    """Also when there is a folder's file."""
    user = "endpoints: {a: {host: 'http://studio.lan'}}\n"

    assert [told(layers.load("offline: true\n", trusted, user)) for trusted in (True, False)] == [
        [("warning", 1, "endpoints.a.host")]
    ] * 2


def test_the_users_own_file_is_not_a_folders_too(tmp_path: Path) -> None:
    """Whoever edits the configuration opens its folder."""
    user = tmp_path / "nearline.yaml"
    user.write_text("engine: {idle_s: 5}\n")

    assert layered(user, tmp_path, trusted=False) == Loaded(RouterConfig(engine={"idle_s": 5}))


def test_the_name_without_a_dot_goes_first(layers: Layers) -> None:
    """Both names are looked for and watched; a folder of that name is no file."""
    dotted, plain = layers.workspace / ".nearline.yaml", layers.workspace / "nearline.yaml"
    dotted.write_text("offline: true\n")
    plain.mkdir()
    assert workspace_file(layers.workspace) == dotted
    plain.rmdir()
    plain.write_text("")

    assert workspace_file(layers.workspace) == plain
    assert files(layers.user, [layers.workspace]) == (layers.user, plain, dotted)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs named pipes")
def test_a_folders_pipe_is_not_read(layers: Layers) -> None:
    """Reading it would wait for ever."""
    os.mkfifo(layers.workspace / "nearline.yaml")

    assert workspace_file(layers.workspace) is None


# Of every block, and some of a stranger's own.
NAMES = st.sampled_from(
    [
        *(key for block in RouterConfig().model_dump().values() if isinstance(block, dict) for key in block),
        *EndpointConfig.model_fields,
        *("near", "cloud", "evil", "disabled_languages"),
    ]
)
VALUES = st.one_of(
    st.none(),
    st.booleans(),
    st.floats(-1, 1e6),
    st.sampled_from(["eu", "us", "allow", "local", "yes", "http://localhost:1", "openai", "ollama", "*", ""]),
    st.lists(st.sampled_from(["eu", "us", "ch", "a/**", "sql", 1, None, ["eu"], {"eu": 1}]), max_size=3),
)
INNER = st.recursive(VALUES, lambda inner: st.dictionaries(NAMES, inner, max_size=4), max_leaves=8)
LOOSER = ("local", "redact", "allow")
FLAG, CAP = st.booleans(), st.none() | st.floats(0, 10)
LIST = st.lists(st.sampled_from(["eu", "us", "ch", "sql"]), max_size=3)


def block(**keys: st.SearchStrategy[Any]) -> st.SearchStrategy[dict[str, Any]]:
    """A block with any of these keys."""
    return st.fixed_dictionaries({}, optional=keys)


# Right in its types, so that each value meets its rule.
RIGHT = block(
    offline=FLAG,
    residency=block(
        everything=FLAG,
        paths=LIST,
        languages=LIST,
        workspaces=LIST,
        regions=LIST,
        ignore_file=st.just("none"),
        secrets=st.sampled_from(["local", "redact", "allow"]),
    ),
    spending=block(max_usd_per_request=CAP, max_usd_per_day=CAP),
    routing_policy=block(hedge=block(enabled=FLAG, max_usd_per_day=st.just(99.0))),
    endpoints=st.dictionaries(st.sampled_from(["near", "cloud", "evil"]), block(enabled=FLAG, local=FLAG)),
    completion=block(enabled=FLAG, disabled_languages=LIST),
)
ANYTHING = st.fixed_dictionaries({}, optional=dict.fromkeys(RouterConfig.model_fields, INNER)) | INNER
LENIENT = [f"residency: {{secrets: {value}}}\n" for value in ("redact", "allow")]
USERS = st.sampled_from([USER, USER.replace("eu, ch", "eu"), "", STRICT, STRICT.replace("cloud", "near"), *LENIENT])


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=300)
@given(user=USERS, data=RIGHT | ANYTHING)
def test_an_untrusted_folder_never_loosens_anything(tmp_path_factory: Any, user: str, data: Any) -> None:
    """Whatever its file says: no endpoint, host or key more, nothing local that was not, no rule weaker."""
    layers = Layers(tmp_path_factory.mktemp("layers"))
    loaded = layers.load(yaml.safe_dump(data), user=user)
    before, after = layers.own(), loaded.config

    assert is_part(profiles(before), profiles(after))
    assert [one.model_copy(update={"enabled": True}) for one in after.endpoints.values()] == [
        one.model_copy(update={"enabled": True}) for one in before.endpoints.values()
    ]
    assert keeps_as_much(before, after)
    assert costs_no_more(before, after)
    assert (after.completion.get("enabled") is False) >= (before.completion.get("enabled") is False)
    others = {"endpoints", "residency", "spending", "offline", "completion", "routing_policy"}
    assert after.model_dump(exclude=others) == before.model_dump(exclude=others)


def is_part(before: tuple[Profile, ...], after: tuple[Profile, ...]) -> bool:
    """Whether no profile is there that was not there, as it is."""
    return set(after) <= set(before)


def keeps_as_much(before: RouterConfig, after: RouterConfig) -> bool:
    """Whether everything that stayed still stays."""
    old, new = before.residency, after.residency
    return (
        new.everything >= old.everything
        and after.offline >= before.offline
        and set(new.paths) >= set(old.paths)
        and new.languages >= old.languages
        and set(new.workspaces) >= set(old.workspaces)
        and (not old.regions or (bool(new.regions) and new.regions <= old.regions))
        and LOOSER.index(new.secrets) <= LOOSER.index(old.secrets)
        and new.ignore_file == old.ignore_file
    )


def costs_no_more(before: RouterConfig, after: RouterConfig) -> bool:
    """Whether no cap is higher or gone, and no second request is made that was not."""
    caps = [
        (old, new)
        for old, new in zip(before.spending.model_dump().values(), after.spending.model_dump().values(), strict=True)
        if old is not None
    ]
    return all(new is not None and new <= old for old, new in caps) and (
        after.routing_policy.hedge.enabled <= before.routing_policy.hedge.enabled
    )
