"""What is asked of an interface object: an object of which a subgraph knows the interface, but not the runtime type."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from router.planning.operation import FieldSelection, FragmentSelection, SelectionSet

_TYPENAME = FieldSelection("__typename", "__typename", "String", internal=True)
_Items = list[FieldSelection | FragmentSelection]


class InterfaceObjects:
    """The selections of one walk on interface objects; equal ones are the same, so that they are walked once."""

    def __init__(self) -> None:
        self._fragments: dict[tuple[object, ...], FragmentSelection] = {}

    def split(
        self, type_name: str, selections: SelectionSet, is_local: Callable[[FieldSelection], bool]
    ) -> tuple[list[FieldSelection], list[FragmentSelection]]:
        """What can be asked of an interface object itself, and what only once its runtime type is known.

        A field inside a fragment that the interface has too is asked of every object, whatever its type: the client
        sees it where the fragment holds. Only where the same response key means different things must it wait.
        `is_local` says what the subgraph that the object comes from has itself.
        """
        meanings: dict[str, set[tuple[str, str, str]]] = {}
        for item in every_field(selections):
            meanings.setdefault(item.response_key, set()).add((item.name, item.arguments, item.directives))
        plain: list[FieldSelection] = []
        veiled: _Items = []

        def keep(items: SelectionSet) -> _Items:
            kept: _Items = []
            for item in items:
                if isinstance(item, FragmentSelection):
                    inner = keep(item.selections)
                    if inner:
                        kept.append(self.wrapped(item.type_name, inner))
                elif len(meanings[item.response_key]) == 1 and is_local(item):
                    plain.append(item)
                else:
                    kept.append(item)
            return kept

        for part in selections:
            if isinstance(part, FieldSelection):
                plain.append(part)
            else:
                # The type itself decides whether the fragment holds.
                veiled.extend(keep(SelectionSet((part,))) or [_TYPENAME])
        if not veiled:
            return plain, []
        return plain, [self.wrapped(type_name, list(dict.fromkeys(veiled)))]

    def wrapped(self, type_name: str, items: _Items) -> FragmentSelection:
        """The items as one fragment on their own type; always the same one."""
        identity = (type_name, *items)
        known = self._fragments.get(identity)
        if known is None:
            known = self._fragments[identity] = FragmentSelection(type_name, SelectionSet(tuple(items)))
        return known


def every_field(selections: SelectionSet) -> Iterator[FieldSelection]:
    """The fields of one object, those inside fragments included."""
    for item in selections:
        if isinstance(item, FieldSelection):
            yield item
        else:
            yield from every_field(item.selections)
