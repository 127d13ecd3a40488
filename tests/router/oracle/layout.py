"""A graph being made: what clients see, and which subgraph declares what. Prints itself as SDLs."""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from typing import Literal

Kind = Literal["type", "interface", "union", "enum", "scalar", "input"]
_LINK = (
    'extend schema @link(url: "https://specs.apollo.dev/federation/v2.9", import: ["@key", "@shareable", '
    '"@external", "@requires", "@provides", "@override", "@inaccessible", "@interfaceObject"])\n\n'
)


@dataclass
class FieldShape:
    """A field as the unsplit schema has it. `text` is its type, `named` the type's name."""

    name: str
    text: str
    named: str
    arguments: str = ""
    hidden: bool = False
    computed: bool = False
    # Some subgraph calls it non-null, or needs it: no record may lack it.
    never_null: bool = False


@dataclass
class TypeShape:
    """A type as the unsplit schema has it. `keys` are field sets."""

    name: str
    kind: Kind
    fields: dict[str, FieldShape] = field(default_factory=dict)
    interfaces: list[str] = field(default_factory=list)
    members: list[str] = field(default_factory=list)
    keys: list[str] = field(default_factory=list)


@dataclass
class Declared:
    """A field as one subgraph declares it."""

    external: bool = False
    shareable: bool = False
    text: str = ""
    requires: list[str] = field(default_factory=list)
    provides: list[str] = field(default_factory=list)
    override: str = ""
    hidden: bool = False


@dataclass
class Part:
    """What one subgraph has of a type. `keys` maps field sets to whether they can be resolved."""

    fields: dict[str, Declared] = field(default_factory=dict)
    interfaces: list[str] = field(default_factory=list)
    members: list[str] = field(default_factory=list)
    keys: dict[str, bool] = field(default_factory=dict)
    interface_object: bool = False


