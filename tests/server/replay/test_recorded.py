"""What an endpoint did, out of the ledger."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

from nearline_router.ledger.database import connect
from nearline_server.replay.recorded import recorded_work
from nearline_server.replay.results import Work
from tests.recorded_ledger import RecordedLedger


def test_the_client_s_work_in_the_span_is_added_up(tmp_path: Path) -> None:
    """Its attempts, and what was read in idle time; nobody else's, and none before or after."""
    numbers = {"input_tokens": 100, "cached_tokens": 90, "output_tokens": 8, "prefill_us": 500_000}
    numbers |= {"decode_us": 250_000, "energy_uj": 30_000_000}
    with closing(connect(tmp_path)) as connection:
        ledger = RecordedLedger(connection)
        for at_us, client in ((1_000, "bench"), (1_500, "Neovim"), (2_000, "bench"), (5_000, "bench")):
            ledger.attempt(at_us, client=client, **numbers)
        ledger.attempt(1_700, client="library", warm_up=1, input_tokens=40)
        ledger.attempt(1_800, client="bench", input_tokens=None, cached_tokens=None, output_tokens=None)
        connection.commit()

    assert recorded_work(tmp_path, "bench", 1_000, 3_000) == Work(60, 36, 1.5, 60.0)


def test_without_a_ledger_nothing_is_known(tmp_path: Path) -> None:
    """As where the user keeps none, or it cannot be read."""
    (tmp_path / "damaged").mkdir()
    (tmp_path / "damaged" / "ledger.db").write_text("no database" * 100)

    assert recorded_work(tmp_path / "none", "bench", 0, 10**18) == Work()
    assert recorded_work(tmp_path / "damaged", "bench", 0, 10**18) == Work()
