"""The router's answers to thousands of random operations on random graphs are those of the unsplit schemas.

The seed is fixed, so that a run can be repeated; `TRELLIS_ORACLE_SEED` gives another one.
"""

from __future__ import annotations

import os
import sys

import pytest

from .report import described
from .run import Statistics, failures
from .shrink import shrink

SEED = os.environ.get("TRELLIS_ORACLE_SEED", "1")
_GRAPHS, _OPERATIONS, _PARTS = 160, 20, 8


@pytest.mark.parametrize("part", range(_PARTS))
def test_the_router_answers_as_the_unsplit_schema_does(part: int) -> None:
    statistics = Statistics()
    for number in range(part, _GRAPHS, _PARTS):
        for failure in failures(f"{SEED}:{number}", _OPERATIONS, statistics):
            pytest.fail(described(shrink(failure, 30)), pytrace=False)
    sys.stdout.write(f"seed {SEED}: {statistics}\n")
    assert statistics.requests > statistics.operations, "the graphs are hardly split"
    assert statistics.unsatisfiable < statistics.graphs / 2
