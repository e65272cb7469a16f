"""`nearline.yaml`: what it means, and how its mistakes are told."""

from __future__ import annotations

from pathlib import Path

import pytest

from nearline_router.config import ConfigProblem, InvalidConfig, RouterConfig, load_config
from nearline_router.errors import ConfigError

SEED = Path(__file__).parents[3] / "config" / "llm-routing-config.yaml"


def load(tmp_path: Path, text: str | bytes) -> RouterConfig:
    """The configuration of a file with this text."""
    path = tmp_path / "nearline.yaml"
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    return load_config(path)


def complaint(tmp_path: Path, text: str | bytes) -> list[str]:
    """What is said about a wrong file, line by line, without the folder."""
    with pytest.raises(ConfigError) as caught:
        load(tmp_path, text)
    return str(caught.value).replace(f"{tmp_path}/", "").splitlines()


def test_an_unconfigured_router_has_the_embedded_engine_and_the_reference_policy() -> None:
    """Without a file nothing is named, the engine runs the small model, and the budget is 150 ms."""
    config = RouterConfig()

    assert config.endpoints == {}
    assert config.engine.model == "qwen2.5-coder-0.5b"
    assert (config.engine.enabled, config.engine.discover) == (True, True)
    assert config.engine.idle_s == 900
    assert config.routing_policy.latency_budget_ms == 150
    assert config.routing_policy.circuit_breaker.failure_threshold == 3


@pytest.mark.parametrize("text", ["", "\n\n", "# only a comment\n", "{}", "---\n"])
def test_a_file_that_says_nothing_is_the_default(tmp_path: Path, text: str) -> None:
    """An empty file, or one whose every line is a comment, changes nothing."""
    assert RouterConfig() == load(tmp_path, text)


def test_what_is_said_is_kept_and_the_rest_is_default(tmp_path: Path) -> None:
    """One key of a block leaves its neighbours alone."""
    config = load(tmp_path, "engine:\n  idle_s: 60\n")

    assert config.engine.idle_s == 60
    assert config.engine.context_tokens == RouterConfig().engine.context_tokens


def test_the_language_servers_block_is_not_the_routers_business(tmp_path: Path) -> None:
    """`completion` passes unread."""
    config = load(tmp_path, "completion:\n  anything: [1, 2]\n")

    assert config.completion == {"anything": [1, 2]}


def test_the_reference_designs_file_loads_unchanged() -> None:
    """Every value of llm-routing-config.yaml means what it says there."""
    config = load_config(SEED)
    local, cloud = config.endpoints["local"], config.endpoints["cloud"]
    policy = config.routing_policy

    assert list(config.endpoints) == ["local", "cloud"]
    assert (local.host, local.model) == ("http://localhost:8080", "llama-3.3-70b-q4")
    assert (local.max_concurrency, local.thermal_threshold_c, local.cost_per_mtok) == (1, 85, 33)
    assert (cloud.provider, cloud.api_key_env) == ("openrouter", "OPENROUTER_API_KEY")
    assert (cloud.default_model, cloud.cost_per_mtok) == ("qwen-2.5-72b-instruct", 0.65)
    assert cloud.fallback_models == ("deepseek-v3.1", "llama-3.3-70b")
    assert (policy.compliance_override, policy.latency_budget_ms) == (True, 150)
    assert (policy.complexity_threshold, policy.fallback_timeout_ms) == ("complex", 2000)
    assert (policy.circuit_breaker.failure_threshold, policy.circuit_breaker.recovery_timeout_s) == (3, 30)
    assert config.accounting.model_dump(include={"enabled", "export_format", "aggregation_interval"}) == {
        "enabled": True,
        "export_format": "csv",
        "aggregation_interval": "daily",
    }


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            "endpoints:\n  local:\n    max_concurrency: many\n",
            "nearline.yaml:3:22: endpoints.local.max_concurrency: Input should be a valid integer, "
            "unable to parse string as an integer",
        ),
        (
            "endpoints:\n  local:\n    max_concurrency: 0\n",
            "nearline.yaml:3:22: endpoints.local.max_concurrency: Input should be greater than or equal to 1",
        ),
        (
            "routing_policy:\n  complexity_threshold: hard\n",
            "nearline.yaml:2:25: routing_policy.complexity_threshold: Input should be 'routine' or 'complex'",
        ),
        (
            "endpoints:\n  cloud:\n    fallback_models:\n      - a\n      - [b]\n",
            "nearline.yaml:5:9: endpoints.cloud.fallback_models.1: Input should be a valid string",
        ),
        (
            "endpoints: [local]\n",
            "nearline.yaml:1:12: endpoints: Input should be a valid dictionary",
        ),
        (
            "endpoints:\n  local:\n    host: localhost:8080\n",
            "nearline.yaml:3:11: endpoints.local.host: expected a URL such as http://127.0.0.1:8080",
        ),
        (
            "endpoints:\n  local:\n    host: http://localhost:80a\n",
            "nearline.yaml:3:11: endpoints.local.host: expected a URL such as http://127.0.0.1:8080",
        ),
    ],
    ids=["not a number", "too small", "not a choice", "in a list", "not a block", "no scheme", "bad port"],
)
def test_a_wrong_value_is_named_by_its_place_and_what_was_expected(tmp_path: Path, text: str, expected: str) -> None:
    """File, line and column of the value, its key, and what would be right."""
    assert [expected] == complaint(tmp_path, text)


