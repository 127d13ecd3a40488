"""Spans of one trace as a tree. Pure, and safe with what a broken sender may send."""

from collections.abc import Iterator, Sequence

from observability.dashboard.model import Span

MAX_DEPTH = 100  # deeper spans hang on their ancestor at this depth, so that no reader recurses without bound


class Node:
    """A span at its place."""

    __slots__ = ("children", "depth", "span")

    def __init__(self, span: Span, depth: int) -> None:
        self.span = span
        self.depth = depth
        self.children: list[Node] = []

    def walk(self) -> "Iterator[Node]":
        """This node and all below it, parents before children, in display order."""
        open_nodes = [self]
        while open_nodes:
            node = open_nodes.pop()
            yield node
            open_nodes.extend(reversed(node.children))


def build(spans: Sequence[Span]) -> list[Node]:
    """The roots, children in the order given (by start time).

    A span whose parent is not here is a root, and so is the earliest span of a circle of parents.
    """
    known = {span.span_id for span in spans}
    children: dict[str, list[Span]] = {}
    roots: list[Span] = []
    for span in spans:
        if span.parent_id in known and span.parent_id != span.span_id:
            children.setdefault(span.parent_id, []).append(span)
        else:
            roots.append(span)
    placed: set[str] = set()
    nodes = [_grow(root, children, placed) for root in roots]
    # What is left hangs in circles.
    nodes.extend(_grow(span, children, placed) for span in spans if span.span_id not in placed)
    return nodes


def _grow(root: Span, children: dict[str, list[Span]], placed: set[str]) -> Node:
    placed.add(root.span_id)
    top = Node(root, 0)
    open_nodes: list[tuple[Span, Node]] = [(root, top)]
    while open_nodes:
        span, node = open_nodes.pop()
        for child in children.get(span.span_id, ()):
            if child.span_id in placed:
                continue
            placed.add(child.span_id)
            below = Node(child, min(node.depth + 1, MAX_DEPTH))
            node.children.append(below)
            # A child at the greatest depth gives its own children to its parent.
            open_nodes.append((child, below if below.depth < MAX_DEPTH else node))
    return top
