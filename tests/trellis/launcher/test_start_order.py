"""The order of starts and the pauses between them; the examples in the docstrings hold."""

import doctest

import pytest

from trellis.launcher import backoff, order, supervisor
from trellis.launcher.errors import StartOrderError
from trellis.launcher.order import levels


def test_unknown_name() -> None:
    with pytest.raises(StartOrderError, match="orders starts after postgres, which is not in the list"):
        levels({"orders": ["postgres"]})


def test_circle() -> None:
    with pytest.raises(StartOrderError, match="wait for each other"):
        levels({"orders": ["billing"], "billing": ["orders"]})


@pytest.mark.parametrize("module", [backoff, order, supervisor])
def test_examples(module: object) -> None:
    result = doctest.testmod(module)  # type: ignore[arg-type]  # parametrised as object
    assert result.attempted > 0
    assert result.failed == 0
