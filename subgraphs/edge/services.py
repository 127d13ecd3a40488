"""What a subgraph's process has open, shared by all of its requests."""

from __future__ import annotations

from dataclasses import dataclass, field

from redis.asyncio import Redis

from shared_models.kernel.database import Database
from shared_models.kernel.live import LiveFeed
from shared_models.kernel.settings import KernelSettings


@dataclass
class Services:
    """The domain's database, Redis, its live events, and `extras`: what the domain itself opened, by name."""

    domain: str
    database: Database
    redis: Redis
    live: LiveFeed
    settings: KernelSettings
    extras: dict[str, object] = field(default_factory=dict)
