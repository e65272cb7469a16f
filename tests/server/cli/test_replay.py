"""`nearline replay`: what another configuration would have done."""

from __future__ import annotations

import json
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pytest

from nearline_router.learned import state_dir
from nearline_router.ledger.database import connect
from tests.recorded_ledger import RecordedLedger

from .conftest import Run

ENDPOINTS = """
  near: {host: 'http://127.0.0.1:9', model: qwen2.5-coder, cost_per_mtok: 0.1, expected_ttft_ms: 80}
  far: {provider: openrouter, model: m, cost_per_mtok: 1.0, expected_ttft_ms: 300, role: both}
"""
HOUR_US = 3_600_000_000


def config(path: Path, more: str = "") -> Path:
    """A configuration with one endpoint near and one far, where simple work goes where it costs least."""
    engine = "engine: {enabled: false, discover: false}\n"
    policy = "routing_policy: {complexity_threshold: complex}\n"
    path.write_text(f"endpoints:{ENDPOINTS}{engine}{policy}{more}")
    return path


@pytest.fixture
def files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[Path, Path]:
    """The configuration in force, which sends nothing away, and one that holds Python alone."""
    monkeypatch.setenv("COLUMNS", "160")
    in_force = config(tmp_path / "mine.yaml")
    monkeypatch.setenv("NEARLINE_CONFIG", str(in_force))
    return in_force, config(tmp_path / "other.yaml", "residency: {languages: [python]}\noffline: false\n")


def record(*ages_us: int) -> None:
    """A request so long ago, each by the cloud."""
    now_us = int(datetime.now(UTC).timestamp() * 1_000_000)
    with closing(connect(state_dir())) as connection:
        ledger = RecordedLedger(connection)
        for age_us in ages_us:
            ledger.attempt(now_us - age_us, task="ask")


def test_it_compares_the_record_and_both_configurations(run: Run, files: tuple[Path, Path]) -> None:
    """Share, times, money, and who would see what."""
    record(HOUR_US, 2 * HOUR_US)
    result = run("replay", "--config", files[1])
    lines = [" ".join(line.split()) for line in result.stdout.splitlines()]

    assert result.exit_code == 0, result.stderr
    assert lines[0].startswith("2 requests, ")
    assert "recorded in force (replayed) other (replayed)" in lines
    assert "answered locally 0.0% 100.0% 100.0%" in lines
    assert "first content, half within 300 ms 80 ms 80 ms" in lines
    assert "No request would go elsewhere." in lines
    assert any("2 that left would have to stay" in line for line in lines)


def test_json_has_moves_and_residency(run: Run, tmp_path: Path, files: tuple[Path, Path]) -> None:  # noqa: ARG001
    """Whoever moves is counted by where from and where to."""
    record(HOUR_US)
    far_only = tmp_path / "far.yaml"
    far_only.write_text(config(far_only).read_text().replace("  near:", "  # near:"))
    told = json.loads(run("replay", "--config", far_only, "--json").stdout)

    assert told["moves"] == [{"from": "near", "to": "far", "requests": 1}]
    assert told["residency"] == {"judged": True, "would_stay": 0, "would_leave": 1}
    assert (told["other"]["local_share"], told["other"]["marginal_nano"]) == (0.0, 120_000)
    assert (told["in_force"]["local_share"], told["in_force"]["marginal_nano"]) == (1.0, 12_000)


def test_since_leaves_out_what_is_older(run: Run, files: tuple[Path, Path]) -> None:
    """And says so where nothing is left."""
    record(5 * HOUR_US, 30 * HOUR_US)
    told = json.loads(run("replay", "--config", files[1], "--since", "12h", "--json").stdout)

    assert told["recorded"]["requests"] == 1
    assert run("replay", "--config", files[1], "--since", "1m").stdout == "No request was recorded since then.\n"


def test_a_wrong_configuration_is_one_message(run: Run, tmp_path: Path, files: tuple[Path, Path]) -> None:  # noqa: ARG001
    """The mistakes of the other file, as every command says them."""
    record(HOUR_US)
    broken = tmp_path / "broken.yaml"
    broken.write_text("endpoints: {near: {hostt: 1}}\n")
    result = run("replay", "--config", broken)

    assert result.exit_code == 1
    assert "hostt" in result.stderr


def test_without_another_configuration_it_is_a_wrong_usage(run: Run) -> None:
    """There is nothing to compare with."""
    assert run("replay").exit_code == 2
