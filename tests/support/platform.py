"""A whole Trellis, started by its own command, spoken to from outside."""

from __future__ import annotations

import asyncio
import json
import os
import re
import signal
import subprocess
import sys
import threading
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import aiohttp
from pydantic import SecretStr

from shared_models.kernel.settings import KernelSettings
from tests.support.normal_user import User
from tests.support.ports import free_port
from tests.support.processes import Process, all_processes, descendants

SETTINGS = ("TRELLIS_DATABASE_URL", "TRELLIS_REDIS_URL", "TRELLIS_SECRET")

#: How long a start may take on a busy machine.
READY_SECONDS = 120.0

#: What `trellis up --port N` listens on, from N.
PORT_OFFSETS = (*range(10), *range(20, 30), 30, 40, 50, 51, 318)


def free_port_base() -> int:
    """A port N such that everything that `trellis up --port N` needs is free."""
    return free_port(PORT_OFFSETS)


class Platform:
    """A run of `trellis up`."""

    def __init__(
        self, home: Path, port: int, environment: Mapping[str, str] | None = None, *, user: User | None = None
    ) -> None:
        """`user` None is the one whose tests these are."""
        self.home = home
        self.port = port
        self.output: list[str] = []
        self._user = user or User(os.geteuid())
        self._environment = clean_environment() | dict(environment or {})
        self._process: subprocess.Popen[str] | None = None
        self._listener: threading.Thread | None = None
        self._silent = False
        self._heard = threading.Condition()

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
        self.output, self._silent = [], False
        self._process = subprocess.Popen(
            self._command("up", "--port", str(self.port)),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            env=self._environment,
            start_new_session=True,
        )
        self._listener = threading.Thread(target=self._listen, args=(self._process,), daemon=True)
        self._listener.start()
        try:
            self.until_says("ready http")
        except AssertionError:
            self._kill()
            raise

    def says(self, words: str, times: int = 1) -> bool:
        """Whether so many lines of its terminal start so."""
        return sum(line.startswith(words) for line in self.output) >= times

    def until_says(self, words: str, seconds: float = READY_SECONDS, *, times: int = 1) -> None:
        """Waits until so many lines of its terminal start so. Fails when it ends, or says nothing of the kind."""
        with self._heard:
            self._heard.wait_for(lambda: self.says(words, times) or self._silent, seconds)
        assert self.says(words, times), f"trellis up did not say {words!r}:\n" + "\n".join(self.output)

    def stop(self, number: signal.Signals = signal.SIGTERM, seconds: float = 30.0) -> int:
        """Tells it to stop; returns the exit status. Fails, and kills it, when it does not stop."""
        assert self._process
        assert self._listener
        self._process.send_signal(number)
        try:
            status = self._process.wait(seconds)
        except subprocess.TimeoutExpired:
            self._kill()
            raise AssertionError(f"still there after {seconds} s:\n" + "\n".join(self.output)) from None
        self._listener.join(seconds)
        return status

    def wait(self, seconds: float = 30.0) -> int:
        """Waits for its end; returns the exit status."""
        assert self._process
        return self._process.wait(seconds)

    def end(self) -> None:
        """Sees to it that it does not run any more, whatever a test has done to it."""
        if self._process and self._process.poll() is None:
            self.stop()

    def _listen(self, process: subprocess.Popen[str]) -> None:
        assert process.stdout
        with process.stdout:
            for line in process.stdout:
                with self._heard:
                    self.output.append(line.rstrip())
                    self._heard.notify_all()
        with self._heard:
            self._silent = True
            self._heard.notify_all()

    def _kill(self) -> None:
        """The roles and servers die with their parents."""
        assert self._process
        self._process.kill()
        self._process.wait()

    def _command(self, *args: str) -> list[str]:
        return [*self._user.prefix, sys.executable, "-m", "trellis", *args, "--home", str(self.home)]

    def run(self, *args: str) -> subprocess.CompletedProcess[str]:
        """Runs another `trellis` command against this run's home."""
        with self.begin(*args) as process:
            stdout, stderr = process.communicate()
        return subprocess.CompletedProcess(args, process.returncode, stdout, stderr)

    def begin(self, *args: str) -> subprocess.Popen[str]:
        """Starts another `trellis` command against this run's home."""
        return subprocess.Popen(
            self._command(*args), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=self._environment
        )

    def settings(self) -> KernelSettings:
        """Where its servers are, and its secret."""
        left = json.loads((self.home / "environment.json").read_text())
        given = {name: self._environment.get(name, left.get(name)) for name in SETTINGS}
        return KernelSettings(
            database_url=given["TRELLIS_DATABASE_URL"],
            redis_url=given["TRELLIS_REDIS_URL"],
            secret=SecretStr(given["TRELLIS_SECRET"]),
        )

    def processes(self, title: str = "trellis") -> dict[int, str]:
        """The running roles of this run whose title starts so, by pid, as `pgrep -f` finds them by their port."""
        mine = re.compile(rf"--port ({'|'.join(str(self.port + offset) for offset in PORT_OFFSETS)})\b")
        return {
            process.pid: process.title
            for process in all_processes()
            if process.title.startswith(title) and mine.search(process.title)
        }

    def family(self) -> list[Process]:
        """Every process of this run: the launcher and all that descends from it."""
        return descendants(self.pid)


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
        self.url = url
        self.token = token
        self.trace_id = ""

    async def execute(self, query: str, **variables: Any) -> dict[str, Any]:
        """The whole response."""
        async with self._session.post(
            self.url, json={"query": query, "variables": variables}, headers=self.headers()
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

    async def until(self, order_id: str, *statuses: str, seconds: float = 60.0) -> str:
        """Waits until an order has one of the statuses."""
        async with asyncio.timeout(seconds):
            while True:
                data = await self.data("query($id: ID!) { order(id: $id) { status } }", id=order_id)
                if data["order"]["status"] in statuses:
                    return str(data["order"]["status"])
                await asyncio.sleep(0.03)
