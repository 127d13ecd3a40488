"""What the federation spec itself defines, version by version: its directives, and the types of their arguments."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache

from graphql import DirectiveDefinitionNode, TypeDefinitionNode, parse

from router.composition.links import FederationVersion

FEDERATION_1: FederationVersion = (1, 0)
NEWEST: FederationVersion = (2, 11)

_AUTH = "FIELD_DEFINITION | OBJECT | INTERFACE | SCALAR | ENUM"
_ANYWHERE = (
    "FIELD_DEFINITION | OBJECT | INTERFACE | UNION | ARGUMENT_DEFINITION | SCALAR | ENUM | ENUM_VALUE"
    " | INPUT_OBJECT | INPUT_FIELD_DEFINITION"
)
# By the version that brought each; a later definition of the same name replaces an earlier one.
_DIRECTIVES: tuple[tuple[FederationVersion, str], ...] = (
    (
        (1, 0),
        # `feature` is what its forerunner @core called the URL.
        "@link(url: String, feature: String, as: String, for: link__Purpose, import: [link__Import])"
        " repeatable on SCHEMA",
    ),
    ((1, 0), "@key(fields: federation__FieldSet!, resolvable: Boolean = true) repeatable on OBJECT | INTERFACE"),
    ((1, 0), "@requires(fields: federation__FieldSet!) on FIELD_DEFINITION"),
    ((1, 0), "@provides(fields: federation__FieldSet!) on FIELD_DEFINITION"),
    ((1, 0), "@external(reason: String) on OBJECT | FIELD_DEFINITION"),
    ((1, 0), "@extends on OBJECT | INTERFACE"),
    ((1, 0), f"@tag(name: String!) repeatable on {_ANYWHERE}"),
    ((1, 0), f"@inaccessible on {_ANYWHERE}"),
    ((2, 0), "@shareable on FIELD_DEFINITION | OBJECT"),
    ((2, 0), "@override(from: String!) on FIELD_DEFINITION"),
    ((2, 1), "@composeDirective(name: String!) repeatable on SCHEMA"),
    ((2, 2), "@shareable repeatable on FIELD_DEFINITION | OBJECT"),
    ((2, 3), "@interfaceObject on OBJECT"),
    ((2, 3), f"@tag(name: String!) repeatable on {_ANYWHERE} | SCHEMA"),
    ((2, 5), f"@authenticated on {_AUTH}"),
    ((2, 5), f"@requiresScopes(scopes: [[federation__Scope!]!]!) on {_AUTH}"),
    ((2, 6), f"@policy(policies: [[federation__Policy!]!]!) on {_AUTH}"),
    ((2, 7), "@override(from: String!, label: String) on FIELD_DEFINITION"),
    ((2, 8), "@context(name: String!) repeatable on OBJECT | INTERFACE | UNION"),
    ((2, 8), "@fromContext(field: federation__ContextFieldValue) on ARGUMENT_DEFINITION"),
    (
        (2, 9),
        "@cost(weight: Int!) on"
        " ARGUMENT_DEFINITION | ENUM | FIELD_DEFINITION | INPUT_FIELD_DEFINITION | OBJECT | SCALAR",
    ),
    (
        (2, 9),
        "@listSize(assumedSize: Int, slicingArguments: [String!], sizedFields: [String!],"
        " requireOneSlicingArgument: Boolean = true) on FIELD_DEFINITION",
    ),
)
# Federation's scalars by the version that brought each, and the names that they have when nothing is imported.
SCALARS: Mapping[str, FederationVersion] = {
    "FieldSet": (2, 0),
    "Scope": (2, 5),
    "Policy": (2, 6),
    "ContextFieldValue": (2, 8),
}
_TYPES = """
scalar FieldSet
scalar _FieldSet
scalar federation__FieldSet
scalar federation__Scope
scalar federation__Policy
scalar federation__ContextFieldValue
scalar link__Import
enum link__Purpose { SECURITY EXECUTION }
"""


def is_known(version: FederationVersion) -> bool:
    return version == FEDERATION_1 or (2, 0) <= version <= NEWEST


@cache
def directives(version: FederationVersion) -> Mapping[str, DirectiveDefinitionNode]:
    """The directives of a version by name; those of the newest one where the version is not known."""
    if not is_known(version):
        version = NEWEST
    found: dict[str, DirectiveDefinitionNode] = {}
    for since, text in _DIRECTIVES:
        if since <= version:
            nodes = parse(f"directive {text}", no_location=True).definitions
            found.update({node.name.value: node for node in nodes if isinstance(node, DirectiveDefinitionNode)})
    return found


@cache
def types() -> Mapping[str, TypeDefinitionNode]:
    """The types that arguments of these directives have, by the names used in `directives`."""
    nodes = parse(_TYPES, no_location=True).definitions
    return {node.name.value: node for node in nodes if isinstance(node, TypeDefinitionNode)}
