"""Running the dashboard as a process."""

import structlog
import uvicorn

from observability.dashboard.app import create_app
from observability.dashboard.store import TraceStore
from observability.settings import DashboardSettings

log = structlog.get_logger(__name__)


def run(port: int, host: str = "127.0.0.1") -> None:
    """Serve the OTLP receiver and the viewer until SIGINT or SIGTERM."""
    settings = DashboardSettings()
    store = TraceStore(max_spans=settings.dashboard_spans, max_bytes=settings.dashboard_bytes)
    config = uvicorn.Config(
        create_app(store, settings.dashboard_body_bytes),
        host=host,
        port=port,
        log_config=None,
        access_log=False,
        server_header=False,
        lifespan="off",
        ws="none",
        timeout_graceful_shutdown=3,
    )
    log.info("dashboard.listening", host=host, port=port)
    uvicorn.Server(config).run()
