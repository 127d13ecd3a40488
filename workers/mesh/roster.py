"""Every actor that is known here: who takes which event, and how many at a time."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence

from workers.mesh.actors import Actor, ActorSet
from workers.mesh.schedules import Schedule


class Roster:
    """The actors of several domains."""

    def __init__(self, sets: Iterable[ActorSet]) -> None:
        self.actors: dict[str, Actor] = {}
        self.domains: list[str] = []
        self.closers: list[Callable[[], Awaitable[None]]] = []
        self._schedules: dict[str, list[Schedule]] = {}
        subscribers: defaultdict[str, list[Actor]] = defaultdict(list)
        for actor_set in sets:
            self.domains.append(actor_set.domain)
            self._schedules[actor_set.domain] = list(actor_set.schedules.values())
            if actor_set.close:
                self.closers.append(actor_set.close)
            for actor in actor_set.actors.values():
                self.actors[actor.name] = actor
                for wire_name in actor.accepts:
                    if wire_name != actor.name:  # a job actor is named like its job, and subscribes to nothing
                        subscribers[wire_name].append(actor)
        self._subscribers = dict(subscribers)
        self._subscriptions = _by_source(self._subscribers)

    def subscribers(self, event_name: str) -> list[Actor]:
        """The actors that take an event."""
        return self._subscribers.get(event_name, [])

    def subscriptions(self) -> dict[str, list[tuple[str, str]]]:
        """Who takes what: by the domain that tells of them, events and the actors that take them."""
        return self._subscriptions

    def schedules(self, domain: str) -> list[Schedule]:
        """The schedules of a domain."""
        return self._schedules.get(domain, [])

    def queues(self, domain: str) -> list[str]:
        """The queues that the actors of a domain have their jobs in."""
        return sorted({actor.policy.queue for actor in self.actors.values() if actor.domain == domain})

    def batch_sizes(self, domain: str) -> dict[str, int]:
        """How many jobs go into one message, of those actors of a domain that take more than one."""
        return {
            actor.name: actor.batch_size
            for actor in self.actors.values()
            if actor.domain == domain and actor.batch_size > 1
        }

    def in_turn(self, domain: str) -> list[str]:
        """The actors of a domain that have one batch of a tenant in flight at a time, in each lane."""
        return [actor.name for actor in self.actors.values() if actor.domain == domain and actor.batched]


def _by_source(subscribers: Mapping[str, Sequence[Actor]]) -> dict[str, list[tuple[str, str]]]:
    found: defaultdict[str, list[tuple[str, str]]] = defaultdict(list)
    for event_name, actors in subscribers.items():
        for actor in actors:
            found[actor.accepts[event_name].domain].append((event_name, actor.name))
    return dict(found)
