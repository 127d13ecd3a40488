"""The merged graph as join-spec 0.5 SDL."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence

from graphql import print_ast
from graphql.language.ast import StringValueNode

from router.composition.merged import ROOTS, Graph
from router.composition.subgraph import FieldDef, InputDef, Marks, SubgraphSchema, TypeDef
from router.supergraph.model import TypeKind

_LINKS = {
    "inaccessible": '@link(url: "https://specs.apollo.dev/inaccessible/v0.2", for: SECURITY)',
    "tag": '@link(url: "https://specs.apollo.dev/tag/v0.3")',
    "authenticated": '@link(url: "https://specs.apollo.dev/authenticated/v0.1", for: SECURITY)',
    "requiresScopes": '@link(url: "https://specs.apollo.dev/requiresScopes/v0.1", for: SECURITY)',
    "policy": '@link(url: "https://specs.apollo.dev/policy/v0.1", for: SECURITY)',
}
_EVERYWHERE = (
    "FIELD_DEFINITION | OBJECT | INTERFACE | UNION | ARGUMENT_DEFINITION | SCALAR | ENUM | ENUM_VALUE"
    " | INPUT_OBJECT | INPUT_FIELD_DEFINITION"
)
_GUARDED = "FIELD_DEFINITION | OBJECT | INTERFACE | SCALAR | ENUM"
_DEFINITIONS = {
    "inaccessible": f"directive @inaccessible on {_EVERYWHERE}",
    "tag": f"directive @tag(name: String!) repeatable on {_EVERYWHERE}",
    "authenticated": f"directive @authenticated on {_GUARDED}",
    "requiresScopes": f"directive @requiresScopes(scopes: [[requiresScopes__Scope!]!]!) on {_GUARDED}\n\n"
    "scalar requiresScopes__Scope",
    "policy": f"directive @policy(policies: [[policy__Policy!]!]!) on {_GUARDED}\n\nscalar policy__Policy",
}
_JOIN = """\
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


def graph_names(subgraphs: Sequence[SubgraphSchema]) -> dict[str, str]:
    """Subgraph name to its member of join__Graph: word characters, upper case, duplicates numbered."""
    names: dict[str, str] = {}
    taken: set[str] = set()
    for subgraph in subgraphs:
        base = re.sub(r"\W", "_", subgraph.name, flags=re.ASCII).upper()
        base = f"_{base}" if base[:1].isdigit() else base
        name, number = base, 1
        while name in taken:
            number += 1
            name = f"{base}_{number}"
        taken.add(name)
        names[subgraph.name] = name
    return names


