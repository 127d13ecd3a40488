"""The router's answers to thousands of random operations on random graphs are those of the unsplit schemas.

The seed is fixed, so that a run can be repeated; `TRELLIS_ORACLE_SEED` gives another one.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from multiprocessing import get_context

import pytest

from .report import described
from .run import Statistics, failures
from .shrink import shrink

SEED = os.environ.get("TRELLIS_ORACLE_SEED", "1")
_GRAPHS, _OPERATIONS, _PARTS = 160, 20, 8


@pytest.fixture(scope="module")
def parts() -> Iterator[list[Future[tuple[str | None, Statistics]]]]:
    """All parts, worked off by as many processes as there are processors."""
    with ProcessPoolExecutor(min(_PARTS, os.cpu_count() or 1), get_context("spawn")) as pool:
        yield [pool.submit(_judged, part) for part in range(_PARTS)]
        pool.shutdown(cancel_futures=True)


@pytest.mark.parametrize("part", range(_PARTS))
def test_the_router_answers_as_the_unsplit_schema_does(
    part: int, parts: list[Future[tuple[str | None, Statistics]]]
) -> None:
    failure, statistics = parts[part].result()
    if failure:
        pytest.fail(failure, pytrace=False)
    sys.stdout.write(f"seed {SEED}: {statistics}\n")
    assert statistics.requests > statistics.operations, "the graphs are hardly split"
    assert statistics.unsatisfiable < statistics.graphs / 2


def _judged(part: int) -> tuple[str | None, Statistics]:
    """What is wrong first in a part of the graphs, made small; and what was seen until then."""
    statistics = Statistics()
    for number in range(part, _GRAPHS, _PARTS):
        for failure in failures(f"{SEED}:{number}", _OPERATIONS, statistics):
            return described(shrink(failure, 30)), statistics
    return None, statistics
