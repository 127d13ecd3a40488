"""What one request asks of entities it asks once, though several of its fetches come to the same entities.

A fetch that finds what it wants to know being asked by another waits for that answer, which began earlier than its own
could. An answer with errors is nobody else's: who waited for it asks for itself, and so each error is told of where it
belongs.
"""

from __future__ import annotations

import asyncio
from collections.abc import Hashable, Iterator, Sequence
from dataclasses import dataclass, field

from router.execution.compiled import CompiledFetch, CompiledLookup
from router.execution.representations import Batch, JsonObject


@dataclass(slots=True)
class _Asking:
    """A request under way; afterwards `answer` has its data, or is None where they are not for others."""

    answer: JsonObject | None = None
    ended: asyncio.Event = field(default_factory=asyncio.Event)


@dataclass(slots=True)
class Borrowed:
    """Entities that another fetch asks for: of each the representation, the objects it stands for, and its place among
    those that are asked for under the key."""

    asking: _Asking
    key: str
    lookup: int
    batch: Batch
    places: list[int]

    async def entities(self) -> Iterator[tuple[list[JsonObject], object]] | None:
        """Each entity with the objects it is, once it is here; None where it has to be asked for again."""
        await self.asking.ended.wait()
        answer = self.asking.answer
        entities = None if answer is None else answer.get(self.key)
        if not isinstance(entities, list):
            return None
        return zip(self.batch.targets, (entities[place] for place in self.places), strict=True)


@dataclass(slots=True)
class Division:
    """What of a fetch is asked now, a batch for each lookup, and what others ask already."""

    asking: _Asking
    batches: list[Batch]
    borrowed: list[Borrowed] = field(default_factory=list)

    def ended(self, answer: JsonObject | None) -> None:
        """Must be called however the request ends, or others wait for ever."""
        self.asking.answer = answer
        self.asking.ended.set()

    def again(self, failed: Sequence[Borrowed]) -> list[Batch]:
        """What the fetch asks for itself after all."""
        batches = [Batch() for _ in self.batches]
        for item in failed:
            batches[item.lookup].representations += item.batch.representations
            batches[item.lookup].targets += item.batch.targets
        return batches


_Place = tuple[_Asking, str, int, Batch]
"""Who asks, under which key, and for which of the batch."""


class KnownEntities:
    """The entities that one execution has asked for, by the question."""

    def __init__(self) -> None:
        self._known: dict[Hashable, dict[tuple[str, object], _Place]] = {}

    def divide(self, current: CompiledFetch, batches: Sequence[Batch]) -> Division:
        """Takes out of the batches what is being asked; the rest counts as asked from now on."""
        division = Division(_Asking(), [])
        for index, (item, found) in enumerate(zip(current.lookups, batches, strict=True)):
            if item.question is None:
                division.batches.append(found)
            else:
                division.batches.append(self._divided(division, item, index, found))
        return division

    def _divided(self, division: Division, item: CompiledLookup, index: int, found: Batch) -> Batch:
        known = self._known.setdefault(item.question, {})
        key, asking = item.lookup.key, division.asking
        left = Batch()
        elsewhere: dict[tuple[int, str], Borrowed] = {}
        for type_name, places in found.places.items():
            for identity, place in places.items():
                representation, targets = found.representations[place], found.targets[place]
                asked = known.get((type_name, identity))
                if asked is None:
                    known[type_name, identity] = (asking, key, len(left.targets), left)
                    left.representations.append(representation)
                    left.targets.append(targets)
                elif asked[0] is asking:
                    # Another lookup of the same request: one entity for the objects of both.
                    asked[3].targets[asked[2]] = asked[3].targets[asked[2]] + targets
                else:
                    source = (id(asked[0]), asked[1])
                    borrowed = elsewhere.get(source)
                    if borrowed is None:
                        borrowed = elsewhere[source] = Borrowed(asked[0], asked[1], index, Batch(), [])
                    borrowed.batch.representations.append(representation)
                    borrowed.batch.targets.append(targets)
                    borrowed.places.append(asked[2])
        division.borrowed += elsewhere.values()
        return left
