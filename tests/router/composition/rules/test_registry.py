"""Rules and hints keep their promise: one a file, named after its code, and all of them run."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from router.composition import hints, rules
from router.composition.hints.registry import HINTS
from router.composition.rules.registry import MERGE_RULES, SUBGRAPH_RULES, SUPERGRAPH_RULES

RULES = (*SUBGRAPH_RULES, *MERGE_RULES, *SUPERGRAPH_RULES)


@pytest.mark.parametrize(("package", "registered"), [(rules, RULES), (hints, HINTS)], ids=["rules", "hints"])
def test_every_file_is_one_that_runs(package: object, registered: tuple[object, ...]) -> None:
    names = [getattr(found, "__name__", "") for found in registered]
    (folder,) = getattr(package, "__path__")  # noqa: B009
    assert sorted(names) == sorted({path.stem for path in Path(folder).glob("*.py")} - {"__init__", "registry"})
    assert all(getattr(found, "__module__", "").endswith(f".{found.__name__}") for found in (*RULES, *HINTS))


def test_the_documentation_has_every_code() -> None:
    documented = set(re.findall(r"- `([A-Z0-9_]+)`:", Path("docs/router.md").read_text(encoding="utf-8")))
    assert {getattr(found, "__name__", "").upper() for found in (*RULES, *HINTS)} <= documented
