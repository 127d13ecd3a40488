"""A subgraph's schema as composition sees it: directives read, roots renamed, federation's own types dropped."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from router.supergraph.field_set import FieldSet
from router.supergraph.model import TypeKind


@dataclass(frozen=True, slots=True)
class SubgraphSource:
    """What composition is given: a name, the address for the router, and the SDL of `_service { sdl }`."""

    name: str
    url: str
    sdl: str


@dataclass(frozen=True, slots=True)
class Marks:
    """The directives that pass through to the supergraph unchanged, as printed, and the description."""

    description: str | None = None
    passed: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class InputDef:
    """An argument, or a field of an input object. `default` is as printed."""

    name: str
    type: str
    default: str | None = None
    marks: Marks = Marks()

    @property
    def is_required(self) -> bool:
        return self.type.endswith("!") and self.default is None


@dataclass(frozen=True, slots=True)
class FieldDef:
    """A field of an object or interface. The texts of field sets are kept for the supergraph."""

    name: str
    type: str
    arguments: Mapping[str, InputDef]
    marks: Marks = Marks()
    external: bool = False
    shareable: bool = False
    requires: str | None = None
    provides: str | None = None
    override: str | None = None
    override_label: str | None = None


@dataclass(frozen=True, slots=True)
class KeyDef:
    """`@key` as written, with its parsed selection (empty when it does not parse: a rule reports that)."""

    text: str
    fields: FieldSet
    resolvable: bool = True


@dataclass(frozen=True, slots=True)
class TypeDef:
    """A type with all its extensions in this subgraph folded in."""

    name: str
    kind: TypeKind
    marks: Marks = Marks()
    extension: bool = False
    interface_object: bool = False
    keys: tuple[KeyDef, ...] = ()
    fields: Mapping[str, FieldDef] = field(default_factory=dict)
    inputs: Mapping[str, InputDef] = field(default_factory=dict)
    interfaces: tuple[str, ...] = ()
    members: tuple[str, ...] = ()
    values: Mapping[str, Marks] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class SubgraphSchema:
    """One subgraph, read. `federation` is 1 where the document links no federation version."""

    name: str
    url: str
    federation: int
    types: Mapping[str, TypeDef]
