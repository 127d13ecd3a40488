"""Subgraphs of Strawberry that take files, served by Litestar and uvicorn as real ones are, and what they were sent."""

from __future__ import annotations

import asyncio
import hashlib
import time
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any

import strawberry
import uvicorn
from litestar import Litestar
from strawberry.federation import Schema
from strawberry.file_uploads import Upload
from strawberry.litestar import make_graphql_controller

from router.server.asgi import App, Receive, Scope, Send
from subgraphs.edge.signature import HEADER, RouterSignature

from .http_subgraph import HttpSubgraph
from .running import SECRET


async def described(upload: Any) -> str:
    """What came: name, type, size and digest."""
    # One file may be the value of several variables.
    await upload.seek(0)
    content = await upload.read()
    return f"{upload.filename} {upload.content_type} {len(content)} {hashlib.sha256(content).hexdigest()[:12]}"


@strawberry.input
class PhotoInput:
    caption: str
    file: Upload
    thumbnails: list[Upload] | None = None


@strawberry.input
class AlbumInput:
    title: str
    photos: list[PhotoInput]


@strawberry.federation.type(keys=["id"], name="Album")
class Album:
    id: strawberry.ID


@strawberry.type
class AlbumsQuery:
    @strawberry.field
    def album(self, id: strawberry.ID) -> Album:
        return Album(id=id)

    @strawberry.field
    async def digest(self, file: Upload) -> str:
        return await described(file)

    @strawberry.field
    def anything(self, value: strawberry.scalars.JSON) -> str:
        return repr(value)


@strawberry.type
class AlbumsMutation:
    @strawberry.mutation
    async def add(self, file: Upload) -> str:
        return await described(file)

    @strawberry.mutation
    async def add_optional(self, file: Upload | None = None, caption: str = "") -> str:
        return await described(file) if file is not None else "none"

    @strawberry.mutation
    async def add_all(self, files: list[Upload]) -> list[str]:
        return [await described(file) for file in files]

    @strawberry.mutation
    async def create(self, album: AlbumInput) -> list[str]:
        return [
            f"{album.title} {photo.caption} {await described(file)}"
            for photo in album.photos
            for file in (photo.file, *(photo.thumbnails or []))
        ]


@strawberry.federation.type(keys=["id"], name="Album")
class StampedAlbum:
    id: strawberry.ID

    @classmethod
    def resolve_reference(cls, id: strawberry.ID) -> StampedAlbum:
        return cls(id=id)

    @strawberry.field
    async def stamp(self, file: Upload) -> str:
        return f"{self.id} {await described(file)}"

    @strawberry.field
    def plain(self) -> str:
        return f"plain {self.id}"


@strawberry.type
class StampsQuery:
    @strawberry.field
    async def stamped(self, file: Upload) -> str:
        return await described(file)


@strawberry.type
class StampsMutation:
    @strawberry.mutation
    async def stamp(self, file: Upload) -> str:
        return await described(file)


@dataclass
class UploadingSubgraph(HttpSubgraph):
    """Serves a Strawberry schema; refuses what its router has not signed, as our own subgraphs do."""

    schema: Schema | None = None
    signatures: list[bool] = field(default_factory=list)

    async def start(self, port: int = 0) -> None:
        assert self.schema is not None
        controller = make_graphql_controller(self.schema, path="/graphql", multipart_uploads_enabled=True)
        app: Any = Litestar([controller], request_max_body_size=None, logging_config=None)
        config = uvicorn.Config(self._watched(app), port=port, log_config=None, lifespan="off")
        self._server = uvicorn.Server(config)
        self._task = asyncio.create_task(self._server.serve())
        while not self._server.started:
            await asyncio.sleep(0.01)
        port = self._server.servers[0].sockets[0].getsockname()[1]
        self.url = f"http://127.0.0.1:{port}/graphql"

    async def stop(self) -> None:
        self._server.should_exit = True
        await self._task

    def _watched(self, app: App) -> App:
        """Reads the body first, as `subgraphs.edge` does, and then hands it on."""

        async def serve(scope: Scope, receive: Receive, send: Send) -> None:
            headers = {name.decode(): value.decode() for name, value in scope["headers"]}
            if self.fault == "early" and headers["content-type"].startswith("multipart/"):
                await send({"type": "http.response.start", "status": 500, "headers": [(b"connection", b"close")]})
                await send({"type": "http.response.body", "body": b"no"})
                return
            chunks: list[bytes] = []
            more = True
            while more:
                message = await receive()
                if message["type"] == "http.disconnect":
                    self.cancelled.set()
                    return
                chunks.append(message.get("body", b""))
                more = message.get("more_body", False)
            body = b"".join(chunks)
            self.headers.append(headers)
            self.bodies.append(body)
            signature = RouterSignature(SECRET, self.subgraph.name)
            signature.verify(headers.get(HEADER, ""), headers.get("authorization", ""), body, time.time())
            if self.fault == "never" and headers["content-type"].startswith("multipart/"):
                self.entered.set()
                while (await receive())["type"] != "http.disconnect":
                    pass
                self.cancelled.set()
                return
            replayed = iter([{"type": "http.request", "body": body, "more_body": False}])

            async def again() -> Any:
                return next(replayed, None) or await receive()

            await app(scope, again, send)

        return serve


def albums() -> UploadingSubgraph:
    schema = Schema(query=AlbumsQuery, mutation=AlbumsMutation, types=[Album])
    return UploadingSubgraph(_named("albums"), schema=schema)


def stamps() -> UploadingSubgraph:
    schema = Schema(query=StampsQuery, mutation=StampsMutation, types=[StampedAlbum])
    return UploadingSubgraph(_named("stamps"), schema=schema)


def _named(name: str) -> Any:
    return SimpleNamespace(name=name)