@dataclass
class Layout:
    """All types, and the part each subgraph has of them."""

    types: dict[str, TypeShape] = field(default_factory=dict)
    parts: dict[str, dict[str, Part]] = field(default_factory=dict)
    federation_1: list[str] = field(default_factory=list)
    # Those whose root types have names of their own.
    renamed: list[str] = field(default_factory=list)

    def having(self, type_name: str) -> list[str]:
        """The subgraphs that have some of the type."""
        return [name for name, parts in self.parts.items() if type_name in parts]

    def owners(self, type_name: str, name: str) -> list[str]:
        """The subgraphs that can resolve the field."""
        found = []
        for subgraph in self.having(type_name):
            declared = self.parts[subgraph][type_name].fields.get(name)
            if declared is not None and not declared.external:
                found.append(subgraph)
        return found

    def api(self) -> str:
        """The SDL that clients see."""
        return "\n\n".join(_printed(self._merged(type_)) for type_ in self.types.values() if self.having(type_.name))

    def _merged(self, shape: TypeShape) -> TypeShape:
        """The type, with what of it some subgraph really has."""
        if shape.kind in ("scalar", "input") or shape.name == "Color":
            return shape
        parts = [self.parts[subgraph][shape.name] for subgraph in self.having(shape.name)]
        fields = {item.name: item for item in shape.fields.values() if self._is_resolved(shape, item.name)}
        interfaces = {name: None for part in parts for name in part.interfaces}
        members = {name: None for part in parts for name in part.members}
        return TypeShape(shape.name, shape.kind, fields, list(interfaces), list(members), shape.keys)

    def merged_fields(self, name: str) -> list[str]:
        """The fields that some subgraph has of the type."""
        return list(self._merged(self.types[name]).fields)

    def _is_resolved(self, shape: TypeShape, name: str) -> bool:
        return bool(self.owners(shape.name, name)) or any(
            self.parts[subgraph][above].interface_object and name in self.parts[subgraph][above].fields
            for above in shape.interfaces
            for subgraph in self.having(above)
        )

    def says_something(self, subgraph: str) -> bool:
        """Whether the subgraph has any field at all."""
        return any(part.fields for part in self.parts[subgraph].values())

    def sdl(self, subgraph: str) -> str:
        """The SDL of a subgraph."""
        old = subgraph in self.federation_1
        texts = [self._part(name, part, old) for name, part in self.parts[subgraph].items()]
        text = "\n\n".join(text for text in texts if text)
        if subgraph in self.renamed and "type Query " in text:
            text = re.sub(r"\bQuery\b", "RootQuery", text)
            mutation = " mutation: Mutation" if "type Mutation " in text else ""
            text = f"schema {{ query: RootQuery{mutation} }}\n\n{text}"
        return ("" if old else _LINK) + text

    def _part(self, name: str, part: Part, old: bool) -> str:
        shape = self.types[name]
        if shape.kind == "union":
            return f"union {name} = {' | '.join(part.members)}"
        if shape.kind in ("enum", "scalar", "input"):
            return _printed(replace(shape, members=part.members or shape.members))
        if not part.fields:
            return ""
        kind = "type" if part.interface_object else shape.kind
        if old and part.keys and self._has_base_elsewhere(name):
            return self._extension(name, part)
        head = f"{kind} {name}"
        if part.interfaces:
            head += " implements " + " & ".join(part.interfaces)
        for key, resolvable in part.keys.items():
            head += f' @key(fields: "{key}"' + (")" if resolvable else ", resolvable: false)")
        if part.interface_object:
            head += " @interfaceObject"
        lines = [
            f"  {_field(shape.fields[item], declared.text)}{_directives(declared, old)}"
            for item, declared in part.fields.items()
        ]
        return head + " {\n" + "\n".join(lines) + "\n}"

    def _has_base_elsewhere(self, name: str) -> bool:
        return any(subgraph not in self.federation_1 for subgraph in self.having(name))

    def _extension(self, name: str, part: Part) -> str:
        """As in Federation 1: the keys are somebody else's fields."""
        keys = {word for key in part.keys for word in re.sub(r"\{.*?\}", "", key).split()}
        above = f" implements {' & '.join(part.interfaces)}" if part.interfaces else ""
        head = f"extend type {name}{above}" + "".join(f' @key(fields: "{key}")' for key in part.keys)
        lines = []
        for item, declared in part.fields.items():
            external = " @external" if item in keys and not declared.external else ""
            lines.append(f"  {_field(self.types[name].fields[item])}{_directives(declared, True)}{external}")
        return head + " {\n" + "\n".join(lines) + "\n}"


def _directives(declared: Declared, old: bool) -> str:
    text = ""
    if declared.external:
        text += " @external"
    if declared.shareable and not declared.external and not old:
        text += " @shareable"
    if declared.requires:
        text += f' @requires(fields: "{" ".join(declared.requires)}")'
    if declared.provides:
        text += f' @provides(fields: "{" ".join(declared.provides)}")'
    if declared.override:
        text += f" @override({declared.override})"
    if declared.hidden:
        text += " @inaccessible"
    return text


def _field(shape: FieldShape, text: str = "") -> str:
    return f"{shape.name}{shape.arguments}: {text or shape.text}"


def _printed(type_: TypeShape) -> str:
    if type_.kind == "union":
        return f"union {type_.name} = {' | '.join(type_.members)}"
    if type_.kind == "enum":
        return f"enum {type_.name} {{ {' '.join(type_.members)} }}"
    if type_.kind == "input":
        return f"input {type_.name} {{ {' '.join(type_.members)} }}"
    if type_.kind == "scalar":
        return f"scalar {type_.name}"
    head = f"{type_.kind} {type_.name}"
    if type_.interfaces:
        head += " implements " + " & ".join(type_.interfaces)
    return head + " {\n" + "\n".join(f"  {_field(item)}" for item in type_.fields.values() if not item.hidden) + "\n}"
