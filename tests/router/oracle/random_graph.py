"""Random graphs: types, then the part of each that every subgraph has, then what one asks of another.

Most graphs are made so that every field can surely be reached (`certain`): composition must not refuse these.
"""

from __future__ import annotations

from collections.abc import Sequence
from random import Random
from typing import TypeVar

from .layout import Declared, FieldShape, Layout, Part, TypeShape

_Item = TypeVar("_Item")
_LEAVES = ("String", "String", "Int", "ID", "Boolean", "Color", "Money")
_LEAF_TEXTS = ("{}", "{}", "{}", "{}!", "{}!", "[{}]", "[{}!]!", "[[{}]]")
_COMPOSITE_TEXTS = ("{}", "{}", "{}!", "[{}]", "[{}!]!", "[{}!]", "[[{}]!]")
_ARGUMENTS = (
    "(f: Filter)",
    "(f: Filter!)",
    "(n: Int = 3)",
    "(n: Int! = 3)",
    "(c: Color! = RED)",
    "(n: Int, c: Color)",
    "(n: Int!)",
    "(m: [Money])",
)


class GraphMaker:
    """One random graph; `layout` is the result of `make`."""

    def __init__(self, random: Random) -> None:
        self.random = random
        self.layout = Layout()
        self.certain = self._chance(0.5)
        self.entities: list[str] = []
        self.values: list[str] = []
        self.interfaces: list[str] = []
        self.unions: list[str] = []
        # An interface that is an entity, where all of it is known, and those who know it as an object.
        self.interface_entity = ""
        self.whole = ""
        # Fields that requirements read: "Type.field".
        self.required: set[str] = set()

    def make(self) -> Layout:
        """Types first, then who has what, then the ways to depend on each other."""
        subgraphs = list("abcd"[: self.random.choice([2, 2, 3, 3, 4])])
        self.layout.parts = {name: {} for name in subgraphs}
        self._types()
        for name in self.entities:
            self._spread(name)
        for name in self.entities:
            self._own_fields(name)
        self._roots()
        for _ in range(self.random.choice([0, 1, 2, 3])):
            self._requirement()
        self._widen_interfaces()
        self._interface_of_interface()
        for _ in range(self.random.choice([0, 0, 1, 2])):
            self._provision()
        for _ in range(self.random.choice([0, 0, 1, 2])):
            self._override()
        self._share()
        self._vary_nullability()
        self._hide()
        self._age()
        self.layout.renamed = [name for name in subgraphs if self._chance(0.08)]
        return self.layout

    # -- types

    def _types(self) -> None:
        types = self.layout.types
        types["Query"] = TypeShape("Query", "type")
        types["Mutation"] = TypeShape("Mutation", "type")
        types["Color"] = TypeShape("Color", "enum", members=["RED", "GREEN", "BLUE"])
        types["Size"] = TypeShape("Size", "enum", members=["S", "M", "L"])
        types["Money"] = TypeShape("Money", "scalar")
        types["Filter"] = TypeShape("Filter", "input", members=["n: Int! = 5", "c: [Color!]", "f: Filter"])
        self.entities = [f"E{n}" for n in range(self.random.choice([1, 2, 2, 3, 3, 4]))]
        self.values = [f"V{n}" for n in range(self.random.choice([0, 1, 2]))]
        self.interfaces = [f"I{n}" for n in range(self.random.choice([0, 1, 1, 2]))]
        self.unions = [f"U{n}" for n in range(self.random.choice([0, 0, 1]))]
        plain = list(self.entities)
        for name in self.entities:
            types[name] = TypeShape(name, "type")
            self._keys(types[name])
        for place, name in enumerate(self.values):
            shape = types[name] = TypeShape(name, "type")
            for n in range(self.random.choice([1, 2, 3])):
                kind = self.random.random()
                named = self._pick(_LEAVES)
                if kind < 0.15 and place:
                    named = self.values[0]
                elif kind < 0.3:
                    named = self._pick(plain)
                self._add(shape, f"{name.lower()}f{n}", named)
            self._add(shape, f"{name.lower()}s", "String")
        for name in self.interfaces:
            self._interface(name, plain)
        for name in self.unions:
            members = self._some([*plain, *self.values], 2)
            types[name] = TypeShape(name, "union", members=members)
        if self._chance(0.25):
            self._interface_entity()
        for name in self.entities:
            for n in range(self.random.choice([1, 2, 3, 4])):
                self._add(types[name], f"{name.lower()}f{n}", self._named())

    def _keys(self, shape: TypeShape) -> None:
        keys = ["id"]
        self._key_field(shape, "id", "ID")
        if self._chance(0.4):
            keys.append("sku")
            self._key_field(shape, "sku", self._pick(["ID", "String", "Int"]))
        kind = self.random.random()
        if kind < 0.2:
            keys.append("code zone")
            self._key_field(shape, "code", "String")
            self._key_field(shape, "zone", "Int")
        elif kind < 0.4:
            ref = f"{shape.name}Ref"
            self.layout.types[ref] = TypeShape(ref, "type")
            self._key_field(self.layout.types[ref], "code", "ID")
            self._key_field(self.layout.types[ref], "zone", "Int")
            self._key_field(shape, "ref", ref)
            keys.append(self._pick(["ref { code }", "ref { code zone }"]))
        elif kind < 0.5 and shape.name != "E0":
            self._key_field(shape, "owner", "E0")
            keys.append("owner { id }")
        self.random.shuffle(keys)
        shape.keys = keys

    def _key_field(self, shape: TypeShape, name: str, named: str) -> None:
        text = named if self._chance(0.1) else f"{named}!"
        shape.fields[name] = FieldShape(name, text, named, never_null=True)

    def _interface_entity(self) -> None:
        types = self.layout.types
        self.interface_entity = "N"
        members = ["N0", "N1"][: self.random.choice([1, 2, 2])]
        shape = types["N"] = TypeShape("N", "interface", members=members, keys=["id"])
        self._key_field(shape, "id", "ID")
        self._add(shape, "ns", "String")
        for n in range(self.random.choice([1, 2])):
            self._add(shape, f"nf{n}", self._named() if self._chance(0.4) else self._pick(_LEAVES))
        for member in members:
            types[member] = TypeShape(member, "type", interfaces=["N"], keys=["id"])
            for item in shape.fields.values():
                types[member].fields[item.name] = item
            self._add(types[member], f"{member.lower()}f", self._pick(_LEAVES))
        whole, *others = self.random.sample(list(self.layout.parts), len(self.layout.parts))
        self.whole = whole
        for member in members:
            part = self.layout.parts[whole][member] = Part(interfaces=["N"], keys={"id": True})
            part.fields["id"] = Declared(shareable=True)
            self._declare(whole, member, f"{member.lower()}f")
        self.layout.parts[whole]["N"] = Part(keys={"id": True}, fields={"id": Declared()})
        for other in others:
            self.layout.parts[other]["N"] = Part(keys={"id": True}, fields={"id": Declared()}, interface_object=True)
        for item in list(shape.fields.values())[1:]:
            owner = self._pick([whole, *others])
            self._declare(owner, "N", item.name)
            if owner == whole:
                for member in members:
                    self._declare(whole, member, item.name)

    def _interface(self, name: str, candidates: list[str]) -> None:
        types = self.layout.types
        members = self._some(candidates, 2)
        extends = name == "I1" and self._chance(0.5)
        if extends:
            members = list(types["I0"].members)
        shape = types[name] = TypeShape(name, "interface", members=members)
        if extends:
            shape.fields.update(types["I0"].fields)
        for n in range(self.random.choice([1, 2, 2])):
            named = self._pick(candidates) if self._chance(0.15) else self._pick(_LEAVES)
            self._add(shape, f"{name.lower()}f{n}", named)
        for member in members:
            types[member].interfaces.append(name)
            for item in shape.fields.values():
                if item.name in types[member].fields:
                    continue
                stricter = not item.text.endswith("!") and self._chance(0.2)
                text = f"{item.text}!" if stricter else item.text
                types[member].fields[item.name] = FieldShape(item.name, text, item.named, item.arguments)

    def _named(self) -> str:
        kinds = [
            *["leaf"] * 9,
            *(["Query"] if self._chance(0.2) else []),
            "entity",
            "entity",
            *self.values,
            *self.interfaces,
            *self.unions,
        ]
        if self.interface_entity:
            kinds.append(self.interface_entity)
        kind = self._pick(kinds)
        if kind == "leaf":
            return self._pick([*_LEAVES, "Size"])
        return self._pick(self.entities) if kind == "entity" else kind

    def _add(self, shape: TypeShape, name: str, named: str) -> None:
        leaf = self._is_leaf(named)
        text = self._pick(_LEAF_TEXTS if leaf else _COMPOSITE_TEXTS).format(named)
        arguments = ""
        if leaf and named == "String" and "[" not in text and self._chance(0.3):
            arguments = self._pick(_ARGUMENTS)
        elif not leaf and text.startswith("[") and self._chance(0.3):
            arguments = "(first: Int = 2)"
        shape.fields[name] = FieldShape(name, text, named, arguments)

    def _is_leaf(self, named: str) -> bool:
        return named in _LEAVES or named == "Size"

    def _is_abstract(self, named: str) -> bool:
        return named in self.interfaces or named in self.unions or named == self.interface_entity

    def _differs(self, named: str) -> bool:
        """Whether subgraphs know different parts of the type, so that one cannot answer for another."""
        return self._is_abstract(named) or named == "Size"

    # -- who has what

    def _spread(self, name: str) -> None:
        """Puts an entity into some subgraphs, with some of its keys."""
        shape = self.layout.types[name]
        for subgraph in self._some(list(self.layout.parts), self.random.choice([1, 2, 2, 3])):
            self._have(subgraph, name)
            for key in shape.keys:
                if self._chance(0.3):
                    self._add_key(subgraph, name, key)

    def _have(self, subgraph: str, name: str) -> Part:
        """The subgraph's part of a type, made where there is none yet."""
        parts = self.layout.parts[subgraph]
        if name in parts:
            return parts[name]
        shape = self.layout.types[name]
        part = parts[name] = Part()
        if name in self.entities:
            self._add_key(
                subgraph, name, shape.keys[0] if self.certain or self._chance(0.4) else self._pick(shape.keys)
            )
        elif shape.kind == "interface":
            self._have_interface(subgraph, shape)
        elif shape.kind == "union":
            part.members = self._some(shape.members, 1)
            for member in part.members:
                self._have(subgraph, member)
        elif name == "Size":
            part.members = self._some(shape.members, 1)
        elif name == "Query":
            field_name = f"root{subgraph.upper()}"
            shape.fields[field_name] = FieldShape(field_name, "Int", "Int")
            self._declare(subgraph, "Query", field_name)
        elif name != "Mutation":
            part.members = shape.members
            fields = list(shape.fields)
            if name in self.values and not self.certain and self._chance(0.15):
                fields = self._some(fields, 1)
            for item in fields:
                self._declare(subgraph, name, item).shareable = True
        return part

    def _have_interface(self, subgraph: str, shape: TypeShape) -> None:
        here = [member for member in shape.members if member in self.layout.parts[subgraph]]
        members = here if here and self._chance(0.6) else self._some(shape.members, 1)
        fields = self._some(list(shape.fields), 1)
        for item in fields:
            self._declare(subgraph, shape.name, item)
        for member in members:
            self._have(subgraph, member).interfaces.append(shape.name)
            for item in fields:
                self._declare(subgraph, member, item)

    def _declare(self, subgraph: str, type_name: str, name: str) -> Declared:
        fields = self._have(subgraph, type_name).fields
        if name not in fields:
            fields[name] = Declared()
            item = self.layout.types[type_name].fields[name]
            mentioned = [name for name in ("Color", "Money", "Filter") if name in item.arguments]
            if "Filter" in mentioned:
                mentioned.append("Color")
            for named in [item.named, *mentioned]:
                if named in self.layout.types:
                    self._have(subgraph, named)
        return fields[name]

    def _add_key(self, subgraph: str, name: str, key: str) -> None:
        part = self.layout.parts[subgraph][name]
        if key in part.keys:
            return
        needed = self.certain and key == self.layout.types[name].keys[0]
        part.keys[key] = needed or self._chance(0.7 if self.certain else 0.92)
        top = ["code", "zone"] if key == "code zone" else [key.split(maxsplit=1)[0]]
        for item in top:
            self._declare(subgraph, name, item).shareable = True
        if key == "owner { id }":
            self._declare(subgraph, "E0", "id").shareable = True

    def _own_fields(self, name: str) -> None:
        """Gives every field of an entity to whoever resolves it."""
        shape = self.layout.types[name]
        for item in shape.fields.values():
            if self.layout.owners(name, item.name) and not self._chance(0.1):
                continue
            count = 2 if self._chance(0.2) and not self._differs(item.named) else 1
            if self.layout.owners(name, item.name) and self._differs(item.named):
                continue
            for owner in self._some(self.layout.having(name), 1)[:count]:
                self._declare(owner, name, item.name)

    def _roots(self) -> None:
        query = self.layout.types["Query"]
        for name in [*self.entities, *self.interfaces, *self.unions, self.interface_entity, *self.values]:
            if not name:
                continue
            for n in range(self.random.choice([1, 1, 2])):
                field_name = f"{name.lower()}q{n}"
                having = [s for s in self.layout.parts if name in self.layout.parts[s]] or list(self.layout.parts)
                text = self._pick(_COMPOSITE_TEXTS).format(name)
                item = query.fields[field_name] = FieldShape(field_name, text, name)
                if name in self.entities and self._chance(0.4):
                    item.text, item.arguments = name, "(id: ID!)"
                elif text.startswith("[") and self._chance(0.3):
                    item.arguments = "(first: Int = 2)"
                twice = not self._is_abstract(name) and self._chance(0.25)
                for owner in self._some(having, 1)[: 2 if twice else 1]:
                    self._declare(owner, "Query", field_name)
        if self._chance(0.3):
            mutation = self.layout.types["Mutation"]
            for n in range(self.random.choice([2, 3, 4])):
                named = self._pick(["Int", "Int", "Query", *self.entities])
                mutation.fields[f"m{n}"] = FieldShape(f"m{n}", named, named)
                self._declare(self._pick(list(self.layout.parts)), "Mutation", f"m{n}")

    # -- ways to depend on each other

    def _requirement(self) -> None:
        """A new field of an entity, computed from fields of others."""
        choices = []
        for name in [*self.entities, *([self.interface_entity] if self.interface_entity else [])]:
            for subgraph in self.layout.having(name):
                part = self.layout.parts[subgraph][name]
                if name == self.interface_entity and not part.interface_object:
                    continue
                usable = [item for item in self.layout.types[name].fields if self._foreign(subgraph, name, item)]
                if usable and any(part.keys.values()):
                    choices.append((subgraph, name, usable))
        if not choices:
            return
        subgraph, name, usable = self._pick(choices)
        wanted = self._some(usable, 1)[:3]
        for item in wanted:
            # Before an interface that is needed for one of them makes another this subgraph's own.
            self._declare(subgraph, name, item).external = True
        texts = [self._selection(subgraph, name, item, 2) for item in wanted]
        shape = self.layout.types[name]
        new = f"{name.lower()}r{len([item for item in shape.fields.values() if item.computed])}"
        arguments = self._pick(_ARGUMENTS) if self._chance(0.2) else ""
        text = self._pick(["String", "String!"])
        shape.fields[new] = FieldShape(new, text, "String", arguments, computed=True, never_null=True)
        for member in shape.members:
            self.layout.types[member].fields[new] = shape.fields[new]
        self._declare(subgraph, name, new).requires = texts

    def _foreign(self, subgraph: str, type_name: str, name: str) -> bool:
        """Whether the field can become external here: others resolve it, and this subgraph does not."""
        owners = self.layout.owners(type_name, name)
        return bool(owners) and subgraph not in owners

    def _selection(self, subgraph: str, type_name: str, name: str, depth: int) -> str:
        """A selection of the field in a requirement or provision; declares it external where it is foreign."""
        item = self.layout.types[type_name].fields[name]
        if self._foreign(subgraph, type_name, name):
            self._declare(subgraph, type_name, name).external = True
        self.required.update(f"{owner}.{name}" for owner in [type_name, *self.layout.types[type_name].members])
        text = name
        if "f: Filter!" in item.arguments:
            text += "(f: { n: 2, c: [RED] })"
        elif "n: Int!)" in item.arguments or (item.arguments.startswith("(n:") and self._chance(0.5)):
            text += f"(n: {self.random.randint(0, 3)})"
        elif "id: ID!" in item.arguments:
            text += "(id: 7)"  # of nobody, whose fields are null
        if self._is_leaf(item.named):
            return text
        return f"{text} {{ {self._selections(subgraph, item.named, depth - 1)} }}"

    def _selections(self, subgraph: str, named: str, depth: int) -> str:
        shape = self.layout.types[named]
        part = self._have(subgraph, named)
        if shape.kind == "union":
            members = self._some(part.members, 1)
            return " ".join(f"... on {m} {{ {self._selections(subgraph, m, depth)} }}" for m in members)
        names = list(part.fields)
        if shape.kind == "interface" or part.interface_object:
            names = [name for name in names if self._is_leaf(shape.fields[name].named)] or ["__typename"]
            texts = [self._selection(subgraph, named, n, depth) if n[0] != "_" else n for n in self._some(names, 1)]
            for name in list(texts):
                for member in self._members(subgraph, named):
                    self.required.add(f"{member}.{name.split('(')[0]}")
            if self._chance(0.4) and not part.interface_object:
                member = self._pick(self._members(subgraph, named))
                texts.append(f"... on {member} {{ {self._selections(subgraph, member, depth)} }}")
            return " ".join(texts)
        if named in self.entities:
            names += [item for item in shape.fields if self._foreign(subgraph, named, item) and item not in names]
        plain = [name for name in names if self._is_leaf(shape.fields[name].named)]
        deep = [name for name in names if depth > 0 or name in plain]
        chosen = self._some(deep, 1)[:2] if self._chance(0.3) else self._some(plain or deep or names, 1)[:2]
        return " ".join(self._selection(subgraph, named, name, depth) for name in chosen)

    def _members(self, subgraph: str, abstract: str) -> list[str]:
        parts = self.layout.parts[subgraph]
        if self.layout.types[abstract].kind == "union":
            return parts[abstract].members
        is_object = {name for name in parts if self.layout.types[name].kind == "type"}
        return [name for name, part in parts.items() if abstract in part.interfaces and name in is_object]

    def _provision(self) -> None:
        """A field whose subgraph knows more of what it leads to than elsewhere."""
        choices = []
        for subgraph, parts in self.layout.parts.items():
            for type_name, part in parts.items():
                for name, declared in part.fields.items():
                    named = self.layout.types[type_name].fields[name].named
                    here = self.layout.types[type_name].kind == "type" and not part.interface_object
                    if here and not declared.external and not declared.requires and not self._is_leaf(named):
                        choices.append((subgraph, type_name, name, named))
        if not choices:
            return
        subgraph, type_name, name, named = self._pick(choices)
        targets = self._members(subgraph, named) if self._is_abstract(named) else [named]
        if named == self.interface_entity:
            return
        texts = []
        for target in targets:
            if target not in self.entities:
                continue
            shape = self.layout.types[target]
            usable = [
                item.name
                for item in shape.fields.values()
                if self._foreign(subgraph, target, item.name)
                and not item.arguments
                and not item.computed
                and not self._differs(item.named)
                and (self._is_leaf(item.named) or item.named in self.values)
            ]
            for chosen in self._some(usable, 1)[:2] if usable else []:
                text = self._provided(subgraph, target, chosen)
                if text:
                    texts.append(text if named == target else f"... on {target} {{ {text} }}")
        if texts:
            self.layout.parts[subgraph][type_name].fields[name].provides.extend(texts)

    def _provided(self, subgraph: str, type_name: str, name: str) -> str:
        """A selection without arguments or entities."""
        item = self.layout.types[type_name].fields[name]
        below = ""
        if item.named in self.values:
            fields = self.layout.types[item.named].fields
            here = [fields[name] for name in self._have(subgraph, item.named).fields]
            leaves = [field.name for field in here if self._is_leaf(field.named) and not field.arguments]
            if not leaves:
                return ""
            below = f" {{ {' '.join(self._some(leaves, 1))} }}"
        self._declare(subgraph, type_name, name).external = True
        self.required.add(f"{type_name}.{name}")
        return name + below

    def _override(self) -> None:
        """Moves a field that one subgraph resolves to another that did not know it."""
        choices = []
        for name in self.entities:
            keys = [word for key in self.layout.types[name].keys for word in key.replace("{", " ").split()]
            for item in self.layout.types[name].fields.values():
                owners = self.layout.owners(name, item.name)
                if len(owners) != 1 or item.computed or item.name in keys or self._differs(item.named):
                    continue
                source = self.layout.parts[owners[0]][name].fields[item.name]
                taken = source.provides or source.override
                others = [s for s in self.layout.having(name) if item.name not in self.layout.parts[s][name].fields]
                if others and not taken:
                    choices.append((name, item.name, owners[0], others))
        if not choices:
            return
        name, field_name, source_name, others = self._pick(choices)
        target = self._pick(others)
        label = ', label: "percent(0)"' if self._chance(0.3) else ""
        self._declare(target, name, field_name).override = f'from: "{source_name}"{label}'

    # -- finishing

    def _widen_interfaces(self) -> None:
        """Lets subgraphs say more of an interface where all that implement it there can."""
        for subgraph, parts in self.layout.parts.items():
            for name in self.interfaces:
                if name not in parts:
                    continue
                shape = self.layout.types[name]
                for member in shape.members:
                    part = parts.get(member)
                    able = (
                        part is not None and name not in part.interfaces and set(parts[name].fields) <= set(part.fields)
                    )
                    if part is not None and able and self._chance(0.6):
                        part.interfaces.append(name)
                members = self._members(subgraph, name)
                for item in shape.fields:
                    if item not in parts[name].fields and all(item in parts[m].fields for m in members):
                        self._declare(subgraph, name, item)

    def _interface_of_interface(self) -> None:
        """Lets the second interface implement the first, where it can everywhere and in the whole."""
        if len(self.interfaces) < 2:
            return
        above, below = self.interfaces
        able = True
        for parts in self.layout.parts.values():
            if below in parts and above in parts:
                implemented = all(above in parts[member].interfaces for member in self._members_in(parts, below))
                able = able and implemented and set(parts[above].fields) <= set(parts[below].fields)
        merged = self.layout.merged_fields
        if able and set(merged(above)) <= set(merged(below)) and self._are_all(below, above):
            for parts in self.layout.parts.values():
                if below in parts and above in parts:
                    parts[below].interfaces.append(above)

    def _are_all(self, below: str, above: str) -> bool:
        """Whether everything that implements the one somewhere implements the other somewhere."""
        found: dict[str, set[str]] = {above: set(), below: set()}
        for parts in self.layout.parts.values():
            for interface, members in found.items():
                members.update(self._members_in(parts, interface))
        return found[below] <= found[above]

    def _members_in(self, parts: dict[str, Part], interface: str) -> list[str]:
        return [name for name, part in parts.items() if interface in part.interfaces]

    def _share(self) -> None:
        for name, shape in self.layout.types.items():
            if shape.kind != "type" or name in self.layout.types["Mutation"].fields:
                continue
            for item in shape.fields:
                owners = self.layout.owners(name, item)
                parts = [self.layout.parts[owner][name].fields[item] for owner in owners]
                if len(parts) > 1 and not any(part.override for part in parts):
                    for part in parts:
                        part.shareable = True

    def _vary_nullability(self) -> None:
        for name in self.entities:
            for item in self.layout.types[name].fields.values():
                owners = self.layout.owners(name, item.name)
                if len(owners) < 2 or item.text.endswith("!") or not self._is_leaf(item.named):
                    continue
                if self._chance(0.4):
                    self.layout.parts[self._pick(owners)][name].fields[item.name].text = f"{item.text}!"
                    item.never_null = True

    def _hide(self) -> None:
        for name in self.entities:
            shape = self.layout.types[name]
            seen = {field for interface in shape.interfaces for field in self.layout.types[interface].fields}
            for item in shape.fields.values():
                owners = self.layout.owners(name, item.name)
                visible = [other for other in shape.fields.values() if not other.hidden]
                if item.name not in seen and owners and len(visible) > 1 and self._chance(0.04):
                    item.hidden = True
                    self.layout.parts[owners[0]][name].fields[item.name].hidden = True

    def _age(self) -> None:
        """Lets some subgraphs be of Federation 1, where they use nothing that it has not."""
        for subgraph, parts in self.layout.parts.items():
            fields = [declared for part in parts.values() for declared in part.fields.values()]
            new = any(declared.override or declared.hidden or declared.text for declared in fields)
            new = new or any(part.interface_object or not all(part.keys.values()) for part in parts.values())
            if not new and "N" not in parts and self._chance(0.2):
                self.layout.federation_1.append(subgraph)

    # -- chance

    def _chance(self, probability: float) -> bool:
        return self.random.random() < probability

    def _pick(self, items: Sequence[_Item]) -> _Item:
        return self.random.choice(items)

    def _some(self, items: list[str], least: int) -> list[str]:
        """Some of the items, in any order."""
        count = self.random.randint(min(least, len(items)), len(items))
        return self.random.sample(items, count)
