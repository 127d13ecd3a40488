"""The actors of all domains, found by the domains' names."""

import importlib
import importlib.util
from collections.abc import Sequence

from workers.mesh.actors import ActorSet
from workers.mesh.roster import Roster


def roster_of(domains: Sequence[str]) -> Roster:
    """The actors of `workers.<domain>` for each of `domains`; a domain without such a module has none."""
    return Roster(_actors_of(domain) for domain in domains)


def _actors_of(domain: str) -> ActorSet:
    name = f"workers.{domain}"
    if importlib.util.find_spec(name) is None:
        return ActorSet(domain)
    actors: ActorSet = importlib.import_module(name).actors
    return actors
