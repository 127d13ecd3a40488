"""Runs the sandbox as a process."""

from trellis.sandbox.stripe.server import server
from trellis.sandbox.stripe.settings import StripeSandboxSettings


def run(settings: StripeSandboxSettings) -> None:
    """Serve until SIGINT or SIGTERM."""
    server(settings).run()