@pytest.mark.parametrize(
    ("text", "place", "known"),
    [
        ("engin:\n  idle_s: 1\n", "nearline.yaml:1:1: engin", "endpoints, engine, routing_policy"),
        ("engine:\n  idle: 1\n", "nearline.yaml:2:3: engine.idle", "enabled, discover, model"),
        (
            "endpoints:\n  local:\n    hots: x\n",
            "nearline.yaml:3:5: endpoints.local.hots",
            "provider, host, model",
        ),
        (
            "routing_policy:\n  circuit_breaker:\n    threshold:\n      deep: 1\n",
            "nearline.yaml:3:5: routing_policy.circuit_breaker.threshold",
            "failure_threshold, recovery_timeout_s",
        ),
        (
            "endpoints:\n  local:\n    hardware:\n      watts: 1\n",
            "nearline.yaml:4:7: endpoints.local.hardware.watts",
            "price_usd, life_years",
        ),
        (
            "accounting:\n  budgets:\n    - per: day\n      usd: 1\n",
            "nearline.yaml:4:7: accounting.budgets.0.usd",
            "cost_centre, per, soft_usd, hard_usd",
        ),
    ],
)
def test_an_unknown_key_is_shown_at_the_key_with_those_that_are_known(
    tmp_path: Path, text: str, place: str, known: str
) -> None:
    """A slip of the pen is an error, not a silent default."""
    (line,) = complaint(tmp_path, text)

    assert line.startswith(f"{place}: unknown key; expected one of {known}")


def test_every_mistake_is_told_at_once(tmp_path: Path) -> None:
    """Two mistakes are two lines, so that nobody mends them one start at a time."""
    lines = complaint(tmp_path, "engine:\n  idle_s: -1\n  threads: no\n")

    assert [line.split(": ")[0] for line in lines] == ["nearline.yaml:2:11", "nearline.yaml:3:12"]


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("endpoints: [\n", "nearline.yaml:2:1: not YAML: "),
        ("a: b: c\n", "nearline.yaml:1:5: not YAML: "),
        ("\tengine: {}\n", "nearline.yaml:1:1: not YAML: "),
        ("engine:\n  model: a\x00b\n", "nearline.yaml:2:11: not YAML: "),
        ("engine:\n  model: !!python/object:os.system x\n", "nearline.yaml:2:10: not YAML: "),
        (b"engine:\n  model: \xff\n", "nearline.yaml:2:10: not YAML: "),
    ],
    ids=["unclosed", "two colons", "tab", "NUL", "Python object", "not UTF-8"],
)
def test_what_is_not_yaml_is_named_by_its_place(tmp_path: Path, text: str | bytes, place: str) -> None:
    """A file that cannot be parsed says where the parser stood."""
    assert complaint(tmp_path, text)[0].startswith(place)


@pytest.mark.parametrize("text", ["just words\n", "- a\n- b\n", "42\n"])
def test_a_file_that_is_no_mapping_is_refused(tmp_path: Path, text: str) -> None:
    """YAML that has no keys is not a configuration."""
    assert complaint(tmp_path, text)[0].startswith("nearline.yaml:1:1: the file: Input should be a valid dict")


def test_a_missing_file_is_said_to_be_missing(tmp_path: Path) -> None:
    """A wrong path is told with the path."""
    with pytest.raises(ConfigError) as caught:
        load_config(tmp_path / "nowhere.yaml")

    assert str(caught.value) == f"{tmp_path}/nowhere.yaml: cannot be read: No such file or directory"


def problems(tmp_path: Path, text: str) -> tuple[ConfigProblem, ...]:
    """What is wrong with a file, as values."""
    with pytest.raises(InvalidConfig) as caught:
        load(tmp_path, text)
    return caught.value.problems


def test_a_problem_is_a_value_with_its_place(tmp_path: Path) -> None:
    """What an editor shows: line, first and last column of the value, key, sentence."""
    (problem,) = problems(tmp_path, "engine:\n  idle_s: soon  # or later\n")

    assert (problem.path, problem.severity) == (tmp_path / "nearline.yaml", "error")
    assert (problem.line, problem.column, problem.end_column) == (2, 11, 15)
    assert problem.location == "engine.idle_s"
    assert problem.message.startswith("Input should be a valid number")


def test_an_editors_positions_count_from_zero(tmp_path: Path) -> None:
    """Line, column and end column are one less each."""
    (problem,) = problems(tmp_path, "engine:\n  idle_s: soon\n")

    assert problem.zero_based == (1, 10, 14)


def test_a_problem_of_a_whole_file_is_shown_at_its_beginning(tmp_path: Path) -> None:
    """A file that cannot be read has no line."""
    with pytest.raises(InvalidConfig) as caught:
        load_config(tmp_path / "nowhere.yaml")

    assert caught.value.problems[0].zero_based == (0, 0, 0)


