"""DIRECTIVE_DEFINITION_INVALID: a subgraph defines a directive of federation's as something else."""

from __future__ import annotations

from collections.abc import Iterator

from graphql import BooleanValueNode, DirectiveDefinitionNode, NonNullTypeNode, print_ast

from router.composition.errors import CompositionError
from router.composition.federation_spec import directives, types
from router.composition.links import FEDERATION_IDENTITY, Names
from router.composition.merged import Graph
from router.composition.places import place_of
from router.composition.subgraph import SubgraphSchema
from router.supergraph.model import named_type


def directive_definition_invalid(graph: Graph) -> Iterator[CompositionError]:
    """A subgraph may repeat the definition, leave options out and places too, but not add to it or change it."""
    for sub in graph.subgraphs:
        for node in sub.document.definitions:
            known = _federations_own(sub, node) if isinstance(node, DirectiveDefinitionNode) else None
            if known is not None and isinstance(node, DirectiveDefinitionNode):
                for problem in _differences(node, known, _imported(sub)):
                    message = f"@{node.name.value} is federation's @{known.name.value}, but {problem}"
                    yield CompositionError("DIRECTIVE_DEFINITION_INVALID", message, (place_of(node, sub.name),))


def _federations_own(sub: SubgraphSchema, node: DirectiveDefinitionNode) -> DirectiveDefinitionNode | None:
    known = directives(sub.federation)
    if sub.is_federation_1:
        return known.get(node.name.value)
    found = Names(sub.links, frozenset()).meaning(node.name.value)
    return known.get(found[1]) if found and found[0].identity == FEDERATION_IDENTITY else None


def _imported(sub: SubgraphSchema) -> set[str]:
    return {item.local for link in sub.links for item in link.imports}


def _differences(node: DirectiveDefinitionNode, known: DirectiveDefinitionNode, imported: set[str]) -> Iterator[str]:
    given = {argument.name.value: argument for argument in node.arguments or ()}
    expected = {argument.name.value: argument for argument in known.arguments or ()}
    for name in sorted(given.keys() - expected.keys()):
        yield f"it has no argument {name}"
    for name, argument in expected.items():
        if name not in given:
            if isinstance(argument.type, NonNullTypeNode):
                yield f"it lacks its argument {name}"
            continue
        written, wanted = print_ast(given[name].type), print_ast(argument.type)
        if not _is_compatible(written, wanted, imported):
            yield f"its argument {name} is {wanted}, not {written}"
        default, usual = given[name].default_value, argument.default_value
        if isinstance(usual, BooleanValueNode) and (default is None or print_ast(default) != print_ast(usual)):
            yield f"the default of {name} is {print_ast(usual)}"
    elsewhere = {place.value for place in node.locations} - {place.value for place in known.locations}
    if elsewhere:
        yield f"it is not for {', '.join(sorted(elsewhere))}"
    if node.repeatable and not known.repeatable:
        yield "it is not repeatable"


def _is_compatible(written: str, wanted: str, imported: set[str]) -> bool:
    """Federation's scalars go by the names that links give them, and all of them are written as strings."""
    name, scalar = named_type(written), named_type(wanted)
    if scalar in types():
        return name == "String" or name in imported or name.endswith(scalar.rpartition("__")[2])
    return written.replace("!", "") == wanted.replace("!", "")
