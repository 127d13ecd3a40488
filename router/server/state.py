"""The running router: what requests share, and whether it may serve."""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor

from aiohttp import ClientTimeout

import observability
from router.execution.http_transport import HttpTransport, TransportLimits
from router.execution.signature import derive_key
from router.gateway.authenticate import Authenticator
from router.gateway.authorise import authorise
from router.gateway.coerce_variables import coerce_variables
from router.gateway.context import Stage
from router.gateway.cost import cost_stage
from router.gateway.document import document_stage
from router.gateway.documents import Documents, DocumentSettings
from router.gateway.execute import execute_stage
from router.gateway.forwarded_headers import ForwardedHeaders
from router.gateway.jwks import KeySet
from router.gateway.limits import Limits
from router.gateway.mask import mask_errors
from router.gateway.override_labels import override_labels_stage
from router.gateway.parse_body import parse_body
from router.gateway.persisted_documents import PersistedDocuments, read_manifest
from router.gateway.pipeline import Pipeline, load_stage
from router.server.standing import Standing
