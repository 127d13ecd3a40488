"""The sandbox as a process, configured by its environment."""

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import stripe

from trellis.launcher.health import is_ready

_SERVE = """
from trellis.sandbox.stripe.serve import run
from trellis.sandbox.stripe.settings import StripeSandboxSettings
run(StripeSandboxSettings())
"""

Serve = Callable[[int], "subprocess.Popen[bytes]"]


@pytest.fixture
def serve(tmp_path: Path) -> Iterator[Serve]:
    """Starts the process on a port; all of a test have the same database."""
    started: list[subprocess.Popen[bytes]] = []

    def start(port: int) -> "subprocess.Popen[bytes]":
        settings = {
            "TRELLIS_STRIPE_SANDBOX_PORT": str(port),
            "TRELLIS_STRIPE_SANDBOX_DATABASE": str(tmp_path / "stripe.sqlite"),
            "PYTHONPATH": os.pathsep.join(sys.path),
        }
        process = subprocess.Popen([sys.executable, "-c", _SERVE], env=os.environ | settings)
        started.append(process)
        return process

    yield start
    for process in started:
        process.kill()
        process.wait()


async def until_ready(process: "subprocess.Popen[bytes]", port: int) -> None:
    while not await is_ready(f"http://127.0.0.1:{port}/health/ready"):
        assert process.poll() is None


async def test_killed_process_has_forgotten_nothing(serve: Serve, free_port: Callable[[], int], payment: Any) -> None:
    port = free_port()
    client = stripe.StripeClient("sk_test_x", base_addresses={"api": f"http://127.0.0.1:{port}"})
    first = serve(port)
    await until_ready(first, port)
    intents = [client.v1.payment_intents.create(payment, {"idempotency_key": f"k{n}"}).id for n in range(20)]
    first.kill()
    first.wait()
    await until_ready(serve(port), port)
    assert intents == [client.v1.payment_intents.create(payment, {"idempotency_key": f"k{n}"}).id for n in range(20)]


async def test_ends_by_sigterm(serve: Serve, free_port: Callable[[], int]) -> None:
    port = free_port()
    process = serve(port)
    await until_ready(process, port)
    process.terminate()
    process.wait(timeout=60)
    assert not await is_ready(f"http://127.0.0.1:{port}/health/ready")
