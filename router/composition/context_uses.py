"""Where arguments are taken from contexts, as written: what the rules on `@fromContext` share."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from router.composition.context_arguments import holders, reference
from router.composition.declarations import fields
from router.composition.errors import CompositionError
from router.composition.merged import Graph
from router.composition.subgraph import Applied, FieldDef, InputDef, SubgraphSchema, TypeDef


@dataclass(frozen=True, slots=True)
class ContextUse:
    """`@fromContext` on an argument."""

    sub: SubgraphSchema
    owner: TypeDef
    field: FieldDef
    argument: InputDef
    applied: Applied

    @property
    def coordinates(self) -> str:
        return f"{self.owner.name}.{self.field.name}({self.argument.name}:)"

    @property
    def text(self) -> str:
        return self.argument.from_context or ""

    @property
    def context(self) -> str | None:
        """The name of the context, None where the text names none."""
        found = reference(self.text)
        return found[0] if found else None

    @property
    def selection(self) -> str:
        """What is selected of the context; empty where nothing is."""
        found = reference(self.text)
        return found[1].strip() if found else ""

    @property
    def holders(self) -> list[TypeDef]:
        return holders(self.sub, self.context) if self.context else []

    def error(self, code: str, problem: str) -> CompositionError:
        return CompositionError(code, f"@fromContext on {self.coordinates}: {problem}", (self.applied.place,))


def context_uses(graph: Graph) -> Iterator[ContextUse]:
    """Every argument of a field that is taken from a context."""
    for sub, type_, field in fields(graph):
        for argument in field.arguments.values():
            for applied in argument.applied("fromContext"):
                yield ContextUse(sub, type_, field, argument, applied)