def test_a_problem_of_a_block_is_shown_on_its_first_line(tmp_path: Path) -> None:
    """Its end is that of the line, not that of the block."""
    (problem,) = problems(tmp_path, "endpoints:\n  a:\n    provider: openai\n    local: true\n")

    assert (problem.line, problem.column, problem.end_column) == (3, 5, 21)


@pytest.mark.parametrize("text", ["endpoints:\n#  a: {}\n", "residency:\n", "experiments:\nengine:\n"])
def test_a_block_whose_every_line_is_a_comment_says_nothing(tmp_path: Path, text: str) -> None:
    """YAML calls it null."""
    assert load(tmp_path, text) == RouterConfig()


def test_a_list_is_called_a_list(tmp_path: Path) -> None:
    """Not by the name of a type of Python."""
    lines = complaint(tmp_path, "residency:\n  paths: a\n  languages: sql\n")

    assert [line.rpartition(": ")[2] for line in lines] == ["Input should be a valid list"] * 2


@pytest.mark.parametrize("name", ["a:b", "a b", "../a", '""', "a" * 65])
def test_an_endpoint_has_a_plain_name(tmp_path: Path, name: str) -> None:
    """A colon would look like a fallback model's id, a slash like a folder; it is shown at the name."""
    (line,) = complaint(tmp_path, f"endpoints:\n  {name}: {{}}\n")

    assert line.startswith("nearline.yaml:2:3: ")
    assert line.endswith("expected a name of letters, digits, dots, dashes and underscores, at most 64")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("offline: true\nengine: {}\noffline: false\n", "3:1: offline: this key is there already, in line 1"),
        ("engine:\n  idle_s: 1\n  idle_s: 2\n", "3:3: engine.idle_s: this key is there already, in line 2"),
        ("endpoints:\n  a: {}\n  'a': {}\n", "3:3: endpoints.a: this key is there already, in line 2"),
        ("completion:\n  a: [{b: 1, b: 2}]\n", "2:14: completion.a.0.b: this key is there already, in line 2"),
    ],
)
def test_a_key_that_is_there_twice_is_an_error(tmp_path: Path, text: str, expected: str) -> None:
    """YAML takes the last one and says nothing."""
    assert complaint(tmp_path, text) == [f"nearline.yaml:{expected}; expected it once"]


def test_a_merged_block_may_be_refined(tmp_path: Path) -> None:
    """A key beside `<<` is no repetition of the one that comes with it."""
    text = "endpoints:\n  a: &base {weight: 1, host: 'http://localhost:1'}\n  b:\n    <<: *base\n    weight: 2\n"

    assert [one.weight for one in load(tmp_path, text).endpoints.values()] == [1, 2]


@pytest.mark.parametrize(
    "text",
    [
        "completion: &ring {again: *ring}\n",
        "completion: {a: &a [1, 2, 3, 4], b: &b [*a, *a, *a, *a]"
        + "".join(f", {chr(n + 1)}: &{chr(n + 1)} [*{chr(n)}, *{chr(n)}, *{chr(n)}, *{chr(n)}]" for n in range(98, 110))
        + "}\n",
        "completion: " + "[" * 3000 + "]" * 3000 + "\n",
        "completion: {when: 2026-99-99}\n",
        "completion: {[a]: b}\n",
        "a: 1\n---\nb: 2\n",
        "completion: *unknown\n",
    ],
    ids=["ring", "billions", "too deep", "no date", "list as key", "two documents", "unknown anchor"],
)
def test_what_yaml_makes_trouble_with_is_told_and_nothing_worse(tmp_path: Path, text: str) -> None:
    """All are errors of the configuration, not of the program."""
    assert complaint(tmp_path, text)[0].startswith("nearline.yaml:")


def test_a_file_of_a_megabyte_is_not_read(tmp_path: Path) -> None:
    """No configuration is that long."""
    assert complaint(tmp_path, "#" * 1_000_001) == ["nearline.yaml: cannot be read: it is larger than 200000 bytes"]


def test_a_thousand_mistakes_are_told_as_the_first_of_them(tmp_path: Path) -> None:
    """Nobody reads more, and each costs time."""
    text = "".join(f"a{number}: 1\n" for number in range(1000))

    assert len(complaint(tmp_path, text)) == 50
    assert len(complaint(tmp_path, "a: 1\n" * 1000)) == 51


def test_windows_line_ends_and_byte_order_mark_are_fine(tmp_path: Path) -> None:
    """As an editor on Windows writes it."""
    assert load(tmp_path, b"\xef\xbb\xbfoffline: true\r\nengine:\r\n  idle_s: 1\r\n").engine.idle_s == 1


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_lines_are_those_of_an_editor(tmp_path: Path, end: str) -> None:
    """Whatever ends them, and whatever else looks like an end: a line separator in a text is none."""
    (problem,) = problems(tmp_path, f"# one{end}completion: {{a: '\u2028'}}{end}engine:{end}  idle_s: soon{end}")

    assert (problem.line, problem.column, problem.end_column) == (4, 11, 15)
