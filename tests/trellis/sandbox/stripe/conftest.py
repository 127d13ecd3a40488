"""Running sandboxes and an endpoint for their webhooks."""

import json
import queue
import threading
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
import stripe

from trellis.sandbox.stripe.server import server
from trellis.sandbox.stripe.settings import StripeSandboxSettings

WEBHOOK_SECRET = "whsec_of_the_tests"


class Sandbox:
    """A sandbox that serves in a thread, as `run` does in a process."""

    def __init__(self, database: Path, port: int, webhook_url: str | None = None) -> None:
        self.url = f"http://127.0.0.1:{port}"
        settings = StripeSandboxSettings(
            stripe_sandbox_port=port,
            stripe_sandbox_database=database,
            stripe_sandbox_webhook_url=webhook_url,
            stripe_webhook_secret=WEBHOOK_SECRET,
        )
        self._server = server(settings)
        self._thread = threading.Thread(target=self._server.run)
        self._thread.start()
        while not self._server.started:
            assert self._thread.is_alive()
            self._thread.join(0.01)

    def client(self, key: str = "sk_test_trellis") -> stripe.StripeClient:
        return stripe.StripeClient(key, base_addresses={"api": self.url}, max_network_retries=0)

    def control(self, path: str, body: dict[str, Any] | None = None) -> dict[str, Any]:
        data = json.dumps(body).encode() if body is not None else None
        with urllib.request.urlopen(urllib.request.Request(self.url + path, data=data)) as answer:
            decoded: dict[str, Any] = json.load(answer)
            return decoded

    def fault(self, **faults: Any) -> None:
        self.control("/_sandbox/faults", faults)

    def state(self, query: str = "") -> dict[str, Any]:
        return self.control(f"/_sandbox/state{query}")

    def stop(self) -> None:
        self._server.should_exit = True
        self._thread.join()


StartSandbox = Callable[..., Sandbox]


@pytest.fixture
def start_sandbox(tmp_path: Path, free_port: Callable[[], int]) -> Iterator[StartSandbox]:
    """Starts a sandbox; every one of a test has the same database."""
    started: list[Sandbox] = []

    def start(webhook_url: str | None = None) -> Sandbox:
        sandbox = Sandbox(tmp_path / "stripe" / "stripe.sqlite", free_port(), webhook_url)
        started.append(sandbox)
        return sandbox

    yield start
    for sandbox in started:
        sandbox.stop()


@pytest.fixture
def sandbox(start_sandbox: StartSandbox) -> Sandbox:
    return start_sandbox()


@pytest.fixture
def client(sandbox: Sandbox) -> stripe.StripeClient:
    return sandbox.client()


@dataclass
class Endpoint:
    """Receives webhooks and answers with the next of ``answers``, then 200."""

    url: str = ""
    answers: list[int] = field(default_factory=list)
    received: "queue.Queue[tuple[bytes, str]]" = field(default_factory=queue.Queue)

    def next_event(self) -> stripe.Event:
        """The next webhook, its signature verified by the SDK."""
        body, signature = self.received.get(timeout=60)
        event: stripe.Event = stripe.Webhook.construct_event(body, signature, WEBHOOK_SECRET)
        return event


@pytest.fixture
def endpoint() -> Iterator[Endpoint]:
    endpoint = Endpoint()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            self.send_response(endpoint.answers.pop(0) if endpoint.answers else 200)
            self.end_headers()
            endpoint.received.put((body, self.headers["stripe-signature"]))

        def log_message(self, *_: object) -> None:
            """Silent."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as receiver:
        thread = threading.Thread(target=receiver.serve_forever)
        thread.start()
        endpoint.url = f"http://127.0.0.1:{receiver.server_port}/webhooks/stripe"
        yield endpoint
        receiver.shutdown()
        thread.join()


@pytest.fixture
def payment() -> dict[str, Any]:
    """A payment as billing makes it: confirmed at once, nobody there to authenticate."""
    return {
        "amount": 1250,
        "currency": "gbp",
        "payment_method": "pm_card_visa",
        "allowed_payment_method_types": ["card"],
        "confirm": True,
        "off_session": True,
        "metadata": {"order_id": "o-1"},
    }