class Printer:
    """Prints one merged graph. It expects one that every rule has passed."""

    def __init__(self, graph: Graph) -> None:
        self.graph = graph
        self.graph_name = graph_names(graph.subgraphs)
        self.used: set[str] = set()

    def print(self) -> str:
        types = [self._type(name) for name in self.graph.type_names]
        used = sorted(self.used.intersection(_LINKS))
        links = [
            '@link(url: "https://specs.apollo.dev/link/v1.0")',
            '@link(url: "https://specs.apollo.dev/join/v0.5", for: EXECUTION)',
            *(_LINKS[name] for name in used),
        ]
        roots = "".join(f"  {name.lower()}: {name}\n" for name in ROOTS if name in self.graph.type_names)
        graphs = "\n".join(
            f"  {self.graph_name[sub.name]} @join__graph(name: {json.dumps(sub.name)}, url: {json.dumps(sub.url)})"
            for sub in self.graph.subgraphs
        )
        schema = "schema\n" + "".join(f"  {link}\n" for link in links) + "{\n" + roots + "}"
        definitions = [_DEFINITIONS[name] for name in used]
        enum = f"enum join__Graph {{\n{graphs}\n}}"
        return "\n\n".join([schema, _JOIN, enum, *definitions, *types]) + "\n"

    def _type(self, name: str) -> str:
        parts = self.graph.of_type(name)
        kind = parts[0][1].kind
        head = self._description([type_.marks for _, type_ in parts], "")
        directives = [*self._join_types(parts), *self._passed([type_.marks for _, type_ in parts])]
        match kind:
            case TypeKind.SCALAR:
                return f"{head}scalar {name}{_lines(directives)}"
            case TypeKind.ENUM:
                return f"{head}enum {name}{_lines(directives)} {{\n{self._enum_values(name, parts)}}}"
            case TypeKind.UNION:
                members = sorted({member for _, type_ in parts for member in type_.members})
                listed = [
                    f'@join__unionMember(graph: {self.graph_name[sub.name]}, member: "{member}")'
                    for sub, type_ in parts
                    for member in sorted(type_.members)
                ]
                return f"{head}union {name}{_lines([*directives, *listed])} = {' | '.join(members)}"
            case TypeKind.INPUT_OBJECT:
                return f"{head}input {name}{_lines(directives)} {{\n{self._inputs(parts)}}}"
            case _:
                return self._fielded(name, kind, parts, directives)

    def _fielded(
        self,
        name: str,
        kind: TypeKind,
        parts: list[tuple[SubgraphSchema, TypeDef]],
        directives: list[str],
    ) -> str:
        interfaces = sorted({interface for _, type_ in parts for interface in type_.interfaces})
        listed = [
            f'@join__implements(graph: {self.graph_name[sub.name]}, interface: "{interface}")'
            for sub, type_ in parts
            for interface in sorted(type_.interfaces)
        ]
        keyword = "type" if kind is TypeKind.OBJECT else "interface"
        implements = f" implements {' & '.join(interfaces)}" if interfaces else ""
        fields = "".join(self._field(name, field) for field in self.graph.field_names(name))
        description = self._description([type_.marks for _, type_ in parts], "")
        return f"{description}{keyword} {name}{implements}{_lines([*directives, *listed])} {{\n{fields}}}"

    def _join_types(self, parts: Iterable[tuple[SubgraphSchema, TypeDef]]) -> Iterator[str]:
        for sub, type_ in parts:
            graph = self.graph_name[sub.name]
            extension = ", extension: true" if type_.extension and type_.keys else ""
            for key in type_.keys:
                resolvable = "" if key.resolvable else ", resolvable: false"
                yield f"@join__type(graph: {graph}, key: {json.dumps(key.text)}{extension}{resolvable})"
            if not type_.keys:
                yield f"@join__type(graph: {graph})"

    def _field(self, type_name: str, field_name: str) -> str:
        mentions = self.graph.of_field(type_name, field_name)
        resolvers = self.graph.resolvers(type_name, field_name) or mentions
        # What someone else resolves may be written down more loosely here: only who resolves it promises.
        merged = self.graph.merged_type(resolvers) or mentions[0][1].type
        arguments = ", ".join(
            self._input(name, parts) for name, parts in self.graph.merged_arguments(resolvers).items()
        )
        marks = [field.marks for _, field in mentions]
        directives = [*self._join_fields(type_name, mentions, merged), *self._passed(marks)]
        listed = f"({arguments})" if arguments else ""
        return f"{self._description(marks, '  ')}  {field_name}{listed}: {' '.join([merged, *directives])}\n"

    def _join_fields(
        self, type_name: str, mentions: list[tuple[SubgraphSchema, FieldDef]], merged: str
    ) -> Iterator[str]:
        gone = self.graph.overridden(type_name, mentions[0][1].name)
        everywhere = len(mentions) == len(self.graph.of_type(type_name))
        details = {sub.name: self._join_details(field, merged) for sub, field in mentions}
        if everywhere and not gone and not any(details.values()):
            return
        for sub, field in mentions:
            parts = [f"graph: {self.graph_name[sub.name]}", *details[sub.name]]
            if sub.name in gone:
                # The source keeps the field only as far as its own keys need it.
                if field.name not in self.graph.key_field_names(sub, type_name):
                    continue
                parts.append("usedOverridden: true")
            yield f"@join__field({', '.join(parts)})"

    @staticmethod
    def _join_details(field: FieldDef, merged: str) -> list[str]:
        texts: Mapping[str, str | None] = {
            "requires": field.requires,
            "provides": field.provides,
            "type": field.type if field.type != merged else None,
            "override": field.override,
            "overrideLabel": field.override_label,
        }
        details = [f"{name}: {json.dumps(text)}" for name, text in texts.items() if text is not None]
        return [*details, "external: true"] if field.external else details

    def _inputs(self, parts: list[tuple[SubgraphSchema, TypeDef]]) -> str:
        names = [name for name in parts[0][1].inputs if all(name in type_.inputs for _, type_ in parts)]
        lines = []
        for name in names:
            mentions = [(sub, type_.inputs[name]) for sub, type_ in parts]
            lines.append(f"  {self._input(name, mentions)}\n")
        return "".join(lines)

    def _input(self, name: str, parts: list[tuple[SubgraphSchema, InputDef]]) -> str:
        merged = self.graph.merged_input(parts) or parts[0][1].type
        defaults = [part.default for _, part in parts]
        default = f" = {defaults[0]}" if defaults[0] is not None and len(set(defaults)) == 1 else ""
        marks = [part.marks for _, part in parts]
        description = next((mark.description for mark in marks if mark.description), None)
        text = f"{json.dumps(description)} " if description else ""
        return f"{text}{' '.join([f'{name}: {merged}{default}', *self._passed(marks)])}"

    def _enum_values(self, name: str, parts: list[tuple[SubgraphSchema, TypeDef]]) -> str:
        lines = []
        for value in self.graph.enum_values(name):
            marks = [type_.values[value] for _, type_ in parts if value in type_.values]
            graphs = [
                f"@join__enumValue(graph: {self.graph_name[sub.name]})" for sub, type_ in parts if value in type_.values
            ]
            joined = " ".join([value, *graphs, *self._passed(marks)])
            lines.append(f"{self._description(marks, '  ')}  {joined}\n")
        return "".join(lines)

    def _passed(self, marks: Iterable[Marks]) -> list[str]:
        """Pass-through directives of all subgraphs; one of a kind unless it is repeatable."""
        found = sorted({text for mark in marks for text in mark.passed})
        kept: dict[str, str] = {}
        for text in found:
            name = text[1:].split("(")[0]
            self.used.add(name)
            kept.setdefault(text if name == "tag" else name, text)
        return list(kept.values())

    @staticmethod
    def _description(marks: Iterable[Marks], indent: str) -> str:
        text = next((mark.description for mark in marks if mark.description), None)
        if text is None:
            return ""
        printed = print_ast(StringValueNode(value=text, block="\n" in text))
        return "".join(f"{indent}{line}\n" if line else "\n" for line in printed.split("\n"))


def _lines(directives: Iterable[str]) -> str:
    return "".join(f"\n  {directive}" for directive in directives)
