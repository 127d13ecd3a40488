"""A trace as indented text, so that two traces compare like two texts.

One line a span; but the statements of a span are one line, which names the tables they touch: how many statements
that takes is not part of the contract.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable

from observability.dashboard.model import Span

_INDENT = "  "


class SpanTree:
    """The spans of one trace."""

    def __init__(self, spans: Iterable[Span]) -> None:
        self.spans = list(spans)
        self._children: defaultdict[str, list[Span]] = defaultdict(list)
        for span in sorted(self.spans, key=lambda span: span.start):
            self._children[span.parent_id].append(span)

    def roots(self) -> list[Span]:
        """Spans without a parent."""
        return self._children[""]

    def orphans(self) -> list[Span]:
        """Spans whose parent is not in the trace."""
        known = {span.span_id for span in self.spans}
        return [span for span in self.spans if span.parent_id and span.parent_id not in known]

    def children(self, span: Span) -> list[Span]:
        """By their start."""
        return self._children[span.span_id]

    def named(self, name: str) -> list[Span]:
        """By their start."""
        return sorted((span for span in self.spans if span.name == name), key=lambda span: span.start)

    def without(self, *names: str) -> SpanTree:
        """The tree with the spans of these names cut off, and all below them."""
        cut = {below.span_id for span in self.spans if span.name in names for below in self.below(span)}
        return SpanTree(span for span in self.spans if span.span_id not in cut)

    def below(self, span: Span) -> list[Span]:
        """One span and all below it."""
        found = [span]
        for member in found:
            found += self.children(member)
        return found

    def text(self, span: Span) -> str:
        """One span and all below it, as text."""
        return "\n".join(self._lines(span, 0))

    def __str__(self) -> str:
        return "\n".join(line for root in self.roots() for line in self._lines(root, 0))

    def _lines(self, span: Span, depth: int) -> list[str]:
        children = self.children(span)
        tables = {table for child in children for table in _tables(child)}
        own = [f"{_INDENT * (depth + 1)}SQL {' '.join(sorted(tables))}"] if tables else []
        calls = [self._lines(child, depth + 1) for child in children if child.kind == "CLIENT" and not _is_sql(child)]
        effects = sorted(self._lines(child, depth + 1) for child in children if child.kind != "CLIENT")
        line = f"{_INDENT * depth}{span.service.removeprefix('trellis-')} {span.kind} {span.name}"
        return [line, *own, *(line for subtree in (*calls, *effects) for line in subtree)]


def _is_sql(span: Span) -> bool:
    return "db.system.name" in span.attributes


def _tables(span: Span) -> set[str]:
    """The names in `INSERT sales_order SELECT offer` that are no keywords."""
    return {word for word in span.name.split() if not word.isupper()} if _is_sql(span) else set()
