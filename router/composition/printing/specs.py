"""The specs that a supergraph links, with the definitions of their elements."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

_EVERYWHERE = (
    "FIELD_DEFINITION | OBJECT | INTERFACE | UNION | ARGUMENT_DEFINITION | SCALAR | ENUM | ENUM_VALUE"
    " | INPUT_OBJECT | INPUT_FIELD_DEFINITION"
)
_GUARDED = "FIELD_DEFINITION | OBJECT | INTERFACE | SCALAR | ENUM"

JOIN = """\
directive @link(url: String, as: String, for: link__Purpose, import: [link__Import]) repeatable on SCHEMA

directive @join__graph(name: String!, url: String!) on ENUM_VALUE

directive @join__type(graph: join__Graph!, key: join__FieldSet, extension: Boolean! = false, \
resolvable: Boolean! = true, isInterfaceObject: Boolean! = false) repeatable \
on OBJECT | INTERFACE | UNION | ENUM | INPUT_OBJECT | SCALAR

directive @join__field(graph: join__Graph, requires: join__FieldSet, provides: join__FieldSet, type: String, \
external: Boolean, override: String, usedOverridden: Boolean, overrideLabel: String, \
contextArguments: [join__ContextArgument!]) repeatable on FIELD_DEFINITION | INPUT_FIELD_DEFINITION

directive @join__implements(graph: join__Graph!, interface: String!) repeatable on OBJECT | INTERFACE

directive @join__unionMember(graph: join__Graph!, member: String!) repeatable on UNION

directive @join__enumValue(graph: join__Graph!) repeatable on ENUM_VALUE

directive @join__directive(graphs: [join__Graph!], name: String!, args: join__DirectiveArguments) repeatable \
on SCHEMA | OBJECT | INTERFACE | FIELD_DEFINITION

scalar join__FieldSet

scalar join__FieldValue

scalar join__DirectiveArguments

scalar link__Import

enum link__Purpose {
  SECURITY
  EXECUTION
}

input join__ContextArgument {
  name: String!
  type: String!
  context: String!
  selection: join__FieldValue!
}"""


@dataclass(frozen=True, slots=True)
class Spec:
    """A spec of directives that a supergraph may use."""

    url: str
    directives: tuple[str, ...]
    definitions: tuple[str, ...]
    purpose: str | None = None

    @property
    def link(self) -> str:
        purpose = f", for: {self.purpose}" if self.purpose else ""
        return f'@link(url: "{self.url}"{purpose})'


LINK = Spec("https://specs.apollo.dev/link/v1.0", (), ())
JOIN_SPEC = Spec("https://specs.apollo.dev/join/v0.5", (), (), "EXECUTION")
SPECS = (
    Spec(
        "https://specs.apollo.dev/authenticated/v0.1",
        ("authenticated",),
        (f"directive @authenticated on {_GUARDED}",),
        "SECURITY",
    ),
    Spec(
        "https://specs.apollo.dev/context/v0.1",
        ("context",),
        ("directive @context(name: String!) repeatable on INTERFACE | OBJECT | UNION",),
        "SECURITY",
    ),
    Spec(
        "https://specs.apollo.dev/cost/v0.1",
        ("cost", "listSize"),
        (
            "directive @cost(weight: Int!) on ARGUMENT_DEFINITION | ENUM | FIELD_DEFINITION"
            " | INPUT_FIELD_DEFINITION | OBJECT | SCALAR",
            "directive @listSize(assumedSize: Int, slicingArguments: [String!], sizedFields: [String!],"
            " requireOneSlicingArgument: Boolean = true) on FIELD_DEFINITION",
        ),
    ),
    Spec(
        "https://specs.apollo.dev/inaccessible/v0.2",
        ("inaccessible",),
        (f"directive @inaccessible on {_EVERYWHERE}",),
        "SECURITY",
    ),
    Spec(
        "https://specs.apollo.dev/policy/v0.1",
        ("policy",),
        (f"directive @policy(policies: [[policy__Policy!]!]!) on {_GUARDED}", "scalar policy__Policy"),
        "SECURITY",
    ),
    Spec(
        "https://specs.apollo.dev/requiresScopes/v0.1",
        ("requiresScopes",),
        (
            f"directive @requiresScopes(scopes: [[requiresScopes__Scope!]!]!) on {_GUARDED}",
            "scalar requiresScopes__Scope",
        ),
        "SECURITY",
    ),
    Spec(
        "https://specs.apollo.dev/tag/v0.3",
        ("tag",),
        (f"directive @tag(name: String!) repeatable on {_EVERYWHERE} | SCHEMA",),
    ),
)


# Readers of supergraphs may be older than the directive.
ONE_OF = "directive @oneOf on INPUT_OBJECT"


def specs_for(directives: Iterable[str]) -> Iterator[Spec]:
    """The specs that any of the directives belongs to."""
    used = set(directives)
    return (spec for spec in SPECS if used.intersection(spec.directives))
