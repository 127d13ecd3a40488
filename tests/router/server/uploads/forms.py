"""Forms with files as clients send them, and what the router keeps of them."""

from __future__ import annotations

import asyncio
import hashlib
import json
import os
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from ...running import RunningRouter

ADD = "mutation($file: Upload!) { add(file: $file) }"
LARGE = bytes(range(256)) * 2_000
BOUNDARY = "a-boundary"
FORM = {"content-type": f"multipart/form-data; boundary={BOUNDARY}", "accept": "application/graphql-response+json"}


def kept(folder: Path) -> list[str]:
    """The files that are there, with a name or open without one."""
    opened: list[str] = []
    for number in os.listdir("/proc/self/fd"):
        try:
            opened.append(os.readlink(f"/proc/self/fd/{number}"))
        except OSError:
            continue
    return [name for name in opened if name.startswith(str(folder))] + os.listdir(folder)


async def until_nothing_is_kept(folder: Path) -> None:
    async with asyncio.timeout(30):
        while kept(folder):
            await asyncio.sleep(0.01)


def part(name: str, content: bytes | str | Any, filename: str = "", content_type: str = "") -> bytes:
    said = f'; filename="{filename}"' if filename else ""
    kind = f"\r\ncontent-type: {content_type}" if content_type else ""
    raw = (
        content
        if isinstance(content, bytes)
        else (content if isinstance(content, str) else json.dumps(content)).encode()
    )
    head = f'--{BOUNDARY}\r\ncontent-disposition: form-data; name="{name}"{said}{kind}\r\n\r\n'
    return head.encode() + raw + b"\r\n"


def form(*parts: bytes) -> bytes:
    return b"".join(parts) + f"--{BOUNDARY}--\r\n".encode()


def upload(query: Any, variables: Any, places: Any, files: Iterable[tuple[str, bytes]]) -> bytes:
    operations = query if isinstance(query, list) else {"query": query, "variables": variables}
    return form(
        part("operations", operations),
        part("map", places),
        *(part(name, content, f"{name}.bin", "application/x-test") for name, content in files),
    )


def described(name: str, content: bytes) -> str:
    return f"{name}.bin application/x-test {len(content)} {hashlib.sha256(content).hexdigest()[:12]}"


async def send(router: RunningRouter, body: bytes, **headers: str) -> tuple[int, Any]:
    async with router.session.post(f"{router.url}/graphql", data=body, headers={**FORM, **headers}) as response:
        return response.status, await response.json(content_type=None)


async def refusal(router: RunningRouter, body: bytes, **headers: str) -> tuple[int, str]:
    status, answer = await send(router, body, **headers)
    assert "data" not in answer
    return status, answer["errors"][0]["extensions"]["code"]


ONE = {"query": ADD, "variables": {"file": None}}
PLACE = {"0": ["variables.file"]}
FILE = part("0", b"x", "x.txt", "text/plain")
OPERATIONS, MAP = part("operations", ONE), part("map", PLACE)
