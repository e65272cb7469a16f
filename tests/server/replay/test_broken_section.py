"""A section of the bench that breaks off."""

from __future__ import annotations

import argparse
import io
from pathlib import Path
from unittest.mock import patch

from rich.console import Console

from tests.bench import __main__ as bench
from tests.bench.load import Load
from tests.bench.report import Figures, Row


async def test_it_costs_no_other_section_and_is_said_to_be_missing(tmp_path: Path) -> None:
    """An hour of figures is not lost for the one that could not be had; the run has failed, also with `--anyway`."""

    async def broken(_folder: Path) -> Figures:
        raise TimeoutError("never ready")

    async def measured(_folder: Path) -> Figures:
        return Figures("whole", [Row("a figure", 1.0)])

    run = bench.Bench(Console(file=io.StringIO()), anyway=True)
    options = argparse.Namespace(only=["broken", "whole"], model="", minutes=None, tuning=False)
    sections = patch.object(bench, "WITHOUT", {"broken": broken, "whole": measured})
    with sections, patch.object(bench.LoadProbe, "measure", lambda _: Load(0.0, 1.0)):
        await run.run(options, tmp_path)

    assert list(run.sections) == ["whole"]
    assert run.missing == ["broken broke off: TimeoutError('never ready')"]
    assert run.record()["result"] is False
    assert run.status == 1
