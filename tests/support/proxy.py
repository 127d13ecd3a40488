"""A TCP proxy that loses what a network loses, at the moment a test names by what is being said.

With it a process is killed "after the effect, before its commit" without a word of it in the product: the proxy sees
the COMMIT come, passes it on or not, and the test kills who sent it.
"""

from __future__ import annotations

import asyncio
import contextlib
from enum import Enum, auto


class Fate(Enum):
    """What becomes of the piece in which the marker is found."""

    HELD = auto()  # neither it nor what follows in its direction arrives
    HALVED = auto()  # half of it arrives, nothing that follows does
    MUTED = auto()  # it arrives; nothing comes back any more
    UNANSWERED = auto()  # it arrives; the connection breaks instead of the answer
    BROKEN = auto()  # the connection breaks instead of it


class Trap:
    """Waits for `marker`, in what clients ask or in what the server answers, on any connection; springs once.

    `after`: only on a connection on which this has been said before, in the same direction.
    """

    def __init__(self, marker: bytes, fate: Fate, *, in_answers: bool = False, after: bytes | None = None) -> None:
        self._marker = marker
        self._in_answers = in_answers
        self._after = after
        self._ready: set[object] = set()
        self.fate = fate
        self._sprung = asyncio.Event()

    @property
    def is_set(self) -> bool:
        """Whether it still waits."""
        return not self._sprung.is_set()

    def springs(self, way: object, piece: bytes, *, is_answer: bool) -> bool:
        """Whether it is for this piece that it waits; then it waits no more."""
        if self._sprung.is_set() or is_answer != self._in_answers:
            return False
        if self._after and way not in self._ready:
            if self._after in piece:
                self._ready.add(way)
            return False
        if self._marker in piece:
            self._sprung.set()
        return self._sprung.is_set()

    async def sprung(self, seconds: float = 60.0) -> None:
        """Waits until the marker has come."""
        async with asyncio.timeout(seconds):
            await self._sprung.wait()


class _Way:
    """One direction of one connection."""

    def __init__(self, *, is_answers: bool) -> None:
        self.is_answers = is_answers
        self.swallows = False
        self.breaks = False


class Proxy:
    """Stands before a server of the loopback, at a port of its own."""

    def __init__(self, target: int) -> None:
        self._target = target
        self._server: asyncio.Server | None = None
        self._writers: set[asyncio.StreamWriter] = set()
        self._traps: list[Trap] = []
        self._flowing = asyncio.Event()
        self._flowing.set()
        self._refuses = False
        self.port = 0

    async def start(self) -> None:
        """Listens."""
        self._server = await asyncio.start_server(self._accept, "127.0.0.1", 0)
        self.port = self._server.sockets[0].getsockname()[1]

    async def close(self) -> None:
        """Ends, and every connection with it."""
        if self._server:
            self._server.close()
        self.heal()
        self._break_all()

    def trap(self, marker: bytes, fate: Fate, *, in_answers: bool = False, after: bytes | None = None) -> Trap:
        """Sets a trap."""
        trap = Trap(marker, fate, in_answers=in_answers, after=after)
        self._traps.append(trap)
        return trap

    def cut(self) -> None:
        """Breaks every connection, and each new one at once, until `heal`."""
        self._refuses = True
        self._break_all()

    def hang(self) -> None:
        """Passes nothing on, in silence, until `heal`; then what was said meanwhile arrives."""
        self._flowing.clear()

    def heal(self) -> None:
        """The network is whole again."""
        self._refuses = False
        self._flowing.set()

    def _break_all(self) -> None:
        for writer in self._writers:
            writer.transport.abort()

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if self._refuses:
            writer.transport.abort()
            return
        try:
            from_server, to_server = await asyncio.open_connection("127.0.0.1", self._target)
        except OSError:
            writer.transport.abort()
            return
        ends = (writer, to_server)
        self._writers.update(ends)
        asking, answering = _Way(is_answers=False), _Way(is_answers=True)
        pumps = [
            asyncio.create_task(self._pump(reader, to_server, asking, answering)),
            asyncio.create_task(self._pump(from_server, writer, answering, asking)),
        ]
        try:
            await asyncio.wait(pumps, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for pump in pumps:
                pump.cancel()
            for end in ends:
                end.transport.abort()
            self._writers.difference_update(ends)

    async def _pump(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, way: _Way, back: _Way) -> None:
        with contextlib.suppress(OSError):
            while piece := await reader.read(65536):
                await self._flowing.wait()
                if way.breaks:
                    return
                if way.swallows:
                    continue
                trap = self._sprung_by(way, piece)
                if trap:
                    match trap.fate:
                        case Fate.BROKEN:
                            return
                        case Fate.HELD:
                            way.swallows = True
                            continue
                        case Fate.HALVED:
                            way.swallows = True
                            piece = piece[: len(piece) // 2]
                        case Fate.MUTED:
                            back.swallows = True
                        case Fate.UNANSWERED:
                            back.breaks = True
                writer.write(piece)
                await writer.drain()

    def _sprung_by(self, way: _Way, piece: bytes) -> Trap | None:
        return next((trap for trap in self._traps if trap.springs(way, piece, is_answer=way.is_answers)), None)
