"""The HTTP server under the sandbox."""

import uvicorn
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from trellis.sandbox.stripe.app import ABORT, StripeSandbox
from trellis.sandbox.stripe.settings import StripeSandboxSettings


class AbortableProtocol(HttpToolsProtocol):
    """Lets the application close a connection without an answer, which ASGI itself has no word for."""

    def on_message_begin(self) -> None:
        super().on_message_begin()
        self.scope["extensions"] = {ABORT: {"close": self.transport.abort}}


def server(settings: StripeSandboxSettings) -> uvicorn.Server:
    """A server that is not started yet."""
    return uvicorn.Server(
        uvicorn.Config(
            StripeSandbox(settings),
            host=settings.stripe_sandbox_host,
            port=settings.stripe_sandbox_port,
            http=AbortableProtocol,
            lifespan="on",
            log_level="warning",
            access_log=False,
            timeout_graceful_shutdown=3,
        )
    )
