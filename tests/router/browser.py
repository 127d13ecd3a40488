"""A real browser, Chromium without a window, driven over its own protocol."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import json
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from aiohttp import ClientSession, ClientWebSocketResponse

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
_ANNOUNCED = b"DevTools listening on "


class BrowserError(Exception):
    """The browser cannot do what it was told: nothing can be run in a page that is just being left."""


class Tab:
    """One page. `complaints` is what the browser logged: errors, and what the page's security policy forbade."""

    def __init__(self, connection: ClientWebSocketResponse, session: str) -> None:
        self._connection = connection
        self._session = session
        self._numbers = itertools.count(1)
        self._waiting: dict[int, asyncio.Future[dict[str, Any]]] = {}
        self._reader = asyncio.create_task(self._read())
        self.complaints: list[str] = []
        self.requested: list[str] = []

    async def send(self, method: str, **params: Any) -> dict[str, Any]:
        number = next(self._numbers)
        self._waiting[number] = asyncio.get_running_loop().create_future()
        message = {"id": number, "method": method, "params": params, "sessionId": self._session}
        await self._connection.send_json(message)
        async with asyncio.timeout(60):
            return await self._waiting[number]

    async def open(self, url: str) -> None:
        for domain in ("Log", "Runtime", "Network", "Page"):
            await self.send(f"{domain}.enable")
        await self.send("Page.navigate", url=url)

    async def run(self, script: str) -> Any:
        """The value of an expression in the page; a promise is awaited."""
        answer = await self.send("Runtime.evaluate", expression=script, returnByValue=True, awaitPromise=True)
        assert "exceptionDetails" not in answer, answer["exceptionDetails"]
        return answer["result"].get("value")

    async def call(self, function: str, argument: Any) -> Any:
        """What a function of the page's returns for an argument."""
        return await self.run(f"({function})({json.dumps(argument)})")

    async def wait_for(self, script: str) -> Any:
        """The value of an expression, as soon as it is true."""
        async with asyncio.timeout(60):
            while True:
                with contextlib.suppress(BrowserError):
                    if value := await self.run(script):
                        return value
                await asyncio.sleep(0.05)

    async def type_over(self, selector: str, text: str) -> None:
        """Types into an editor, in place of what is there."""
        await self.run(f"document.querySelector({selector!r}).focus()")
        await self.run("document.execCommand('selectAll')")
        for kind in ("rawKeyDown", "keyUp"):
            await self.send("Input.dispatchKeyEvent", type=kind, modifiers=2, key="a", windowsVirtualKeyCode=65)
        await self.send("Input.insertText", text=text)

    async def click(self, selector: str) -> None:
        """As soon as it is there."""
        await self.wait_for(f"(e => {{ e?.click(); return e !== null }})(document.querySelector({selector!r}))")

    async def close(self) -> None:
        self._reader.cancel()
        await asyncio.gather(self._reader, return_exceptions=True)

    async def _read(self) -> None:
        async for message in self._connection:
            event = message.json()
            if event.get("id") in self._waiting:
                answer = self._waiting.pop(event["id"])
                if "error" in event:
                    answer.set_exception(BrowserError(event["error"]))
                else:
                    answer.set_result(event["result"])
                continue
            params = event.get("params", {})
            match event["method"]:
                case "Log.entryAdded" if params["entry"]["level"] == "error":
                    self.complaints.append(params["entry"]["text"])
                case "Runtime.exceptionThrown":
                    self.complaints.append(str(params["exceptionDetails"]))
                case "Runtime.consoleAPICalled" if params["type"] == "error":
                    self.complaints.append(str(params["args"]))
                case "Network.requestWillBeSent":
                    self.requested.append(params["request"]["url"])


@asynccontextmanager
async def browser(folder: Path) -> AsyncIterator[Tab]:
    """A browser with an empty tab; it keeps what it keeps in the folder, and ends with the block."""
    assert CHROMIUM is not None
    flags = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run"]
    process = await asyncio.create_subprocess_exec(
        CHROMIUM,
        *flags,
        f"--user-data-dir={folder}",
        "--remote-debugging-port=0",
        "--remote-allow-origins=*",
        "about:blank",
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.PIPE,
    )
    try:
        async with (
            ClientSession() as session,
            session.ws_connect(await _address(process), max_msg_size=0) as connection,
        ):
            session_id = await _attach(connection)
            tab = Tab(connection, session_id)
            try:
                yield tab
            finally:
                await tab.close()
                await connection.send_json({"id": 1, "method": "Browser.close"})
                async with asyncio.timeout(30):
                    await process.wait()
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()


async def _address(process: asyncio.subprocess.Process) -> str:
    assert process.stderr is not None
    async with asyncio.timeout(60):
        while line := await process.stderr.readline():
            if line.startswith(_ANNOUNCED):
                return line.removeprefix(_ANNOUNCED).decode().strip()
    raise AssertionError("the browser did not start")


async def _attach(connection: ClientWebSocketResponse) -> str:
    async def ask(method: str, **params: Any) -> dict[str, Any]:
        await connection.send_json({"id": 1, "method": method, "params": params})
        while "id" not in (answer := await connection.receive_json(timeout=60)):
            pass
        result: dict[str, Any] = answer["result"]
        return result

    target = await ask("Target.createTarget", url="about:blank")
    attached = await ask("Target.attachToTarget", targetId=target["targetId"], flatten=True)
    session: str = attached["sessionId"]
    return session
