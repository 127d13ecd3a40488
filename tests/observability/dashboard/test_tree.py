from collections.abc import Sequence

from observability.dashboard.decode import read_span
from observability.dashboard.model import Span
from observability.dashboard.tree import MAX_DEPTH, Node, build
from tests.observability.dashboard.otlp import span


def _spans(*pairs: tuple[int, int]) -> list[Span]:
    """Spans from (number, parent's number)."""
    return [read_span(span(1, number, parent, name=str(number)), {}, "") for number, parent in pairs]


def _drawn(nodes: Sequence[Node]) -> str:
    return " ".join(f"{'.' * node.depth}{node.span.name}" for root in nodes for node in root.walk())


def test_children_stand_below_their_parents_in_the_order_given() -> None:
    assert _drawn(build(_spans((1, 0), (2, 1), (4, 2), (3, 1), (5, 4)))) == "1 .2 ..4 ...5 .3"


def test_children_that_come_first_find_their_parent() -> None:
    assert _drawn(build(_spans((3, 2), (2, 1), (1, 0)))) == "1 .2 ..3"


def test_a_span_whose_parent_is_missing_is_a_root() -> None:
    assert _drawn(build(_spans((1, 0), (2, 99), (3, 2)))) == "1 2 .3"


def test_circles_and_spans_that_are_their_own_parent_lose_nothing() -> None:
    assert _drawn(build(_spans((1, 1), (2, 3), (3, 2), (4, 3)))) == "1 2 .3 ..4"


def test_a_chain_without_end_is_flattened_and_complete() -> None:
    chain = build(_spans(*[(number, number - 1) for number in range(1, 5_000)]))
    nodes = [node for root in chain for node in root.walk()]
    assert len(nodes) == 4_999
    assert max(node.depth for node in nodes) == MAX_DEPTH
