"""Runs the router in the foreground."""

from __future__ import annotations

import asyncio
import gc
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from types import FrameType
from typing import Any

import structlog
import uvicorn

import observability
from observability.asgi import TraceMiddleware
from router.composition.errors import CompositionFailedError
from router.composition.files import SubgraphListError
from router.gateway.header_rules import HeaderRuleError
from router.gateway.persisted_documents import ManifestError
from router.server.app import create_app
from router.server.connection import BoundedWebSocket, bounded_connection
from router.server.kept_copy import KeptCopy
from router.server.origins import OriginSettingsError
from router.server.reload import Reloading
from router.server.sources.chosen import source_of
from router.server.sources.pace import Pace
