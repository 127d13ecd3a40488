"""Dramatiq's broker for the mesh: Redis lists read by blocking pops, most urgent first.

Dramatiq's own Redis broker keeps acknowledgements, heartbeats and delay queues in Redis, and rescues a dead
worker's messages after minutes. Here the record is PostgreSQL: a message is only a lease on a row, so popping
it is enough. A message that is lost with its worker or with Redis is dispatched anew when its lease ends.
What is left is one command per message, no polling, and strict order of lanes.
"""

from __future__ import annotations

import random
import threading
from collections import deque
from collections.abc import Callable, Iterable, Sequence
from typing import Any

import dramatiq
import structlog
from dramatiq.broker import Consumer, MessageProxy
from dramatiq.errors import ConnectionClosed, DecodeError
from dramatiq.middleware import Middleware
from redis import Redis
from redis.backoff import NoBackoff
from redis.exceptions import RedisError
from redis.retry import Retry

log = structlog.get_logger()

#: One pop in so many reads the lanes in reverse, so that a message of the lowest lane is never left in Redis.
REVERSED_POPS = 0.05

#: How long one blocking pop waits, in seconds; also how long stopping may take to be noticed.
POP_SECONDS = 0.5


#: How long a job waits whose actor this worker does not know: by then a newer worker may have come.
UNKNOWN_ACTOR_SECONDS = 2.0


class MeshBroker(dramatiq.Broker):
    """Consumes the lists of `lanes` (most urgent first; those of one place in no order), at most `slots` at a time.

    `hand_back` takes messages that will not run here (no such actor, or the process stops) and the seconds
    after which they may run elsewhere.
    """

    def __init__(
        self,
        redis_url: str,
        lanes: Sequence[Sequence[str]],
        *,
        slots: int,
        hand_back: Callable[[MessageProxy, float], None],
        middleware: list[Middleware],
    ) -> None:
        super().__init__(middleware=middleware)
        self._redis_url = redis_url
        self._lanes = [list(lane) for lane in lanes]
        self._slots = Slots(slots)
        self._hand_back = hand_back

    def declare_queue(self, queue_name: str) -> None:
        """Dramatiq calls this for every actor; all of them are fed from the same lists."""
        if queue_name not in self.queues:
            self.emit_before("declare_queue", queue_name)
            self.queues[queue_name] = None
            self.emit_after("declare_queue", queue_name)

    def consume(self, queue_name: str, prefetch: int = 1, timeout: int = 30000) -> Consumer:
        """A consumer of the lists. It takes no more than the worker's threads can run, whatever `prefetch` says."""
        del queue_name, prefetch, timeout
        redis = Redis.from_url(
            self._redis_url,
            retry=Retry(NoBackoff(), 0),
            socket_connect_timeout=3.0,
            socket_timeout=POP_SECONDS + 5.0,
        )
        return ListConsumer(redis, self._lanes, self._slots, self._knows, self._hand_back)

    def take_no_more(self) -> None:
        """The process is to stop: what it has not taken yet is for others."""
        self._slots.close()

    def _knows(self, message: MessageProxy) -> bool:
        return message.actor_name in self.actors


class Slots:
    """How many more messages the worker's threads can run. Consumers come and go with Redis; this stays.

    Taken in Dramatiq's consumer thread, given back by worker threads.
    """

    def __init__(self, number: int) -> None:
        self._free = number
        self._freed = threading.Condition()
        self.closed = False

    def wait(self, seconds: float) -> int:
        """How many are free; when there is none, waits for one. Once closed, none is."""
        with self._freed:
            if self.closed or not self._free:
                self._freed.wait(seconds)
            return 0 if self.closed else self._free

    def close(self) -> None:
        """From now on, none is free."""
        with self._freed:
            self.closed = True

    def take(self) -> None:
        """A message is going to run."""
        with self._freed:
            self._free -= 1

    def give_back(self) -> None:
        """A message has run, or is not going to."""
        with self._freed:
            self._free += 1
            self._freed.notify()


class ListConsumer(Consumer):
    """Pops messages as slots become free. Runs in Dramatiq's consumer thread; acks come from worker threads."""

    def __init__(
        self,
        redis: Redis,
        lanes: list[list[str]],
        slots: Slots,
        knows: Callable[[MessageProxy], bool],
        hand_back: Callable[[MessageProxy, float], None],
    ) -> None:
        self._redis = redis
        self._lanes = lanes
        self._slots = slots
        self._popped: deque[MessageProxy] = deque()
        self._knows = knows
        self._hand_back = hand_back
        self._rng = random.Random()  # noqa: S311 - a choice of order, not a secret

    def __next__(self) -> MessageProxy | None:
        if not self._popped:
            free = self._slots.wait(POP_SECONDS)
            if not free:
                return None
            self._pop(free)
        if self._slots.closed:
            self.requeue(())
        return self._popped.popleft() if self._popped else None

    def ack(self, message: MessageProxy) -> None:
        """The message has run: its slot is free."""
        del message
        self._slots.give_back()

    nack = ack

    def requeue(self, messages: Iterable[MessageProxy]) -> None:
        """Messages that are not going to run here go back at once, not when their lease ends."""
        for message in [*messages, *self._popped]:
            self._hand_back(message, 0.0)
            self._slots.give_back()
        self._popped.clear()

    def close(self) -> None:
        """Closes the connection."""
        self._redis.close()

    def _order(self) -> list[str]:
        """The lists as one pop reads them: lane by lane, but the lists of a lane in no order of their own."""
        lanes = [self._rng.sample(lane, len(lane)) for lane in self._lanes]
        if self._rng.random() < REVERSED_POPS:
            lanes.reverse()
        return [key for lane in lanes for key in lane]

    def _pop(self, count: int) -> None:
        keys = self._order()
        try:
            reply: Any = self._redis.blmpop(POP_SECONDS, len(keys), *keys, direction="LEFT", count=count)
        except (RedisError, OSError) as error:
            raise ConnectionClosed(error) from None  # type: ignore[no-untyped-call]  # untyped in dramatiq
        for data in reply[1] if reply else ():
            try:
                message = _decoded(data)
            except DecodeError as error:
                # Alone: its neighbours run, and if it was a job of ours, its lease ends and it is sent anew.
                log.error("mesh.undecodable_message", bytes=len(data), error=type(error.error).__name__)
                continue
            if not self._knows(message):
                log.warning("mesh.unknown_actor", actor=message.actor_name, again_in_seconds=UNKNOWN_ACTOR_SECONDS)
                self._hand_back(message, UNKNOWN_ACTOR_SECONDS)
                continue
            self._slots.take()
            self._popped.append(message)


def _decoded(data: bytes) -> MessageProxy:
    """A message with a name by which its actor can be looked for; raises `DecodeError`."""
    message: dramatiq.Message[None] = dramatiq.Message.decode(data)
    if not isinstance(message.actor_name, str):
        raise DecodeError("The actor has no name.", data, TypeError("actor_name"))
    return MessageProxy(message)
