"""What another machine would take: arithmetic with published speeds, which says so of itself."""

from __future__ import annotations

import pytest

from tests.bench.projection import KIND, PUBLISHED, Asked, Projected, Projection, Speeds, Times

SPEEDS = Speeds("a machine", prefill=1_000, decode=50, source="somebody")


@pytest.mark.parametrize(
    ("evaluated", "decoded", "own_ms", "took_ms"),
    [(260, 8, 0.0, 260 + 160), (260, 8, 2.5, 260 + 160 + 2.5), (3, 1, 0.0, 20 + 20), (20, 0, 0.0, 20)],
)
def test_a_request_takes_its_reading_its_decoding_and_our_share(
    evaluated: int, decoded: int, own_ms: float, took_ms: float
) -> None:
    """Reading a few tokens takes as long as decoding one: nobody reads three tokens at the speed of 512."""
    assert SPEEDS.took_ms(evaluated, decoded, own_ms) == pytest.approx(took_ms)


def test_text_and_line_are_projected_apart() -> None:
    """Of a request that was left before its line was whole there is only the first text."""
    asked = [Asked(100, 1, 5), Asked(100, 2, None)]
    found = Projected.of(SPEEDS, "ours", asked, 0.0, 150.0)

    assert found.shown == Times(2, 130.0, 140.0, 1.0)
    assert found.line == Times(1, 200.0, 200.0, 0.0)


def test_without_a_whole_line_there_is_no_figure_of_one() -> None:
    """In the table it is a dash, and not a zero."""
    found = Projected.of(SPEEDS, "ours", [Asked(100, 1, None)], 0.0, 150.0)

    assert found.line == Times(0)
    assert found.cells()[6:9] == ("–", "–", "–")


def test_every_line_says_that_it_is_no_measurement_and_where_its_speeds_are_from() -> None:
    """In the table and in JSON; each machine has a line of each way that asked something."""
    asked = {"ours": [Asked(3, 1, 5)], "peer": [Asked(260, 8, 8)], "idle": []}
    projection = Projection(asked, {"ours": 2.0, "peer": 0.0}, 150.0)
    table, record = projection.table(), projection.record()

    assert [row[1] for row in table.rows] == ["ours", "peer"] * len(PUBLISHED)
    assert all(row[-1].startswith(KIND) and len(row[-1]) > len(KIND) + 2 for row in table.rows)
    assert all(row["kind"] == KIND and row["source"] for row in record["rows"])


def test_nothing_asked_is_an_empty_table() -> None:
    """As of a replay that was interrupted."""
    assert Projection().table().rows == ()
