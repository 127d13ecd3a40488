"""The source that the settings name."""

from __future__ import annotations

from pathlib import Path

from router.execution.http_transport import HttpTransport
from router.server.sources.address import AddressLimits, AddressSource
from router.server.sources.file import FileSource
from router.server.sources.pace import Pace
from router.server.sources.source import Source
from router.server.sources.subgraphs import SubgraphsSource
from router.settings import RouterSettings


def source_of(settings: RouterSettings, transport: HttpTransport, pace: Pace) -> Source:
    """Raises ValueError where they name none."""
    if isinstance(settings.supergraph, Path):
        return FileSource(settings.supergraph, pace)
    if settings.supergraph is not None:
        return AddressSource(
            str(settings.supergraph),
            settings.supergraph_headers(),
            lambda: transport.session,
            AddressLimits(settings.router_timeout, settings.router_response_limit),
            pace,
        )
    if settings.subgraphs is not None:
        return SubgraphsSource(settings.subgraphs, transport, pace)
    raise ValueError("neither a supergraph nor subgraphs are set")
