"""A whole Trellis, started by its own command, spoken to from outside."""

from __future__ import annotations

import asyncio
import os
import random
import signal
import socket
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import aiohttp

READY_SECONDS = 90


def free_port_base() -> int:
    """A port N such that everything that `trellis up --port N` needs is free."""
    offsets = [*range(10), *range(20, 30), 30, 40, 50, 51, 318]
    rng = random.Random()
    while True:
        base = rng.randrange(20_000, 60_000)
        if all(_is_free(base + offset) for offset in offsets):
            return base


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
        return True


class Platform:
    """A run of `trellis up`."""

    def __init__(self, home: Path, port: int, environment: Mapping[str, str] | None = None) -> None:
        self.home = home
        self.port = port
        self.output: list[str] = []
        self._environment = clean_environment() | dict(environment or {})
        self._process: subprocess.Popen[str] | None = None

    @property
    def url(self) -> str:
        """The one endpoint."""
        return f"http://127.0.0.1:{self.port}/graphql"

    @property
    def pid(self) -> int:
        """The launcher's process id."""
        assert self._process
        return self._process.pid

    def start(self) -> None:
        """Starts, and waits for the line that says it is ready."""
        self._process = subprocess.Popen(
            [sys.executable, "-m", "trellis", "up", "--home", str(self.home), "--port", str(self.port)],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            env=self._environment,
            start_new_session=True,
        )
        assert self._process.stdout
        for line in self._process.stdout:
            self.output.append(line.rstrip())
            if line.startswith("ready "):
                return
        raise AssertionError("trellis up ended:\n" + "\n".join(self.output))

    def stop(self) -> int:
        """Tells it to stop; returns the exit status."""
        assert self._process
        self._process.send_signal(signal.SIGTERM)
        return self._process.wait(30)

    def run(self, *args: str) -> subprocess.CompletedProcess[str]:
        """Runs another `trellis` command against this run's home."""
        return subprocess.run(
            [sys.executable, "-m", "trellis", *args, "--home", str(self.home)],
            capture_output=True,
            text=True,
            check=False,
            env=self._environment,
        )

    def processes(self, title: str = "trellis") -> dict[int, str]:
        """The processes of this run whose title starts so, by pid."""
        found = {}
        for entry in Path("/proc").iterdir():
            if not entry.name.isdigit():
                continue
            try:
                words = (entry / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace").strip()
                environment = (entry / "environ").read_bytes()
            except OSError:
                continue
            if words.startswith(title) and self._is_ours(environment, words):
                found[int(entry.name)] = words
        return found

    def _is_ours(self, environment: bytes, words: str) -> bool:
        return f"TRELLIS_TEST_RUN={self.home}".encode() in environment or str(self.home) in words


def clean_environment() -> dict[str, str]:
    """The test's environment without any setting of Trellis."""
    return {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("TRELLIS_", "OTEL_", "SENTRY_")) and name != "VIRTUAL_ENV"
    }


class Client:
    """A GraphQL client of one person."""

    def __init__(self, session: aiohttp.ClientSession, url: str, token: str | None = None) -> None:
        self._session = session
        self._url = url
        self.token = token
        self.trace_id = ""

    async def execute(self, query: str, **variables: Any) -> dict[str, Any]:
        """The whole response."""
        async with self._session.post(
            self._url, json={"query": query, "variables": variables}, headers=self.headers()
        ) as response:
            self.trace_id = response.headers.get("x-trace-id", "")
            body: dict[str, Any] = await response.json()
            return body

    async def data(self, query: str, **variables: Any) -> dict[str, Any]:
        """The data of a response without errors."""
        body = await self.execute(query, **variables)
        assert "errors" not in body, body["errors"]
        data: dict[str, Any] = body["data"]
        return data

    async def log_in(self, email: str, password: str = "trellis-demo") -> None:
        """Uses the token of a person from now on."""
        data = await self.data(
            "mutation($email: String!, $password: String!) {"
            " logIn(input: {email: $email, password: $password}) { accessToken userErrors { code message } } }",
            email=email,
            password=password,
        )
        assert data["logIn"]["userErrors"] == []
        self.token = data["logIn"]["accessToken"]

    def headers(self) -> dict[str, str]:
        """What each request carries."""
        return {"authorization": f"Bearer {self.token}"} if self.token else {}

    async def place(self, key: str, *lines: tuple[str, int], payment: str = "pm_card_visa") -> dict[str, Any]:
        """Places an order; returns the payload."""
        data = await self.data(
            "mutation($input: PlaceOrderInput!) { placeOrder(input: $input) {"
            " order { id number status total { amount currency } } userErrors { code message field } } }",
            input={
                "idempotencyKey": key,
                "paymentMethod": payment,
                "lines": [{"sku": sku, "quantity": quantity} for sku, quantity in lines],
            },
        )
        payload: dict[str, Any] = data["placeOrder"]
        return payload

    async def until(self, order_id: str, *statuses: str, seconds: float = 20.0) -> str:
        """Waits until an order has one of the statuses."""
        async with asyncio.timeout(seconds):
            while True:
                data = await self.data("query($id: ID!) { order(id: $id) { status } }", id=order_id)
                if data["order"]["status"] in statuses:
                    return str(data["order"]["status"])
                await asyncio.sleep(0.03)
