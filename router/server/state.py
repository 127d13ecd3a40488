"""The running router: what requests share, and whether it may serve."""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor

import structlog
from aiohttp import ClientTimeout

import observability
from router.execution.http_transport import HttpTransport, TransportLimits
from router.execution.signature import derive_key
from router.gateway.authenticate import Authenticator
from router.gateway.authorise import authorise
from router.gateway.coerce_variables import coerce_variables
from router.gateway.context import Stage
from router.gateway.cost import cost_stage
from router.gateway.deferring import choose_deferring
from router.gateway.document import document_stage
from router.gateway.documents import Documents, DocumentSettings
from router.gateway.execute import execute_stage
from router.gateway.header_policy import HeaderPolicy
from router.gateway.incremental_delivery import deliver
from router.gateway.jwks import KeySet
from router.gateway.limits import Limits
from router.gateway.mask import mask_errors
from router.gateway.operation_cache import CacheLimits
from router.gateway.operation_metrics import OperationMetrics
from router.gateway.override_labels import override_labels_stage
from router.gateway.parse_body import parse_body
from router.gateway.persisted_documents import PersistedDocuments, read_manifest
from router.gateway.pipeline import Pipeline, load_stage
from router.gateway.placed_files import takes_files
from router.server.form import UploadLimits
from router.server.shares import Shares
from router.server.standing import Standing
from router.settings import RouterSettings
from router.supergraph.model import Supergraph

logger = structlog.get_logger(__name__)

_MOST_KEY_BYTES = 1024 * 1024


class RouterState:
    """Everything of one router. `stopping` is set as soon as it is asked to stop, `loaded` once there is something to
    serve; `standing` says what."""

    def __init__(self, settings: RouterSettings) -> None:
        self.settings = settings
        secret = settings.secret.get_secret_value() if settings.secret else None
        self.headers = HeaderPolicy.read(
            settings.router_forward_headers,
            settings.router_return_headers,
            settings.router_subgraph_headers.get_secret_value(),
        )
        self.transport = HttpTransport(
            TransportLimits(
                settings.router_timeout,
                settings.router_response_limit,
                settings.router_connections,
                settings.router_subscriptions,
                settings.router_subscription_silence,
            ),
            derive_key(secret) if secret else None,
            self.headers.fixed,
        )
        self.subscriptions = Shares(settings.router_subscriptions_per_client)
        self.websockets = Shares(settings.router_websockets_per_client, settings.router_websockets)
        self.uploads = Shares(settings.router_uploads_per_client, settings.router_uploads)
        self.upload_limits = UploadLimits(
            files=settings.router_upload_files,
            file_bytes=settings.router_upload_file_limit,
            bytes=settings.router_upload_limit,
            other_bytes=settings.router_body_limit,
            seconds=settings.router_upload_timeout,
        )
        self.stopping = asyncio.Event()
        self.loaded = asyncio.Event()
        self.documents: Documents | None = None
        meter = observability.meter("router")
        self.standing = Standing(meter)
        self._metrics = OperationMetrics(meter)
        self.authenticator = self._authenticator(settings)
        self.operations = Pipeline(self._operation_stages())
        self.pipeline = Pipeline((parse_body, *self.operations.stages))
        # One thread: planning is pure Python, a second would only take turns with it.
        self._planners = ThreadPoolExecutor(1, thread_name_prefix="planner")

    @property
    def is_ready(self) -> bool:
        """A supergraph is loaded, so every subgraph it was composed from has answered."""
        return self.documents is not None and not self.stopping.is_set()

    @property
    def takes_files(self) -> bool:
        """Whether a file could be of any use; if not, none is read."""
        documents = self.documents
        return self.upload_limits.files > 0 and documents is not None and takes_files(documents.supergraph.schema)

    async def serve(self, supergraph: Supergraph) -> None:
        """Puts a supergraph in force, with plans for what clients ask most; requests under way, subscriptions too, keep
        the one they began with."""
        for name in self.headers.unknown_among(supergraph.subgraphs):
            logger.warning("headers.unknown_subgraph", subgraph=name)
        documents = self._documents_of(supergraph)
        if self.documents is not None:
            settings = self.settings
            await documents.warm_up(self.documents, settings.router_warm_operations, settings.router_warm_seconds)
        self.documents = documents
        self._metrics.observe(lambda: (len(documents.cache), documents.cache.selections))
        self.loaded.set()

    def _documents_of(self, supergraph: Supergraph) -> Documents:
        settings = self.settings
        limits = Limits(
            tokens=settings.router_max_tokens,
            depth=settings.router_max_depth,
            aliases=settings.router_max_aliases,
            root_fields=settings.router_max_root_fields,
            fields=settings.router_max_fields,
            directives=settings.router_max_directives,
        )
        documents = DocumentSettings(
            cache=CacheLimits(
                settings.router_cache_size, settings.router_cache_selections, settings.router_planning_queue
            ),
            limits=limits,
            planning_budget=settings.router_planning_budget,
            introspection=settings.router_introspection,
        )
        return Documents(supergraph, documents, self._planners, self._metrics)

    def _operation_stages(self) -> tuple[Stage, ...]:
        """The stages after a request was parsed, for whichever protocol it came by."""
        authenticate: tuple[Stage, ...] = (self.authenticator,) if self.authenticator else ()
        settings = self.settings
        extra = tuple(load_stage(path) for path in settings.extra_stages())
        return (
            *authenticate,
            *extra,
            PersistedDocuments(
                read_manifest(settings.router_trusted_documents) if settings.router_trusted_documents else {},
                settings.router_persisted_bytes,
                only_trusted=settings.router_only_trusted,
            ),
            document_stage(lambda: self.documents),
            override_labels_stage(settings.override_labels()),
            coerce_variables,
            cost_stage(settings.router_max_cost, settings.router_cost_mode, settings.router_list_size),
            choose_deferring,
            authorise,
            execute_stage(self.transport, self.headers),
            mask_errors,
            deliver,
        )

    def close(self) -> None:
        """Stops planning; the transport closes by its own context."""
        self._planners.shutdown(wait=False, cancel_futures=True)

    def _authenticator(self, settings: RouterSettings) -> Authenticator | None:
        url = settings.jwks_url
        if url is None:
            return None

        async def fetch() -> bytes:
            limit = ClientTimeout(total=settings.router_timeout)
            async with self.transport.session.get(url, raise_for_status=True, timeout=limit) as response:
                keys = b""
                async for chunk in response.content.iter_any():
                    keys += chunk
                    if len(keys) > _MOST_KEY_BYTES:
                        raise ValueError("the issuer's keys are too large to be keys")
                return keys

        return Authenticator(KeySet(fetch), settings.jwt_issuer, settings.jwt_audience)
