"""What one fetch asks for, while it is being put together."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from router.planning.operation import Condition


@dataclass(slots=True)
class TreeField:
    """A field in a fetch. `type` is its type in the fetch's subgraph; `alias` what it is called on the wire
    when the response key would clash there."""

    response_key: str
    name: str
    type: str
    arguments: str = ""
    variables: frozenset[str] = frozenset()
    conditions: tuple[Condition, ...] = ()
    tree: SelectionTree | None = None
    internal: bool = False
    alias: str | None = None
    directives: str = ""


@dataclass(slots=True)
class SelectionTree:
    """Fields and typed parts in order; what is added twice is there once."""

    type_name: str
    fields: dict[tuple[str, tuple[Condition, ...], str], TreeField] = field(default_factory=dict)
    typed: dict[str, SelectionTree] = field(default_factory=dict)

    def add(self, entry: TreeField) -> TreeField:
        known = self.fields.setdefault((entry.response_key, entry.conditions, entry.directives), entry)
        known.internal = known.internal and entry.internal
        return known

    def on(self, type_name: str) -> SelectionTree:
        """The part for one object type; the tree itself where it is of that type."""
        if type_name == self.type_name:
            return self
        return self.typed.setdefault(type_name, SelectionTree(type_name))

    def absorb(self, other: SelectionTree) -> None:
        """Adds all that the other asks for."""
        for entry in other.fields.values():
            known = self.add(entry)
            if known is entry or entry.tree is None:
                continue
            if known.tree is None:
                known.tree = entry.tree
            else:
                known.tree.absorb(entry.tree)
        for name, part in other.typed.items():
            self.on(name).absorb(part)

    def add_typename(self) -> None:
        """The runtime type, which the router needs wherever a type is abstract."""
        self.add(TreeField("__typename", "__typename", "String!", internal=True))

    @property
    def is_empty(self) -> bool:
        return not self.fields and all(part.is_empty for part in self.typed.values())

    def walk(self) -> Iterator[TreeField]:
        """Every field at every depth."""
        for entry in self.fields.values():
            yield entry
            if entry.tree is not None:
                yield from entry.tree.walk()
        for part in self.typed.values():
            yield from part.walk()


def print_tree(tree: SelectionTree, indent: int | None = None) -> str:
    """The selection set in braces: on one line, or indented by `indent` spaces to be read."""
    return _braced(list(_lines(tree)), indent)


def leaves(tree: SelectionTree) -> frozenset[str] | None:
    """What the tree selects, in no order; None where objects are among it."""
    if any(entry.tree is not None for entry in tree.walk()):
        return None
    return frozenset(_flattened(_lines(tree)))


def _flattened(lines: Iterable[_Line], above: str = "") -> Iterator[str]:
    for text, children in lines:
        if children is None:
            yield f"{above}{text}"
        else:
            yield from _flattened(children, f"{above}{text} ")


_Line = tuple[str, "list[_Line] | None"]


def _lines(tree: SelectionTree) -> Iterator[_Line]:
    if tree.is_empty:
        yield "__typename", None
    for entry in tree.fields.values():
        key = entry.alias or entry.response_key
        head = f"{key}: {entry.name}" if key != entry.name else entry.name
        *outer, last = entry.conditions or (None,)
        text = head + entry.arguments + entry.directives + (_directive(last) if last else "")
        line: _Line = (text, list(_lines(entry.tree)) if entry.tree is not None else None)
        # A field takes each of @include and @skip once, so further conditions go around it.
        for condition in reversed(outer):
            line = (f"...{_directive(condition)}", [line]) if condition else line
        yield line
    for name, part in tree.typed.items():
        if not part.is_empty:
            yield f"... on {name}", list(_lines(part))


def _directive(condition: Condition) -> str:
    variable, wanted = condition
    return f" @{'include' if wanted else 'skip'}(if: ${variable})"


def _braced(lines: list[_Line], indent: int | None) -> str:
    if indent is None:
        parts = [text if children is None else f"{text}{_braced(children, None)}" for text, children in lines]
        return "{" + " ".join(parts) + "}"
    pad = " " * indent
    printed = [
        f"{pad}  {text}" + (f" {_braced(children, indent + 2)}" if children is not None else "")
        for text, children in lines
    ]
    return "{\n" + "\n".join(printed) + f"\n{pad}}}"
