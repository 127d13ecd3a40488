"""A subgraph's SDL in plain GraphQL, so that the standard's own rules can judge it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace

from graphql import (
    REMOVE,
    DefinitionNode,
    DirectiveDefinitionNode,
    DirectiveNode,
    DocumentNode,
    EnumTypeDefinitionNode,
    EnumTypeExtensionNode,
    InputObjectTypeDefinitionNode,
    InputObjectTypeExtensionNode,
    InterfaceTypeDefinitionNode,
    InterfaceTypeExtensionNode,
    NameNode,
    ObjectTypeDefinitionNode,
    ObjectTypeExtensionNode,
    ScalarTypeDefinitionNode,
    ScalarTypeExtensionNode,
    SchemaDefinitionNode,
    SchemaExtensionNode,
    TypeDefinitionNode,
    TypeExtensionNode,
    UnionTypeDefinitionNode,
    UnionTypeExtensionNode,
    Visitor,
    VisitorAction,
    visit,
)

from router.composition import federation_spec
from router.composition.declarations import applications
from router.composition.links import APOLLO_SPECS, FEDERATION_IDENTITY
from router.composition.subgraph import FEDERATION, SubgraphSchema

_DEFINITION_OF: Mapping[type[TypeExtensionNode], type[TypeDefinitionNode]] = {
    EnumTypeExtensionNode: EnumTypeDefinitionNode,
    InputObjectTypeExtensionNode: InputObjectTypeDefinitionNode,
    InterfaceTypeExtensionNode: InterfaceTypeDefinitionNode,
    ObjectTypeExtensionNode: ObjectTypeDefinitionNode,
    ScalarTypeExtensionNode: ScalarTypeDefinitionNode,
    UnionTypeExtensionNode: UnionTypeDefinitionNode,
}
_ROOTS = {"query": "Query", "mutation": "Mutation", "subscription": "Subscription"}


def plain_document(sub: SubgraphSchema) -> DocumentNode:
    """The document with types defined that it only extends, federation's directives known, its machinery left out."""
    definitions = _with_bases(_without_foreign_directives(sub, list(_own_definitions(sub))))
    known = {node.name.value for node in definitions if isinstance(node, TypeDefinitionNode)}
    return DocumentNode(
        definitions=(
            *definitions,
            *_federation_directives(sub),
            *(node for name, node in federation_spec.types().items() if name not in known),
        )
    )


def _own_definitions(sub: SubgraphSchema) -> Iterator[DefinitionNode]:
    renamed = {name: _ROOTS[operation] for operation, name in sub.roots.items()}
    for node in sub.document.definitions:
        if isinstance(node, TypeDefinitionNode | TypeExtensionNode):
            type_ = sub.types.get(renamed.get(node.name.value, node.name.value))
            if type_ is None:
                continue
            if type_.name == "Query" and isinstance(node, ObjectTypeDefinitionNode | ObjectTypeExtensionNode):
                fields = tuple(field for field in node.fields or () if field.name.value in type_.fields)
                yield replace(node, fields=fields)
                continue
        elif isinstance(node, SchemaDefinitionNode | SchemaExtensionNode) and "Query" not in sub.types:
            # The queries are left to others: the root that is listed has had federation's own fields only.
            roots = (root for root in node.operation_types or () if root.type.name.value != sub.roots.get("query"))
            yield replace(node, operation_types=tuple(roots))
            continue
        elif isinstance(node, DirectiveDefinitionNode) and node.name.value not in sub.directive_definitions:
            continue
        yield node


def _without_foreign_directives(sub: SubgraphSchema, nodes: list[DefinitionNode]) -> list[DefinitionNode]:
    """The nodes without directives of linked specs, such as connectors, that a subgraph need not define."""
    foreign = {
        applied.written
        for applied in applications(sub)
        if applied.spec.startswith(APOLLO_SPECS) and applied.written not in sub.directive_definitions
    }
    return [visit(node, _WithoutDirectives(foreign)) for node in nodes] if foreign else nodes


class _WithoutDirectives(Visitor):
    def __init__(self, names: set[str]) -> None:
        super().__init__()
        self.names = names

    def enter_directive(self, node: DirectiveNode, *_: object) -> VisitorAction:
        return REMOVE if node.name.value in self.names else None


def _with_bases(nodes: Iterable[DefinitionNode]) -> list[DefinitionNode]:
    """The nodes, with the first extension of a type that is defined elsewhere as its definition here."""
    found = list(nodes)
    defined = {node.name.value for node in found if isinstance(node, TypeDefinitionNode)}
    for position, node in enumerate(found):
        if isinstance(node, TypeExtensionNode) and node.name.value not in defined:
            defined.add(node.name.value)
            found[position] = _DEFINITION_OF[type(node)](**{key: getattr(node, key) for key in node.keys})
    return found


def _federation_directives(sub: SubgraphSchema) -> Iterator[DirectiveDefinitionNode]:
    """The spec's definitions of the federation directives in use, under the names that the subgraph gives them.

    What does not come by the link to federation has a link of its own, and is as in the newest version.
    """
    link = next((link for link in sub.links if link.identity == FEDERATION_IDENTITY), None)
    imported = {item.local.removeprefix("@") for item in link.imports} if link else set()
    written = {applied.written: applied.name for applied in applications(sub) if applied.spec == FEDERATION}
    for local, name in sorted(written.items()):
        of_version = link and (local in imported or local.startswith(f"{link.namespace}__"))
        known = federation_spec.directives(sub.federation if of_version else federation_spec.NEWEST)
        if name in known:
            yield replace(known[name], name=NameNode(value=local))
