"""How much one document may ask. Checked once for each document, before validation, which is costlier."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    OperationDefinitionNode,
    SelectionSetNode,
)

from router.execution.errors import FieldError
from router.gateway.errors import DocumentError


@dataclass(frozen=True, slots=True)
class Limits:
    """Counts for one operation, its fragments spread out; `tokens` are the parser's, for the document."""

    tokens: int = 10_000
    depth: int = 15
    aliases: int = 100
    root_fields: int = 50
    fields: int = 5_000
    directives: int = 500


@dataclass(slots=True)
class _Count:
    depth: int = 0
    aliases: int = 0
    fields: int = 0
    root_fields: int = 0
    directives: int = 0


def check_limits(document: DocumentNode, operation: OperationDefinitionNode, limits: Limits) -> None:
    """Raises DocumentError with one error for each limit that is passed."""
    fragments = {
        definition.name.value: definition
        for definition in document.definitions
        if isinstance(definition, FragmentDefinitionNode)
    }
    count = _Counter(fragments, limits).of(operation.selection_set)
    count.directives += _directives_around(operation)
    errors = [
        FieldError(f"the operation has more than {most} {what}", code)
        for what, code, counted, most in (
            ("levels", "MAX_DEPTH_EXCEEDED", count.depth, limits.depth),
            ("aliases", "MAX_ALIASES_EXCEEDED", count.aliases, limits.aliases),
            ("root fields", "MAX_ROOT_FIELDS_EXCEEDED", count.root_fields, limits.root_fields),
            ("fields", "MAX_FIELDS_EXCEEDED", count.fields, limits.fields),
            ("directives", "MAX_DIRECTIVES_EXCEEDED", count.directives, limits.directives),
        )
        if counted > most
    ]
    if errors:
        raise DocumentError(errors)


def _directives_around(operation: OperationDefinitionNode) -> int:
    """Those of the operation itself and of its variables."""
    variables = operation.variable_definitions or ()
    return len(operation.directives or ()) + sum(len(variable.directives or ()) for variable in variables)


class _Counter:
    """Each fragment is counted once and its counts added for each spread: a chain of fragments that spread
    the next one twice is exponential in size, but not to count."""

    def __init__(self, fragments: Mapping[str, FragmentDefinitionNode], limits: Limits) -> None:
        self.fragments = fragments
        self.limits = limits
        self.known: dict[str, _Count] = {}
        self.open: set[str] = set()

    def of(self, selections: SelectionSetNode) -> _Count:
        total = _Count()
        for selection in selections.selections:
            if isinstance(selection, FieldNode):
                below = self.of(selection.selection_set) if selection.selection_set else _Count()
                below.depth += 1
                below.fields += 1
                below.root_fields = 1
                below.aliases += 1 if selection.alias is not None else 0
            elif isinstance(selection, FragmentSpreadNode):
                below = self._of_fragment(selection.name.value)
            else:
                inner = getattr(selection, "selection_set", None)
                below = self.of(inner) if inner is not None else _Count()
            total.directives += below.directives + len(selection.directives or ())
            total.depth = max(total.depth, below.depth)
            total.aliases += below.aliases
            total.fields += below.fields
            total.root_fields += below.root_fields
        return total

    def _of_fragment(self, name: str) -> _Count:
        # Unknown fragments and cycles are validation's to report.
        fragment = self.fragments.get(name)
        if fragment is None or name in self.open:
            return _Count()
        known = self.known.get(name)
        if known is None:
            self.open.add(name)
            known = self.known[name] = self.of(fragment.selection_set)
            known.directives += len(fragment.directives or ())
            self.open.discard(name)
        return known
