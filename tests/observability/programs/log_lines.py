"""Says everything a process of ours may say."""

import logging
import uuid
import warnings
from decimal import Decimal

import structlog

import observability

before = structlog.get_logger("made before setup")
observability.setup("router")

log = structlog.get_logger()
log.debug("a.detail")
before.info("made.before", id=uuid.UUID(int=7), amount=Decimal("1.50"), nested={"refresh_token": "abc", "n": [1]})
with structlog.contextvars.bound_contextvars(tenant="premium"), observability.tracer("t").start_as_current_span("s"):
    log.info("in.context", url="postgresql://u:p@host/db")
logging.getLogger("uvicorn.error").info("Started %s", "server", extra={"color_message": "x", "authorization": "y"})
logging.getLogger("uvicorn.access").info("GET / 200")
logging.getLogger("dramatiq.worker").warning("worker says")
logging.getLogger("alembic.runtime.migration").info("Running upgrade")
warnings.warn("old thing", stacklevel=1)
try:
    raise KeyError("missing")
except KeyError:
    log.exception("it.failed")
    logging.getLogger("library").exception("it failed too")
