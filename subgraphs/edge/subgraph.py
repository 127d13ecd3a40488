"""What a domain declares to be served: `subgraphs/<domain>/subgraph.py` holds one `SUBGRAPH`."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass

from litestar.handlers import HTTPRouteHandler

from subgraphs.edge.keys import KeySource
from subgraphs.edge.services import Services


@dataclass(frozen=True)
class Subgraph:
    """A domain's GraphQL face.

    `types`: entities that no field reaches, such as stubs of other domains' entities.
    `routes`: plain HTTP of the domain, such as webhooks; they find the `Services` in `request.app.state.services`.
    `open`: entered after the services are up, left before they go down.
    `keys`: where the keys of access tokens come from, asked after `open`; None: from `settings.jwks_url`.
    """

    domain: str
    query: type
    mutation: type | None = None
    subscription: type | None = None
    types: Sequence[type] = ()
    routes: Sequence[HTTPRouteHandler] = ()
    open: Callable[[Services], AbstractAsyncContextManager[None]] | None = None
    keys: Callable[[Services], KeySource] | None = None
